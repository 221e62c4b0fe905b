#include "koobatch/plan/plan_maker.hpp"

#include "contains.hpp"
#include "plan_support.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace plan_support;
using namespace std::string_literals;
using koobatch::test::contains;

namespace {

using Texts = std::vector<std::string>;

Texts planned(const std::string& desired, const std::string& present, PlanMaker::Settings settings = {}) {
  const auto made = make(desired, present, std::move(settings));
  BOOST_TEST(made.error == "");
  BOOST_TEST(made.faults.first == Texts{}, boost::test_tools::per_element());
  return lines_of_plan(*made.maker);
}

std::string wish(const std::string& id, const std::string& name) {
  return R"({"type":"shared_folder","id":")" + id + R"(","name":")" + name + "\"}\n";
}
std::string match(const std::string& name, const std::string& wanted) {
  return R"({"type":"shared_folder","user_id":"7","match":{"name":")" + name + R"("},"name":")" + wanted + "\"}\n";
}

const std::string four = folder_line("1", "a") + folder_line("2", "b") + folder_line("3", "c") + folder_line("4", "d");

}  // namespace

BOOST_AUTO_TEST_SUITE(plan_maker)

BOOST_AUTO_TEST_CASE(a_state_that_is_taken_as_it_is_for_the_desired_one_changes_nothing) {
  const auto made = make(four, four);
  BOOST_TEST(lines_of_plan(*made.maker) == Texts{}, boost::test_tools::per_element());
  const auto overview = overview_of(*made.maker);
  BOOST_TEST(overview.lines == 0U);
  BOOST_TEST(overview.extra() == 0U);
  BOOST_TEST(overview.missing() == 0U);
  BOOST_REQUIRE(overview.header.counts.size() == 1U);
  BOOST_TEST(overview.header.counts[0].items == 4U);
  BOOST_TEST(overview.header.counts[0].desired == 4U);
}

