#include "koobatch/reading/lookup.hpp"

#include "contains.hpp"
#include "koobatch/koodrive/operation_catalogue.hpp"
#include "reading_support.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::reading;
using namespace reading_support;
using koobatch::test::contains;

namespace {

using Kind = Finding::Kind;

http::Answer answered(std::string body) {
  http::Answer answer;
  answer.http = 200;
  answer.body = std::move(body);
  return answer;
}

koodrive::Outcome outcome_of(koodrive::Verdict verdict, std::optional<std::int64_t> code = {}) {
  koodrive::Outcome outcome;
  outcome.verdict = verdict;
  outcome.http = verdict == koodrive::Verdict::succeeded ? 200 : 400;
  outcome.code = code;
  return outcome;
}

Finding shown(const std::string& body, std::string_view id = "7") {
  return read_shown(state_support::kind("shared_folder"), id, "42", answered(body),
                    outcome_of(koodrive::Verdict::succeeded));
}

/// What a search for an album in the user's four lists finds, which have these albums.
struct Search {
  std::vector<std::vector<Thing>> lists{4};
  std::vector<std::string> targets{};

  std::optional<Finding> find(const std::string& id) {
    Lookup lookup(state_support::kind("album"), id, "42");
    for (int request = 0; request < 100; ++request) {
      const std::string target(lookup.target());
      targets.push_back(target);
      const auto list = 2 * (parameter(target, "albumKind").value() - 1) + parameter(target, "albumType").value() - 1;
      Service service(Paging::number);
      service.things = lists.at(list);
      auto body = service.answer(target);
      body.replace(body.find("things"), 6, "albumList");
      if (const auto found = lookup.take(answered(body), outcome_of(koodrive::Verdict::succeeded))) return found;
    }
    return std::nullopt;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(reading_lookup)

BOOST_AUTO_TEST_CASE(an_identifier_is_encoded_once) {
  const auto& folder = state_support::kind("shared_folder");
  BOOST_TEST(show_target(folder, "1757156480072657793") == "/koodrive/ose/v1/sharefolder/metadata/1757156480072657793");
  BOOST_TEST(show_target(folder, "a/b%2F?#\n") == "/koodrive/ose/v1/sharefolder/metadata/a%2Fb%252F%3F%23%0A");
}

BOOST_AUTO_TEST_CASE(a_resource_is_present_with_its_values) {
  const auto found = shown(R"({"code":0,"sharefolder":{"id":7,"name":"Plans","status":0}})");
  BOOST_REQUIRE((found.kind == Kind::present));
  BOOST_TEST(found.item.id == "7");
  BOOST_TEST(found.item.user_id == "42");
  BOOST_TEST(name_of(found.item) == "Plans");
}

BOOST_AUTO_TEST_CASE(a_resource_is_absent_if_the_service_says_so) {
  BOOST_TEST((shown(R"({"sharefolder":{"id":"7","name":"Plans","status":1}})").kind == Kind::absent));
  BOOST_TEST((shown(R"({"sharefolder":{"id":"7","name":"Plans","status":"1"}})").kind == Kind::absent));
  BOOST_TEST((shown(R"({"sharefolder":{"id":"7","name":"Plans","status":2}})").kind == Kind::present));
  const auto refused = [](koodrive::Verdict verdict, std::optional<std::int64_t> code) {
    return read_shown(state_support::kind("shared_folder"), "7", "42", answered("{}"), outcome_of(verdict, code));
  };
  BOOST_TEST((refused(koodrive::Verdict::rejected, 13000309).kind == Kind::absent));
  const auto forbidden = refused(koodrive::Verdict::rejected, 13000410);
  BOOST_TEST((forbidden.kind == Kind::unreadable));
  BOOST_TEST(contains(forbidden.why, "13000410"));
  BOOST_TEST((refused(koodrive::Verdict::rejected, std::nullopt).kind == Kind::unreadable));
  BOOST_TEST((refused(koodrive::Verdict::unclear, 13000309).kind == Kind::unreadable));
}

BOOST_AUTO_TEST_CASE(an_answer_that_does_not_fit_means_nothing) {
  const auto why = [](const std::string& body) {
    const auto found = shown(body);
    BOOST_TEST((found.kind == Kind::unreadable));
    return found.why;
  };
  BOOST_TEST(why(R"({"sharefolder":{"id":"8","name":"Plans"}})") ==
             "the answer is about \"8\", which was not asked for");
  BOOST_TEST(why(R"({"sharefolder":{"id":"8","status":1}})") == "the answer is about \"8\", which was not asked for");
  BOOST_TEST(why(R"({"sharefolder":{"name":"Plans","status":1}})") == "it has no /id");
  BOOST_TEST(why(R"({"sharefolder":{"id":"7","name":1}})") == "its /name: expected a string, found \"1\"");
  BOOST_TEST(why(R"({"code":0})") == "the answer has no /sharefolder");
  BOOST_TEST(why(R"({"sharefolder":null})") == "the answer has no /sharefolder");
  BOOST_TEST(contains(why("<html>"), "not JSON"));
  BOOST_TEST(contains(why(""), "not JSON"));
}

BOOST_AUTO_TEST_CASE(what_can_be_asked_for_takes_one_request) {
  Lookup lookup(state_support::kind("shared_folder"), "7", "42");
  BOOST_TEST(lookup.target() == "/koodrive/ose/v1/sharefolder/metadata/7");
  const auto found =
      lookup.take(answered(R"({"sharefolder":{"id":"7","name":"a"}})"), outcome_of(koodrive::Verdict::succeeded));
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST((found->kind == Kind::present));
}

BOOST_AUTO_TEST_CASE(an_album_is_searched_in_all_lists_until_it_is_seen) {
  Search search;
  search.lists[1] = {{"5", "five"}};
  search.lists[2] = {{"6", "six"}, {"7", "seven"}};
  search.lists[3] = {{"8", "eight"}};
  const auto found = search.find("7");
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST((found->kind == Kind::present));
  BOOST_TEST(name_of(found->item) == "seven");
  BOOST_TEST(contains(search.targets.back(), "albumKind=2&albumType=1"), "the last list is not asked for");
}

BOOST_AUTO_TEST_CASE(an_album_that_no_list_has_is_absent) {
  Search search;
  for (int i = 0; i < 250; ++i) search.lists[1].push_back({std::to_string(1000 + i), "album"});
  const auto found = search.find("7");
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST((found->kind == Kind::absent));
  BOOST_TEST(search.find("1249").value().item.id == "1249");
}

BOOST_AUTO_TEST_CASE(an_album_that_cannot_be_read_is_not_absent) {
  Lookup lookup(state_support::kind("album"), "7", "42");
  const auto found =
      lookup.take(answered(R"({"albumList":[{"id":"7","name":3}]})"), outcome_of(koodrive::Verdict::succeeded));
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST((found->kind == Kind::unreadable));
  Lookup refused(state_support::kind("album"), "7", "42");
  const auto none = refused.take(answered("{}"), outcome_of(koodrive::Verdict::rejected, 13000309));
  BOOST_REQUIRE(none.has_value());
  BOOST_TEST((none->kind == Kind::unreadable), "the list is refused, which says nothing about the album");
}

BOOST_AUTO_TEST_SUITE_END()
