#include "koobatch/plan/net_effect.hpp"
#include "koobatch/plan/comparison.hpp"
#include "koobatch/plan/planner.hpp"
#include "state_support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace koobatch;
using namespace koobatch::plan;
using namespace std::string_literals;
using state::Item;
using state::Value;
using state_support::item;

namespace {

const PlannerSettings first_plan{.plan_id = "11111111"};
const PlannerSettings second_plan{.plan_id = "22222222"};

Item folder(std::string id, std::string name) {
  return item("shared_folder", std::move(id), {{"name", std::move(name)}, {"ownerId", "42"s}}, "7");
}

PlanLine renaming(std::string was, std::string wanted) {
  const auto& kind = state_support::kind("shared_folder");
  return {1, &kind, kind.fields[0].operation, "1", "7", {{0, Value(std::move(was)), Value(std::move(wanted)), false}}};
}

using Results = std::vector<std::pair<PlanLine, Status>>;

/// What undoing does to a folder of this name: "x>y", "" or "changed since".
std::string undone(const Results& results, const std::string& name_now) {
  NetEffect effect;
  for (const auto& [line, status] : results) effect.add(change_of(line), status);
  if (effect.is_nothing()) return "nothing";
  const auto present = folder("1", name_now);
  const auto found = compare(effect.undo(present), present);
  if (!found.blocked.empty()) return found.blocked[0].obstacle == Obstacle::changed_since ? "changed since" : "blocked";
  if (found.changes.empty()) return "";
  return std::get<std::string>(found.changes[0].was) + ">" + std::get<std::string>(found.changes[0].wanted);
}

/// A service that refuses a name that is taken.
class Service {
 public:
  explicit Service(std::map<std::string, std::string> names) : names_(std::move(names)) {}

  const std::map<std::string, std::string>& names() const { return names_; }
  std::vector<Item> items() const {
    std::vector<Item> items;
    for (const auto& [id, name] : names_) items.push_back(folder(id, name));
    return items;
  }
  bool rename(const PlanLine& line) {
    const auto& to = std::get<std::string>(line.settings.at(0).wanted);
    if (std::ranges::any_of(names_, [&](const auto& entry) { return entry.second == to; })) return false;
    names_[line.id] = to;
    return true;
  }

 private:
  std::map<std::string, std::string> names_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(net_effect)

BOOST_AUTO_TEST_CASE(what_was_before_the_first_line_is_wanted_again) {
  BOOST_TEST(undone({{renaming("a", "b"), Status::succeeded}}, "b") == "b>a");
  BOOST_TEST(undone({{renaming("a", "b"), Status::succeeded},
                     {renaming("b", "c"), Status::succeeded},
                     {renaming("c", "d"), Status::succeeded}},
                    "d") == "d>a");
  BOOST_TEST(undone({{renaming("a", "b"), Status::succeeded}, {renaming("b", "a"), Status::succeeded}}, "a") == "");
}

BOOST_AUTO_TEST_CASE(what_was_not_applied_is_not_undone) {
  for (const auto status : {Status::rejected, Status::failed, Status::invalid}) {
    BOOST_TEST(undone({{renaming("a", "b"), status}}, "a") == "nothing");
    BOOST_TEST(undone({{renaming("a", "b"), Status::succeeded}, {renaming("b", "c"), status}}, "b") == "b>a");
  }
}

BOOST_AUTO_TEST_CASE(what_another_changed_since_is_kept) {
  BOOST_TEST(undone({{renaming("a", "b"), Status::succeeded}}, "z") == "changed since");
  BOOST_TEST(undone({{renaming("a", "b"), Status::succeeded}, {renaming("b", "c"), Status::succeeded}}, "b") ==
             "changed since");
}

BOOST_AUTO_TEST_CASE(an_unknown_result_may_be_either) {
  BOOST_TEST(undone({{renaming("a", "b"), Status::unknown}}, "b") == "b>a");
  BOOST_TEST(undone({{renaming("a", "b"), Status::unknown}}, "a") == "");
  BOOST_TEST(undone({{renaming("a", "b"), Status::unknown}}, "z") == "changed since");
  BOOST_TEST(undone({{renaming("a", "t"), Status::succeeded}, {renaming("t", "b"), Status::unknown}}, "t") == "t>a");
  BOOST_TEST(undone({{renaming("a", "t"), Status::succeeded}, {renaming("t", "b"), Status::unknown}}, "b") == "b>a");
}

BOOST_AUTO_TEST_CASE(a_run_that_was_killed_at_any_step_is_undone_as_a_whole) {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    std::map<std::string, std::string> before;
    std::vector<std::string> names;
    for (int i = 0; i < 8; ++i) names.push_back(std::string(1, static_cast<char>('a' + i)));
    for (int i = 0; i < 6; ++i) before["1" + std::to_string(i)] = names[static_cast<std::size_t>(i)];
    std::shuffle(names.begin(), names.end(), random);
    std::vector<Wish> wishes;
    std::size_t next = 0;
    for (const auto& present : Service(before).items()) {
      Wish wish{{.line = 1, .item = folder(present.id, names[next++]), .exported = {}, .match = {}}, present};
      wishes.push_back(std::move(wish));
    }
    const auto plan = plan_group(wishes, {}, first_plan, 1);
    BOOST_REQUIRE(plan.findings.empty());
    for (std::size_t killed_at = 0; killed_at <= plan.lines.size(); ++killed_at) {
      for (const bool last_was_applied : {false, true}) {
        Service service(before);
        std::map<std::string, NetEffect> effects;
        for (std::size_t i = 0; i < killed_at; ++i) {
          const bool is_last = i + 1 == killed_at;
          if (!is_last || last_was_applied) BOOST_REQUIRE(service.rename(plan.lines[i]));
          effects[plan.lines[i].id].add(change_of(plan.lines[i]), is_last ? Status::unknown : Status::succeeded);
        }
        std::vector<Wish> undoing;
        std::vector<Item> bystanders;
        for (const auto& present : service.items()) {
          const auto effect = effects.find(present.id);
          if (effect == effects.end()) {
            bystanders.push_back(present);
          } else {
            undoing.push_back({effect->second.undo(present), present});
          }
        }
        const auto undo = plan_group(undoing, bystanders, second_plan, 1);
        BOOST_REQUIRE(undo.findings.empty());
        for (const auto& line : undo.lines) BOOST_REQUIRE(service.rename(line));
        BOOST_REQUIRE(service.names() == before);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
