#include "koobatch/plan/net_effect.hpp"

#include <algorithm>
#include <utility>

namespace koobatch::plan {

bool NetEffect::counts(Status status) {
  return status == Status::succeeded || status == Status::unknown;
}

Change change_of(const PlanLine& line) {
  // The header comes before the lines.
  Change change{static_cast<std::uint32_t>(line.n + 1), line.kind, line.id, line.user_id, {}, {}};
  for (const auto& setting : line.settings) {
    if (!setting.is_carried) change.fields.push_back({setting.field, setting.was, setting.wanted});
  }
  return change;
}

void NetEffect::Field::add(const Change::Field& change, Status status, const std::string& why) {
  Left set{change.wanted, std::nullopt, why};
  if (change.was) {
    const auto found = std::ranges::find_if(left, [&](const Left& it) { return is_same(it.value, *change.was); });
    if (found == left.end()) {
      // Before the first change, or another has set it since.
      left = {{*change.was, change.was}};
      set.before = change.was;
    } else {
      set.before = found->before;
      set.unread = found->unread;
    }
  }
  if (status == Status::succeeded) left.clear();
  // What was there before this one, if anything, is the latest that is known of this value.
  std::erase_if(left, [&](const Left& it) { return is_same(it.value, set.value); });
  left.push_back(std::move(set));
}

const NetEffect::Left& NetEffect::Field::find(const std::optional<state::Value>& now) const {
  const auto is_now = [&](const Left& it) { return now && is_same(it.value, *now); };
  if (const auto found = std::ranges::find_if(left, is_now); found != left.end()) return *found;
  const auto known = std::find_if(left.rbegin(), left.rend(), [](const Left& it) { return it.before.has_value(); });
  return known == left.rend() ? left.back() : *known;
}

void NetEffect::add(const Change& change, Status status) {
  if (!counts(status)) return;
  for (const auto& field : change.fields) fields_[field.field].add(field, status, change.unread);
}

state::Entry NetEffect::undo(const state::Item& present) const {
  state::Entry entry;
  entry.item = present;
  entry.item.values.assign(present.values.size(), std::nullopt);
  entry.exported.assign(present.values.size(), std::nullopt);
  for (const auto& [index, field] : fields_) {
    const auto& left = field.find(present.values[index]);
    entry.item.values[index] = left.before;
    if (left.before) entry.exported[index] = left.value;
  }
  return entry;
}

std::vector<NetEffect::Loss> NetEffect::losses(const state::Item* present) const {
  std::vector<Loss> lost;
  for (const auto& [index, field] : fields_) {
    const auto& left = field.find(present != nullptr ? present->values[index] : std::nullopt);
    if (!left.before) lost.push_back({index, left.unread});
  }
  return lost;
}

}  // namespace koobatch::plan
