#include "plan/item_join.hpp"
#include "contains.hpp"
#include "koobatch/plan/comparison.hpp"
#include "state_support.hpp"
#include "temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace koobatch;
using namespace koobatch::plan;
using koobatch::test::contains;
using namespace std::string_literals;
using state::Entry;
using state::Item;
using state_support::item;
using state_support::line_of;

namespace {

/// A join in a folder of its own, which must not fail.
struct Join {
  explicit Join(Names names = Names::free) {
    auto made = ItemJoin::create(folder.path, koodrive::service_resources(), names);
    BOOST_REQUIRE(made.has_value());
    join = std::move(*made);
  }
  void add_present(const Item& present) { BOOST_REQUIRE(join->add_present(present).has_value()); }
  void add_desired(const Item& desired, std::uint32_t line = 1) {
    Entry entry;
    entry.line = line;
    entry.item = desired;
    BOOST_REQUIRE(join->add_desired(entry).has_value());
  }
  std::vector<std::vector<ItemJoin::Pair>> groups() {
    BOOST_REQUIRE(join->finish().has_value());
    std::vector<std::vector<ItemJoin::Pair>> groups(1);
    for (;; groups.emplace_back()) {
      const auto more = join->next_group(groups.back());
      BOOST_REQUIRE(more.has_value());
      if (*more) continue;
      groups.pop_back();
      return groups;
    }
  }
  /// "LINE what is desired: what is there"
  std::vector<std::string> differences() {
    std::vector<std::string> out;
    for (const auto& group : groups()) {
      for (const auto& pair : group) {
        out.push_back(std::to_string(pair.desired.line) + " " + line_of(pair.desired.item) + ": " +
                      (pair.present ? line_of(*pair.present) : "missing"));
      }
    }
    return out;
  }

