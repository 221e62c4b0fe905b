#include "koobatch/plan/net_effect.hpp"

#include <algorithm>

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
  const auto is_left = [&](const state::Value& value) { return is_same(value, *change.was); };
  if (!change.was) {
    // Another may have set it before.
    before.reset();
    unread = why;
  } else if (std::ranges::none_of(after, is_left)) {
    before = change.was;
    after = {*change.was};
  }
  if (status == Status::succeeded) after.clear();
  after.push_back(change.wanted);
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
    if (!field.before) continue;
    const auto& now = present.values[index];
    const auto is_now = [&](const state::Value& value) { return now && is_same(value, *now); };
    entry.item.values[index] = field.before;
    entry.exported[index] = std::ranges::any_of(field.after, is_now) ? *now : field.after.back();
  }
  return entry;
}

std::vector<NetEffect::Loss> NetEffect::losses() const {
  std::vector<Loss> lost;
  for (const auto& [index, field] : fields_) {
    if (!field.before) lost.push_back({index, field.unread});
  }
  return lost;
}

}  // namespace koobatch::plan
