#include "koobatch/plan/limits.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace koobatch::plan;

namespace {

using Reason = Breach::Reason;

KindCounts counts(std::uint64_t items, std::uint64_t changed, std::uint64_t missing = 0, std::string kind = "album") {
  return {std::move(kind), items, items + missing, changed, missing};
}

Limits limits_of(const std::vector<std::string>& texts) {
  Limits limits;
  for (const auto& text : texts) BOOST_TEST(add_allowance(text, limits).has_value(), text);
  return limits;
}

bool is_refused(const KindCounts& of, const std::vector<std::string>& texts = {}) {
  return !find_breaches({of}, true, limits_of(texts)).empty();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plan_limits)

BOOST_AUTO_TEST_CASE(a_third_of_all_items_is_too_much_unless_allowed) {
  BOOST_TEST(!is_refused(counts(1000, 300)));
  BOOST_TEST(is_refused(counts(1000, 301)));
  BOOST_TEST(!is_refused(counts(1000, 301), {"31%"}));
  BOOST_TEST(!is_refused(counts(1000, 1000), {"100%"}));
  BOOST_TEST(!is_refused(counts(1000, 301), {"301"}));
  BOOST_TEST(is_refused(counts(1000, 301), {"300"}));
  BOOST_TEST(is_refused(counts(1000, 1), {"0"}));
  BOOST_TEST(is_refused(counts(1000, 1), {"0%"}));
  BOOST_TEST(!is_refused(counts(1000, 0), {"0"}));
  BOOST_TEST(!is_refused(counts(1000, 5), {"0.5%"}));
  BOOST_TEST(is_refused(counts(1000, 6), {"0.5%"}));
}

BOOST_AUTO_TEST_CASE(of_few_items_a_share_says_nothing) {
  BOOST_TEST(!is_refused(counts(49, 49)));
  BOOST_TEST(is_refused(counts(50, 16)));
  BOOST_TEST(!is_refused(counts(50, 15)));
  BOOST_TEST(is_refused(counts(49, 49), {"48"}), "a number does");
}

BOOST_AUTO_TEST_CASE(a_kind_may_have_its_own_limit) {
  const auto limits = limits_of({"10%", "album=50%"});
  const auto refused = find_breaches({counts(100, 50), counts(100, 11, 0, "shared_folder")}, true, limits);
  BOOST_REQUIRE(refused.size() == 1U);
  BOOST_TEST(refused[0].kind == "shared_folder");
  BOOST_TEST(refused[0].count == 11U);
  BOOST_TEST(refused[0].total == 100U);
  BOOST_TEST(refused[0].allowance == "shared_folder=11");
}

BOOST_AUTO_TEST_CASE(what_would_allow_the_plan_allows_it) {
  const auto alone = find_breaches({counts(1000, 612)}, true, {});
  BOOST_REQUIRE(alone.size() == 1U);
  BOOST_TEST(alone[0].allowance == "612");
  BOOST_TEST(!is_refused(counts(1000, 612), {alone[0].allowance}));
  const auto two = find_breaches({counts(1000, 612), counts(1000, 400, 0, "shared_folder")}, true, {});
  BOOST_REQUIRE(two.size() == 2U);
  BOOST_TEST(!is_refused(counts(1000, 612), {two[0].allowance, two[1].allowance}));
}

BOOST_AUTO_TEST_CASE(a_state_that_cannot_be_true_is_refused) {
  const auto reason = [](const KindCounts& of, bool is_complete = true) {
    const auto found = find_breaches({of}, is_complete, limits_of({"100%"}));
    return found.empty() ? std::optional<Reason>() : found.front().reason;
  };
  BOOST_TEST((reason(counts(0, 0, 1)) == Reason::state_empty));
  BOOST_TEST((reason(counts(0, 0, 0)) == std::nullopt), "nothing is desired");
  BOOST_TEST((reason(counts(100, 1), false) == Reason::state_incomplete));
  BOOST_TEST((reason(counts(95, 0, 5)) == std::nullopt));
  BOOST_TEST((reason(counts(94, 0, 6)) == Reason::too_many_missing));
  BOOST_TEST((reason(counts(2, 0, 1)) == std::nullopt), "few items");
}

BOOST_AUTO_TEST_CASE(limits_are_written_as_they_are_read) {
  const std::vector<std::string> texts = {"7.5%", "album=5%", "shared_folder=612"};
  BOOST_TEST(describe(limits_of({texts[0], texts[1], texts[2]})) == texts, boost::test_tools::per_element());
  BOOST_TEST(describe(Limits()) == std::vector<std::string>{"30%"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(other_texts_are_no_limits) {
  for (const auto* text :
       {"", "x", "-1", "1.5", "101%", "-1%", "%", "1e1%", "=5", "album=", "album=x", "nan%", "5000000000"}) {
    Limits limits;
    BOOST_TEST(!add_allowance(text, limits).has_value(), text);
    BOOST_TEST((limits.changes == Limits().changes));
  }
}

BOOST_AUTO_TEST_SUITE_END()