  test::TemporaryFolder folder;
  std::unique_ptr<ItemJoin> join;
};

Item album(std::string id, std::string name) {
  return item("album", std::move(id), {{"name", std::move(name)}}, "7");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(item_join)

BOOST_AUTO_TEST_CASE(what_is_as_desired_is_not_returned) {
  Join join;
  join.add_present(album("1", "a"));
  join.add_present(album("2", "b"));
  join.add_desired(album("1", "a"));
  join.add_desired(album("2", "c"), 2);
  join.add_desired(album("3", "d"), 3);
  BOOST_TEST(
      join.differences() ==
          (std::vector<std::string>{
              R"(2 {"type":"album","id":"2","user_id":"7","name":"c"}: {"type":"album","id":"2","user_id":"7","name":"b"})",
              R"(3 {"type":"album","id":"3","user_id":"7","name":"d"}: missing)"}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(kinds_are_kept_apart_and_come_one_after_the_other) {
  Join join;
  join.add_desired(album("1", "a"));
  join.add_desired(item("shared_folder", "9", {{"name", "x"s}}), 2);
  join.add_present(item("shared_folder", "1", {{"name", "y"s}}));
  const auto found = join.differences();
  BOOST_REQUIRE(found.size() == 2U);
  BOOST_TEST(contains(found[0], "shared_folder"));
  BOOST_TEST(contains(found[1], "\"1\",\"user_id\":\"7\",\"name\":\"a\"}: missing"));
  const auto counts = join.join->counts();
  BOOST_REQUIRE(counts.has_value());
  BOOST_REQUIRE(counts->size() == 2U);
  BOOST_TEST((*counts)[0].kind == "shared_folder");
  BOOST_TEST((*counts)[0].items == 1U);
  BOOST_TEST((*counts)[0].missing == 1U);
  BOOST_TEST((*counts)[1].items == 0U);
  BOOST_TEST((*counts)[1].desired == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_read_later_is_newer) {
  Join join;
  for (const auto* name : {"oldest", "old", "new"}) {
    for (const auto* id : {"2", "1"}) join.add_present(album(id, name));
  }
  join.add_desired(album("1", "new"));
  join.add_desired(album("2", "new"));
  BOOST_TEST(join.differences().empty());
}

BOOST_AUTO_TEST_CASE(an_item_that_is_desired_twice_is_an_error) {
  const auto fault = [](const std::vector<std::pair<std::string, std::uint32_t>>& lines) {
    Join join;
    for (const auto& [id, line] : lines) join.add_desired(album(id, "a"), line);
    const auto finished = join.join->finish();
    BOOST_REQUIRE(!finished.has_value());
    BOOST_TEST((finished.error().kind == ErrorKind::job));
    return finished.error().message;
  };
  BOOST_TEST(fault({{"1", 3}, {"1", 8}}) ==
             "line 8: the album \"1\" is on line 3 already; say only once how it should be");
  // In whatever order they come.
  BOOST_TEST(contains(fault({{"5", 1}, {"4", 2}, {"3", 3}, {"4", 4}}), "line 4: the album \"4\" is on line 2"));
  BOOST_TEST(
      contains(fault({{"5", 1}, {"3", 2}, {"6", 3}, {"5", 4}, {"3", 5}}), "line 4: the album \"5\" is on line 1"));
}

BOOST_AUTO_TEST_CASE(what_was_exported_comes_along) {
  Join join;
  join.add_present(album("1", "now"));
  Entry entry;
  entry.line = 5;
  entry.item = album("1", "wanted");
  entry.exported = album("", "then").values;
  BOOST_REQUIRE(join.join->add_desired(entry).has_value());
  const auto groups = join.groups();
  BOOST_REQUIRE(groups.size() == 1U);
  const auto& pair = groups[0].at(0);
  BOOST_TEST((pair.desired.exported == entry.exported));
  const auto compared = compare(pair.desired, *pair.present);
  BOOST_REQUIRE(compared.blocked.size() == 1U);
  BOOST_TEST((compared.blocked[0].obstacle == Obstacle::changed_since));
}

BOOST_AUTO_TEST_CASE(awkward_identifiers_and_values_survive) {
  Join join;
  const auto odd = item("album", "a'b\"\\\x01\n;--", {{"name", "\x01'\"\n"s + "\0x"s}});
  join.add_present(album(odd.id, "b"));
  join.add_desired(odd);
  const auto found = join.differences();
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(contains(found[0], line_of(odd)));
}

BOOST_AUTO_TEST_CASE(it_joins_as_a_map_would) {
  std::mt19937 random(3);
  for (int round = 0; round < 20; ++round) {
    Join join;
    std::map<std::string, std::string> present, desired, expected;
    for (int i = 0; i < 200; ++i) present[std::to_string(random() % 300)] = std::to_string(random() % 2);
    for (int i = 0; i < 200; ++i) desired[std::to_string(random() % 300)] = std::to_string(random() % 2);
    std::vector<std::pair<std::string, std::string>> shuffled(present.begin(), present.end());
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    for (const auto& [id, name] : shuffled) join.add_present(album(id, name));
    for (const auto& [id, name] : desired) join.add_desired(album(id, name));
    std::vector<std::string> wanted;
    for (const auto& [id, name] : desired) {
      const auto there = present.find(id);
      if (there != present.end() && there->second == name) continue;
      wanted.push_back("1 " + line_of(album(id, name)) + ": " +
                       (there == present.end() ? "missing" : line_of(album(id, there->second))));
    }
    BOOST_REQUIRE(join.differences() == wanted);
  }
}

BOOST_AUTO_TEST_CASE(items_in_one_scope_of_names_come_together) {
  Join join(Names::unique);
  const auto folder = [](std::string id, std::string name, std::int64_t owner) {
    return item("shared_folder", std::move(id), {{"name", std::move(name)}, {"ownerId", owner}}, "7");
  };
  const auto wish = [](std::string id, std::string name) {
    return item("shared_folder", std::move(id), {{"name", std::move(name)}});
  };
  for (const auto& present : {folder("1", "a", 42), folder("2", "b", 43), folder("3", "c", 42), folder("4", "d", 43),
                              folder("5", "B", 42), folder("6", "b", 44), folder("7", "kb~11111111~0", 42)}) {
    join.add_present(present);
  }
  join.add_present(album("1", "a"));
  join.add_present(album("2", "a"));
  std::uint32_t line = 0;
  for (const auto& desired : {wish("4", "e"), wish("3", "a"), wish("1", "b"), wish("2", "c"), wish("9", "x")}) {
    join.add_desired(desired, ++line);
  }
  join.add_desired(item("album", "2", {{"name", "x"s}}), 6);
  join.add_desired(item("album", "1", {{"name", "y"s}}), 7);
  const auto groups = join.groups();
  std::vector<std::string> ids;
  for (const auto& group : groups) {
    std::string members;
    for (const auto& pair : group) members += pair.desired.item.id + (pair.present ? " " : " missing ");
    ids.push_back(members);
  }
  BOOST_TEST(ids == (std::vector<std::string>{"9 missing ", "1 3 ", "2 4 ", "1 ", "2 "}),
             boost::test_tools::per_element());
  const auto bystanders = join.join->bystanders(groups[1]);
  BOOST_REQUIRE(bystanders.has_value());
  BOOST_REQUIRE(bystanders->size() == 1U);
  BOOST_TEST((*bystanders)[0].id == "5", "its name differs in case");
  BOOST_TEST(join.join->bystanders(groups[2])->empty());
  BOOST_TEST(join.join->bystanders(groups[3])->empty(), "names of albums are free");
  BOOST_TEST(join.join->is_taken(*groups[1][0].present, "kb~11111111~0").value());
  BOOST_TEST(!join.join->is_taken(*groups[2][0].present, "kb~11111111~0").value());
}

BOOST_AUTO_TEST_CASE(nothing_is_left_in_the_folder) {
  Join join;
  for (int i = 0; i < 1000; ++i) join.add_present(album(std::to_string(i), "a"));
  BOOST_TEST(std::filesystem::is_empty(join.folder.path));
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_there_is_an_error) {
  const auto made = ItemJoin::create("/nonexistent/folder", koodrive::service_resources(), Names::free);
  BOOST_REQUIRE(!made.has_value());
  BOOST_TEST(contains(made.error().message, "/nonexistent/folder: no file can be created there"));
}

BOOST_AUTO_TEST_SUITE_END()
