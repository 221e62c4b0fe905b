// Exports of lists that change while they are read, that are odd, or that a sick service shows: nothing that stays is
// lost or doubled, or the file says so. KOOBATCH_FULL tries every change at every page, and lists without end.
#include "exports.hpp"
#include "full_length.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

using namespace koobatch::test;
using namespace koobatch::test::exports;

namespace {

/// A change of a list just before one of its pages is made.
struct Change {
  std::string kind;
  std::string at;  ///< which item, as the simulator is told
  int page = 0;

  std::string fault() const { return fmt::format("list={},page={},at={}", kind, page, at); }
  /// Whether a list of two and a half pages has such an item. Something can be added after its end.
  bool happens() const { return !(page == 1 && at == "before") && !(page == 3 && at == "after" && kind != "add"); }
};

std::vector<Change> changes() {
  std::vector<Change> all;
  for (const std::string kind : {"add", "remove", "rename"}) {
    if (!at_full_length()) {
      all.insert(all.end(), {{kind, "after", 1},
                             {kind, "before", 2},
                             {kind, "in", 2},
                             {kind, "after", 2},
                             {kind, "0", 2},
                             {kind, "before", 3},
                             {kind, "1000", 3}});
      continue;
    }
    for (const std::string at : {"before", "in", "after", "0", "999", "1000", "2499"}) {
      for (const int page : {1, 2, 3}) all.push_back({kind, at, page});
    }
  }
  return all;
}

/// How many folders were added, removed or renamed.
std::size_t differences(const Items& before, const Items& after) {
  std::size_t count = 0;
  for (const auto& [id, item] : before) {
    if (!id.starts_with("shared_folder:")) continue;
    const auto still = after.find(id);
    count += still == after.end() || still->second != item;
  }
  for (const auto& [id, item] : after) count += id.starts_with("shared_folder:") && !before.contains(id);
  return count;
}

/// How many of the items that have stayed as they were the state lacks, or has otherwise.
std::size_t count_lost(const Items& before, const Items& after, const Items& state) {
  std::size_t lost = 0;
  for (const auto& [id, item] : after) {
    const auto known = before.find(id);
    if (known == before.end() || known->second != item) continue;
    const auto found = state.find(id);
    lost += found == state.end() || found->second != item;
  }
  return lost;
}

/// How many of the items of the state were never like that.
std::size_t count_foreign(const Items& before, const Items& after, const Items& state) {
  const auto was_in = [](const Items& items, const auto& entry) {
    const auto found = items.find(entry.first);
    return found != items.end() && found->second == entry.second;
  };
  std::size_t foreign = 0;
  for (const auto& entry : state) foreign += !was_in(before, entry) && !was_in(after, entry);
  return foreign;
}

struct Unreadable {
  std::string fault;
  std::string type;
  int status;
  std::string why;
};

std::vector<Unreadable> unreadable_lists() {
  std::vector<Unreadable> lists = {
      {"list=endless", "shared_folder", 1, "cannot be read: the list"},
      {"list=remove,page=2,at=before,times=always", "shared_folder", 4, "the list changed"},
      {"list=total", "album", 4, "the list says"},
      {"list=total,by=-2", "album", 4, "the list says"}};
  // It takes a million items to tell that from a long list.
  if (at_full_length()) {
    lists.push_back({"list=growing", "shared_folder", 1, "cannot be read: the list has no end"});
  }
  return lists;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(export_changes)

BOOST_AUTO_TEST_CASE(faults_of_the_service_are_overcome) {
  for (const std::string fault : {"status=429,rate=0.3", "status=503,rate=0.3", "status=500,rate=0.3", "reset,rate=0.3",
                                  "drop,rate=0.3", "truncate,rate=0.3", "garbage,rate=0.3"}) {
    const House house({"--items", "5400,users=3,albums=1200", "--seed", "3", "--fault", fault});
    const auto state = house.state({"--users", house.three_users(), "--max-errors", "100%"});
    BOOST_TEST((items_of(state) == house.present()), fault);
    const auto struck = member(house.count("faults"), fault.substr(0, fault.find_first_of("=,")));
    BOOST_TEST(struck != "0", fault);
  }
}

BOOST_AUTO_TEST_CASE(pages_that_never_come_are_asked_for_again) {
  const House house({"--items", "5400,users=3,albums=1200", "--seed", "3", "--fault", "stall,rate=0.25"});
  const auto state =
      house.state({"--users", house.three_users(), "--max-errors", "100%", "--timeout", "500ms", "--http", "1.1"});
  BOOST_TEST((items_of(state) == house.present()));
  BOOST_TEST(member(house.count("faults"), "stall") != "0");
}

BOOST_AUTO_TEST_CASE(a_token_that_expires_in_the_middle_of_lists_costs_no_item) {
  const Workspace secrets;
  const auto file = [&](const std::string& name, const std::string& text) {
    auto path = secrets.write(name, text);
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return path;
  };
  const auto token_file = file("token", "first");
  const House house({"--items", "6300,users=3,albums=1200", "--token-file", token_file, "--refresh-token-file",
                     file("service-refresh", "r-first"), "--token-requests", "8"});
  Texts command = {"export", "--endpoint", house.service.url(), "--token-file", token_file, "--refresh-token-file",
                   file("refresh", "r-first"), "--out", house.out, "--progress", "none", "--users", house.three_users(),
                   // Others must not use up a new token before a list that was refused has its turn.
                   "--connections", "2"};
  const auto finished = run_koobatch(command);
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST((items_of(house.workspace.read("report.state.ndjson")) == house.present()));
  BOOST_TEST(house.number("refreshes") > 2U);
  BOOST_TEST(member(house.count("status"), "401") != "");
}

BOOST_AUTO_TEST_CASE(what_is_not_changed_meanwhile_is_neither_lost_nor_doubled) {
  for (const auto& change : changes()) {
    const House house({"--items", "3300,albums=800", "--fault", change.fault()});
    const auto before = house.present();
    const auto state = items_of(house.state());
    const auto after = house.present();
    BOOST_TEST_CONTEXT(change.fault()) {
      BOOST_TEST(differences(before, after) == (change.happens() ? 1U : 0U));
      BOOST_TEST(count_lost(before, after, state) == 0U);
      BOOST_TEST(count_foreign(before, after, state) == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(odd_lists_are_read_right) {
  const Texts flags = {"--items", "2700,albums=1200"};
  const auto reads_of = [&](const std::string& fault) {
    Texts all = flags;
    if (!fault.empty()) all.insert(all.end(), {"--fault", fault});
    const House house(all);
    BOOST_TEST((items_of(house.state()) == house.present()), fault);
    return house.number("reads");
  };
  const auto without = reads_of("");
  for (const std::string fault : {"list=cut", "list=empty", "list=cut,page=1", "list=empty,page=1"}) {
    BOOST_TEST(reads_of(fault) > without, fault);
  }
  // Beyond what a number with a fraction holds exactly, which the identifiers in the state show.
  BOOST_TEST(reads_of("list=numbers") == without);
}

BOOST_AUTO_TEST_CASE(a_list_that_cannot_be_read_right_makes_a_state_that_says_so_and_from_which_nothing_is_planned) {
  for (const auto& c : unreadable_lists()) {
    const House house({"--items", "3500,albums=500", "--fault", c.fault});
    const auto finished = house.run({"--user-id", "42", "--types", c.type});
    BOOST_TEST(finished.status == c.status, c.fault << finished.out << finished.err);
    CHECK_HAS(finished.err, fmt::format("user 42, {}: {}", c.type, c.why));
    CHECK_HAS(finished.out, "not complete");
    const auto state = house.workspace.read("report.state.ndjson");
    CHECK_HAS(summary_of(state), R"("complete":false)");
    CHECK_HAS(summary_of(state), R"("from":"20)");
    BOOST_TEST(!std::filesystem::exists(house.journal));
    const auto plan =
        run_koobatch({"plan", house.workspace.write("desired.ndjson", folder("1", "x")), "--state", house.out});
    BOOST_TEST(plan.status == 4, plan.out << plan.err);
    CHECK_HAS(plan.err, "is incomplete");
    CHECK_HAS(plan.err, "'koobatch export'");
  }
}

BOOST_AUTO_TEST_SUITE_END()
