#include "koobatch/plan/matches.hpp"
#include "state_support.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace koobatch;
using namespace koobatch::plan;
using namespace std::string_literals;
using state::Item;
using state_support::item;

namespace {

using Outcome = Matches::Outcome;
using Texts = std::vector<std::string>;

Matches::Match match(const std::string& line, const std::vector<Item>& present) {
  const auto contents = state_support::read_ndjson(line + "\n");
  BOOST_REQUIRE(contents.entries.size() == 1U);
  Matches matches;
  matches.add(contents.entries.front());
  for (const auto& seen : present) matches.see(seen);
  auto found = matches.finish();
  BOOST_REQUIRE(found.size() == 1U);
  return std::move(found.front());
}

Item folder(std::string id, std::string name, std::string user = "7") {
  return item("shared_folder", std::move(id), {{"name", std::move(name)}, {"ownerId", "42"s}}, std::move(user));
}

const auto rename_old = R"({"type":"shared_folder","user_id":"7","match":{"name":"old"},"name":"new"})"s;

}  // namespace

BOOST_AUTO_TEST_SUITE(plan_matches)

BOOST_AUTO_TEST_CASE(one_item_that_is_like_that_is_meant) {
  const auto found = match(rename_old, {folder("1", "other"), folder("2", "old"), folder("3", "new")});
  BOOST_TEST(found.outcome == Outcome::found);
  BOOST_TEST(found.entry.item.id == "2");
}

BOOST_AUTO_TEST_CASE(an_item_that_is_already_as_desired_is_in_order) {
  const auto found = match(rename_old, {folder("1", "other"), folder("3", "new")});
  BOOST_TEST(found.outcome == Outcome::already);
  BOOST_TEST(found.entry.item.id == "3");
  BOOST_TEST(match(rename_old, {folder("3", "new"), folder("4", "new")}).outcome == Outcome::missing);
}

BOOST_AUTO_TEST_CASE(no_item_is_missing_and_several_are_named) {
  BOOST_TEST(match(rename_old, {}).outcome == Outcome::missing);
  const auto found = match(rename_old, {folder("1", "old"), folder("2", "old")});
  BOOST_TEST(found.outcome == Outcome::ambiguous);
  BOOST_TEST(found.candidates == (Texts{"1", "2"}), boost::test_tools::per_element());
  std::vector<Item> many;
  for (int i = 0; i < 100; ++i) many.push_back(folder(std::to_string(i), "old"));
  BOOST_TEST(match(rename_old, many).candidates.size() == Matches::max_candidates);
}

BOOST_AUTO_TEST_CASE(items_of_other_users_and_kinds_are_not_meant) {
  BOOST_TEST(match(rename_old, {folder("1", "old", "8"), item("album", "2", {{"name", "old"s}}, "7")}).outcome ==
             Outcome::missing);
  const auto of_anybody = R"({"type":"shared_folder","match":{"name":"old"},"name":"new"})"s;
  BOOST_TEST(match(of_anybody, {folder("1", "old", "8")}).outcome == Outcome::found);
  BOOST_TEST(match(of_anybody, {folder("1", "old", "")}).outcome == Outcome::found);
}

BOOST_AUTO_TEST_CASE(all_that_is_said_must_fit) {
  const auto both = R"({"type":"shared_folder","match":{"name":"old","ownerId":"43"},"name":"new"})"s;
  BOOST_TEST(match(both, {folder("1", "old")}).outcome == Outcome::missing);
  const auto by_list = R"({"type":"album","match":{"scopeDir":["2","1"]},"name":"new"})"s;
  BOOST_TEST(match(by_list, {item("album", "1", {{"scopeDir", Texts{"1", "2"}}})}).outcome == Outcome::found);
  BOOST_TEST(match(by_list, {item("album", "1", {{"scopeDir", Texts{"1", "3"}}})}).outcome == Outcome::missing);
}

BOOST_AUTO_TEST_SUITE_END()
