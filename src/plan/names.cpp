#include "koobatch/plan/names.hpp"

#include "koobatch/core/unicode_text.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace koobatch::plan {
namespace {

constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
constexpr std::string_view temporary_prefix = "kb~";
constexpr std::size_t plan_id_characters = 8;

/// Items with one name: the first two, and how many there are.
struct Holders {
  std::size_t first = none;
  std::size_t second = none;

  void add(std::size_t item) {
    if (first == none) {
      first = item;
    } else if (second == none) {
      second = item;
    }
  }
  /// One of them that is not this item.
  std::size_t other_than(std::size_t item) const { return first != item ? first : second; }
};
using HoldersByName = boost::unordered_flat_map<std::string_view, Holders>;
using HoldersByFoldedName = boost::unordered_flat_map<std::string, Holders>;

class NamePlanner {
 public:
  NamePlanner(std::span<const NamedItem> items, const TemporaryNames& temporary_names)
      : items_(items), temporary_names_(temporary_names), moves_(items.size()) {}

  NamePlan plan() {
    find_holders();
    leave_out_conflicts();
    find_near_clashes();
    planned_.resize(items_.size());
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (moves_[i] && !planned_[i]) plan_component(i);
    }
    std::ranges::sort(plan_.left_out, {}, &LeftOut::item);
    return std::move(plan_);
  }

 private:
  void find_holders() {
    present_.reserve(items_.size());
    wanted_.reserve(items_.size());
    for (std::size_t i = 0; i < items_.size(); ++i) {
      moves_[i] = items_[i].was != items_[i].wanted;
      present_[items_[i].was].add(i);
      if (moves_[i]) wanted_[items_[i].wanted].add(i);
    }
  }

  /// The item that has the name which this one wants; none if it is free.
  std::size_t holder_of_wanted(std::size_t item) const {
    const auto found = present_.find(items_[item].wanted);
    return found == present_.end() ? none : found->second.first;
  }
  /// The item that wants the name which this one has. Once conflicts are left out, there is at most one.
  std::size_t successor_of(std::size_t item) const {
    const auto found = wanted_.find(items_[item].was);
    return found == wanted_.end() || !moves_[found->second.first] ? none : found->second.first;
  }

  /// An item that is left out keeps its name, and so is in the way of the one that wants it.
  void leave_out_conflicts() {
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (moves_[i]) find_conflict(i, plan_.left_out);
    }
    for (const auto& left_out : plan_.left_out) moves_[left_out.item] = false;
    for (std::size_t i = 0; i < plan_.left_out.size(); ++i) {
      const auto item = plan_.left_out[i].item;
      const auto next = successor_of(item);
      if (next == none) continue;
      moves_[next] = false;
      plan_.left_out.push_back({next, NameConflict::held, item});
    }
  }

  void find_conflict(std::size_t item, std::vector<LeftOut>& found) const {
    const auto& wishes = wanted_.find(items_[item].wanted)->second;
    if (wishes.second != none) {
      found.push_back({item, NameConflict::wished_twice, wishes.other_than(item)});
      return;
    }
    const auto holders = present_.find(items_[item].wanted);
    if (holders == present_.end()) return;
    if (holders->second.second != none) {
      found.push_back({item, NameConflict::held_twice, holders->second.first});
    } else if (!moves_[holders->second.first]) {
      found.push_back({item, NameConflict::held, holders->second.first});
    }
  }

  void find_near_clashes() {
    HoldersByFoldedName present;
    HoldersByFoldedName wanted;
    present.reserve(items_.size());
    std::vector<std::string> folded(items_.size());
    for (std::size_t i = 0; i < items_.size(); ++i) {
      present[case_folded(items_[i].was)].add(i);
      if (!moves_[i]) continue;
      folded[i] = case_folded(items_[i].wanted);
      wanted[folded[i]].add(i);
    }
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (!moves_[i]) continue;
      const auto other = near_clash(i, folded[i], present, wanted);
      if (other != none) plan_.near_clashes.push_back({i, other});
    }
  }

  std::size_t near_clash(std::size_t item, const std::string& folded, const HoldersByFoldedName& present,
                         const HoldersByFoldedName& wanted) const {
    if (const auto other = wanted.find(folded)->second.other_than(item); other != none) return other;
    const auto holders = present.find(folded);
    if (holders == present.end()) return none;
    // A name that is exactly the wanted one is free by then.
    for (const auto other : {holders->second.first, holders->second.second}) {
      if (other != none && other != item && items_[other].was != items_[item].wanted) return other;
    }
    return none;
  }

  /// A component is a path, or a cycle.
  void plan_component(std::size_t start) {
    auto last = start;
    for (auto next = holder_of_wanted(last); next != none; next = holder_of_wanted(last)) {
      if (next == start) return plan_cycle(start);
      last = next;
    }
    plan_path(last, std::nullopt, none);
  }

  /// Plans an item, then the one that wants its name, and so on, up to `end`. Returns the last step.
  std::optional<std::size_t> plan_path(std::size_t item, std::optional<std::size_t> needs, std::size_t end) {
    for (; item != none && item != end; item = successor_of(item)) {
      planned_[item] = true;
      plan_.steps.push_back({item, NameStep::Part::whole, needs, {}});
      needs = plan_.steps.size() - 1;
    }
    return needs;
  }

  void plan_cycle(std::size_t first) {
    auto name = next_temporary();
    if (!name) return leave_out_cycle(first);
    planned_[first] = true;
    plan_.steps.push_back({first, NameStep::Part::to_temporary, std::nullopt, *name});
    const auto needs = plan_path(successor_of(first), plan_.steps.size() - 1, first);
    plan_.steps.push_back({first, NameStep::Part::from_temporary, needs, std::move(*name)});
  }

  void leave_out_cycle(std::size_t first) {
    for (auto item = first; moves_[item];) {
      moves_[item] = false;
      const auto next = holder_of_wanted(item);
      plan_.left_out.push_back({item, NameConflict::no_temporary, next});
      item = next;
    }
  }

  std::optional<std::string> next_temporary() {
    for (;;) {
      auto name = temporary_names_();
      if (!name || (!present_.contains(*name) && !wanted_.contains(*name))) return name;
    }
  }

  std::span<const NamedItem> items_;
  const TemporaryNames& temporary_names_;
  std::vector<bool> moves_;  ///< those that are to be renamed
  std::vector<bool> planned_;
  HoldersByName present_, wanted_;
  NamePlan plan_;
};

std::string base36(std::uint64_t number) {
  std::string digits;
  do {
    digits.push_back("0123456789abcdefghijklmnopqrstuvwxyz"[number % 36]);
    number /= 36;
  } while (number != 0);
  std::ranges::reverse(digits);
  return digits;
}

}  // namespace

std::string temporary_name(std::string_view plan_id, std::uint64_t number) {
  return std::string(temporary_prefix).append(plan_id.substr(0, plan_id_characters)) + "~" + base36(number);
}

bool is_temporary_name(std::string_view name) {
  if (!name.starts_with(temporary_prefix)) return false;
  name.remove_prefix(temporary_prefix.size());
  const auto is_plain = [](std::string_view text) {
    return !text.empty() &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); });
  };
  return name.size() > plan_id_characters + 1 && name[plan_id_characters] == '~' &&
         is_plain(name.substr(0, plan_id_characters)) && is_plain(name.substr(plan_id_characters + 1));
}

NamePlan plan_names(std::span<const NamedItem> items, const TemporaryNames& temporary_names) {
  return NamePlanner(items, temporary_names).plan();
}

}  // namespace koobatch::plan