BOOST_AUTO_TEST_CASE(a_plan_can_be_made_again_and_is_the_same) {
  const auto made = make(wish("1", "b") + wish("2", "a") + wish("3", "x") + wish("9", "y"), four);
  const auto first = lines_of_plan(*made.maker);
  BOOST_TEST(first.size() == 4U);
  for (int i = 0; i < 2; ++i) {
    BOOST_TEST(lines_of_plan(*made.maker) == first, boost::test_tools::per_element());
    const auto overview = overview_of(*made.maker);
    BOOST_TEST(overview.changed() == 3U);
    BOOST_TEST(overview.missing() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(lines_are_numbered_across_scopes_and_need_only_lines_of_their_own) {
  std::string present, desired;
  for (const std::string owner : {"1", "2"}) {
    for (const std::string name : {"a", "b"}) {
      present += R"({"type":"shared_folder","id":")" + owner + name + R"(","name":")" + name + R"(","ownerId":)" +
                 owner + "}\n";
      desired += wish(owner + name, name == "a" ? "b" : "a");
    }
  }
  const auto lines = planned(desired, present);
  BOOST_REQUIRE(lines.size() == 6U);
  BOOST_TEST(lines[0] == "1 1a name \"a\">\"kb~1a2b3c4d~0\"");
  BOOST_TEST(lines[2] == "3 1a name \"kb~1a2b3c4d~0\">\"b\" needs 2");
  BOOST_TEST(lines[3].starts_with("4 2a"));
  BOOST_TEST(lines[5] == "6 2a name \"kb~1a2b3c4d~0\">\"b\" needs 5");
}

BOOST_AUTO_TEST_CASE(an_item_may_be_described_by_what_it_is_like) {
  BOOST_TEST(planned(match("b", "x"), four) == Texts{"1 2 name \"b\">\"x\""}, boost::test_tools::per_element());
  BOOST_TEST(planned(match("gone", "b"), four) == Texts{}, boost::test_tools::per_element());
  const auto missing = make(match("gone", "x"), four);
  const auto overview = overview_of(*missing.maker);
  BOOST_TEST(overview.missing() == 1U);
  BOOST_REQUIRE(overview.causes.size() == 1U);
  BOOST_TEST(overview.causes[0].examples.at(0).message == "name \"gone\"");
  BOOST_TEST(overview.extra() == 4U);
}

BOOST_AUTO_TEST_CASE(what_several_items_are_like_is_an_error_that_lists_them) {
  const auto made = make(match("a", "x"), folder_line("1", "a") + folder_line("2", "a"));
  BOOST_REQUIRE(made.faults.first.size() == 1U);
  BOOST_TEST(contains(made.faults.first[0], "1: match: several items match"), made.faults.first[0]);
  BOOST_TEST(contains(made.faults.first[0], "1, 2"), made.faults.first[0]);
  BOOST_TEST(made.faults.invalid == 1U);
}

BOOST_AUTO_TEST_CASE(an_item_that_two_users_share_is_one) {
  const auto seen_by = [](const std::string& user) {
    return R"({"type":"shared_folder","id":"1","user_id":")" + user + R"(","name":"a","ownerId":7})" + "\n";
  };
  const auto desired = R"({"type":"shared_folder","match":{"name":"a"},"name":"x"})"s + "\n";
  BOOST_TEST(planned(desired, seen_by("7") + seen_by("8")) == Texts{"1 1 name \"a\">\"x\""},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_item_that_is_desired_twice_is_an_error) {
  const auto made = make(wish("1", "x") + wish("1", "y"), four);
  BOOST_TEST(contains(made.error, "line 2: the shared_folder \"1\" is on line 1 already"), made.error);
  const auto by_match = make(wish("1", "x") + match("a", "y"), four);
  BOOST_TEST(contains(by_match.error, "is on line 1 already"), by_match.error);
}

BOOST_AUTO_TEST_CASE(only_what_is_selected_is_planned_and_the_others_keep_their_names) {
  PlanMaker::Settings only_1{.planner = {}, .folder = {}, .selects = [](const auto& kind, std::string_view id) {
                               return kind.name == "shared_folder" && id == "1";
                             }};
  const auto free_name = make(wish("1", "x") + wish("2", "y"), four, only_1);
  BOOST_TEST(lines_of_plan(*free_name.maker) == Texts{"1 1 name \"a\">\"x\""}, boost::test_tools::per_element());
  BOOST_TEST(free_name.maker->unselected() == 1U);
  // A swap of which one half alone is planned cannot be made.
  const auto swap = make(wish("1", "b") + wish("2", "a"), four, only_1);
  BOOST_TEST(lines_of_plan(*swap.maker) == Texts{}, boost::test_tools::per_element());
  const auto overview = overview_of(*swap.maker);
  BOOST_REQUIRE(overview.causes.size() == 1U);
  BOOST_TEST((overview.causes[0].reason == koobatch::plan::Finding::Reason::name_held));
  const auto by_match = make(match("a", "x") + match("b", "y") + match("gone", "z"), four, only_1);
  BOOST_TEST(lines_of_plan(*by_match.maker) == Texts{"1 1 name \"a\">\"x\""}, boost::test_tools::per_element());
  BOOST_TEST(by_match.maker->unselected() == 2U);
}

BOOST_AUTO_TEST_CASE(a_temporary_name_that_an_item_has_is_passed_over) {
  const auto lines = planned(wish("1", "b") + wish("2", "a"),
                             four + folder_line("5", "kb~1a2b3c4d~0") + folder_line("6", "KB~1A2B3C4D~1"));
  BOOST_REQUIRE(lines.size() == 3U);
  BOOST_TEST(contains(lines[0], "kb~1a2b3c4d~2"), lines[0]);
}

BOOST_AUTO_TEST_CASE(names_may_be_free) {
  PlanMaker::Settings free{.planner = {.plan_id = "1a2b3c4d5e6f7081", .names = koobatch::plan::Names::free},
                           .folder = {}};
  BOOST_TEST(planned(wish("1", "b") + wish("2", "a") + wish("3", "d"), four, free) ==
                 (Texts{"1 1 name \"a\">\"b\"", "2 2 name \"b\">\"a\"", "3 3 name \"c\">\"d\""}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_visitor_that_fails_ends_the_planning) {
  struct Failing final : koobatch::plan::PlanVisitor {
    Result<void> on_line(const koobatch::plan::PlanLine&) override { return fatal_error("the disk is full"); }
    void on_finding(const koobatch::plan::Finding&) override {}
  } failing;
  const auto made = make(wish("1", "x"), four);
  const auto done = made.maker->plan(failing);
  BOOST_REQUIRE(done.has_error());
  BOOST_TEST(done.error().message == "the disk is full");
}

BOOST_AUTO_TEST_SUITE_END()
