#include "koobatch/plan/names.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace koobatch::plan;

namespace {

using Items = std::vector<NamedItem>;
using Part = NameStep::Part;

/// "t0", "t1", … up to `count` of them.
TemporaryNames temporary_names(std::uint64_t count = 1'000'000) {
  return [next = std::uint64_t{0}, count]() mutable -> std::optional<std::string> {
    if (next == count) return std::nullopt;
    return "t" + std::to_string(next++);
  };
}

NamePlan planned(const Items& items) {
  return plan_names(items, temporary_names());
}

/// "0: a>t0; 1: b>a needs 0; …"
std::string steps_of(const Items& items, const NamePlan& plan) {
  std::string out;
  for (const auto& step : plan.steps) {
    const auto& item = items[step.item];
    out += out.empty() ? "" : "; ";
    out += std::to_string(step.item) + ": ";
    out += step.part == Part::from_temporary ? step.temporary : std::string(item.was);
    out += ">";
    out += step.part == Part::to_temporary ? step.temporary : std::string(item.wanted);
    if (step.needs) out += " needs " + std::to_string(*step.needs);
  }
  return out;
}
std::string steps_of(const Items& items) {
  return steps_of(items, planned(items));
}

std::string left_out_of(const Items& items) {
  constexpr std::string_view names[] = {"held", "held twice", "wished twice", "no temporary"};
  std::string out;
  for (const auto& left_out : planned(items).left_out) {
    out += (out.empty() ? "" : "; ") + std::to_string(left_out.item) + " " +
           std::string(names[static_cast<std::size_t>(left_out.conflict)]) + " " + std::to_string(left_out.other);
  }
  return out;
}

/// Carries out the steps on a service that refuses a name that is taken. Returns what went wrong.
std::string carry_out(const Items& items, const NamePlan& plan, std::vector<std::string>& names) {
  names.clear();
  std::multiset<std::string, std::less<>> taken;
  for (const auto& item : items) {
    names.emplace_back(item.was);
    taken.insert(names.back());
  }
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const auto& step = plan.steps[i];
    const auto to = step.part == Part::to_temporary ? step.temporary : std::string(items[step.item].wanted);
    if (step.needs && *step.needs >= i) return "needs a later step";
    if (taken.contains(to)) return "takes " + to;
    taken.erase(taken.find(names[step.item]));
    taken.insert(to);
    names[step.item] = to;
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(name_plan)

BOOST_AUTO_TEST_CASE(names_that_are_free_need_nothing) {
  BOOST_TEST(steps_of({{"a", "x"}, {"b", "b"}, {"c", "y"}}) == "0: a>x; 2: c>y");
  BOOST_TEST(steps_of({}) == "");
}

BOOST_AUTO_TEST_CASE(a_path_is_planned_from_its_end) {
  BOOST_TEST(steps_of({{"a", "b"}, {"b", "c"}, {"c", "d"}}) == "2: c>d; 1: b>c needs 0; 0: a>b needs 1");
  BOOST_TEST(steps_of({{"b", "c"}, {"c", "d"}, {"a", "b"}}) == "1: c>d; 0: b>c needs 0; 2: a>b needs 1");
}

BOOST_AUTO_TEST_CASE(a_cycle_has_one_temporary_name) {
  BOOST_TEST(steps_of({{"a", "b"}, {"b", "a"}}) == "0: a>t0; 1: b>a needs 0; 0: t0>b needs 1");
  BOOST_TEST(steps_of({{"a", "b"}, {"b", "c"}, {"c", "a"}}) ==
             "0: a>t0; 2: c>a needs 0; 1: b>c needs 1; 0: t0>b needs 2");
}

BOOST_AUTO_TEST_CASE(a_change_of_case_alone_is_plain) {
  BOOST_TEST(steps_of({{"plans", "Plans"}}) == "0: plans>Plans");
  BOOST_TEST(planned({{"plans", "Plans"}}).near_clashes.empty());
}

BOOST_AUTO_TEST_CASE(a_name_that_a_bystander_has_is_a_conflict) {
  BOOST_TEST(left_out_of({{"a", "b"}, {"b", "b"}}) == "0 held 1");
  BOOST_TEST(steps_of({{"a", "b"}, {"b", "b"}, {"c", "d"}}) == "2: c>d", "all others are planned");
  // An item that keeps its name is in the way of the one that wants it.
  BOOST_TEST(left_out_of({{"x", "a"}, {"a", "b"}, {"b", "b"}, {"y", "x"}}) == "0 held 1; 1 held 2; 3 held 0");
  BOOST_TEST(left_out_of({{"a", "c"}, {"c", "x"}, {"c", "c"}}) == "0 held twice 1");
}

BOOST_AUTO_TEST_CASE(two_wishes_for_one_name_are_a_conflict) {
  BOOST_TEST(left_out_of({{"a", "x"}, {"b", "x"}, {"c", "x"}}) ==
             "0 wished twice 1; 1 wished twice 0; 2 wished twice 0");
  BOOST_TEST(left_out_of({{"a", "x"}, {"b", "x"}, {"c", "a"}}) == "0 wished twice 1; 1 wished twice 0; 2 held 0");
}

BOOST_AUTO_TEST_CASE(a_clash_by_case_alone_is_told) {
  const auto clash = [](const Items& items) {
    std::string out;
    for (const auto& near : planned(items).near_clashes) {
      out += std::to_string(near.item) + "~" + std::to_string(near.other) + " ";
    }
    return out;
  };
  BOOST_TEST(clash({{"a", "Plans"}, {"PLANS", "PLANS"}}) == "0~1 ");
  BOOST_TEST(clash({{"a", "Plans"}, {"b", "PLANS"}}) == "0~1 1~0 ");
  BOOST_TEST(clash({{"a", "Pl\u00e4ne"}, {"PLA\u0308NE", "x"}}) == "0~1 ");
  BOOST_TEST(clash({{"a", "b"}, {"b", "a"}}) == "");
  BOOST_TEST(steps_of({{"a", "Plans"}, {"PLANS", "PLANS"}}) == "0: a>Plans", "it is planned");
}

BOOST_AUTO_TEST_CASE(temporary_names_are_new) {
  const Items items = {{"a", "b"}, {"b", "a"}, {"t0", "t0"}, {"c", "t1"}, {"d", "e"}, {"e", "d"}};
  BOOST_TEST(steps_of(items) ==
             "0: a>t2; 1: b>a needs 0; 0: t2>b needs 1; 3: c>t1; 4: d>t3; 5: e>d needs 4; 4: t3>e needs 5");
  const auto none_left = plan_names(items, temporary_names(3));
  BOOST_TEST(steps_of(items, none_left) == "0: a>t2; 1: b>a needs 0; 0: t2>b needs 1; 3: c>t1");
  BOOST_REQUIRE(none_left.left_out.size() == 2U);
  BOOST_TEST(none_left.left_out[0].item == 4U);
  BOOST_TEST(none_left.left_out[0].conflict == NameConflict::no_temporary);
}

BOOST_AUTO_TEST_CASE(temporary_names_show_their_plan) {
  BOOST_TEST(temporary_name("1a2b3c4d5e6f", 0) == "kb~1a2b3c4d~0");
  BOOST_TEST(temporary_name("1a2b3c4d5e6f", 35) == "kb~1a2b3c4d~z");
  BOOST_TEST(temporary_name("1a2b3c4d5e6f", 36) == "kb~1a2b3c4d~10");
  BOOST_TEST(is_temporary_name(temporary_name("1a2b3c4d5e6f", 123456789)));
  for (const auto* other :
       {"kb~1a2b3c4d~", "kb~1a2b3c4~0", "kb~1a2b3c4D~0", "kb~1a2b3c4d~0 ", "kb~1a2b3c4d-0", "", "kb~"}) {
    BOOST_TEST(!is_temporary_name(other), other);
  }
}

BOOST_AUTO_TEST_CASE(long_chains_and_cycles_are_planned_without_recursion) {
  constexpr std::size_t size = 100'000;
  std::vector<std::string> names;
  for (std::size_t i = 0; i <= size; ++i) names.push_back("n" + std::to_string(i));
  for (const bool is_cycle : {false, true}) {
    Items items;
    for (std::size_t i = 0; i < size; ++i) items.push_back({names[i], names[is_cycle ? (i + 1) % size : i + 1]});
    const auto plan = planned(items);
    BOOST_TEST(plan.left_out.empty());
    BOOST_TEST(plan.steps.size() == size + (is_cycle ? 1 : 0));
    std::vector<std::string> reached;
    BOOST_TEST(carry_out(items, plan, reached) == "");
    BOOST_TEST((std::ranges::equal(reached, items, {}, {}, &NamedItem::wanted)));
    // One bystander at the end stops all of it.
    items.back().wanted = items.back().was;
    BOOST_TEST(planned(items).left_out.size() == size - 1);
  }
}

BOOST_AUTO_TEST_CASE(random_wishes_end_as_promised) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    const std::size_t size = random() % 9 + 1;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < size + 3; ++i) names.push_back(std::string(1, static_cast<char>('a' + i)));
    std::shuffle(names.begin(), names.end(), random);
    Items items;
    for (std::size_t i = 0; i < size; ++i) items.push_back({names[i], names[random() % names.size()]});
    const auto plan = planned(items);
    std::vector<std::string> reached;
    BOOST_REQUIRE(carry_out(items, plan, reached) == "");
    std::set<std::size_t> left_out;
    for (const auto& item : plan.left_out) left_out.insert(item.item);
    for (std::size_t i = 0; i < size; ++i) {
      BOOST_REQUIRE(reached[i] == (left_out.contains(i) ? items[i].was : items[i].wanted));
    }
    // Only those are left out whose name another item keeps or is to have.
    for (const auto& item : plan.left_out) {
      const auto& wanted = items[item.item].wanted;
      const auto same = std::ranges::count(items, wanted, &NamedItem::wanted);
      BOOST_REQUIRE((same > 1 || (items[item.other].was == wanted && reached[item.other] == wanted)));
    }
    BOOST_REQUIRE(steps_of(items) == steps_of(items, plan));
  }
}

BOOST_AUTO_TEST_SUITE_END()
