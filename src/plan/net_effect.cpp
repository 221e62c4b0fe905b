#include "koobatch/plan/net_effect.hpp"

#include <algorithm>

namespace koobatch::plan {

bool NetEffect::counts(Status status) {
  return status == Status::succeeded || status == Status::unknown;
}

void NetEffect::add(const PlanLine& line, Status status) {
  if (!counts(status)) return;
  for (const auto& setting : line.settings) {
    if (setting.is_carried) continue;
    const auto [entry, is_new] = fields_.try_emplace(setting.field, Field{setting.was, {setting.was}});
    auto& after = entry->second.after;
    if (status == Status::succeeded) after.clear();
    after.push_back(setting.wanted);
  }
}

state::Entry NetEffect::undo(const state::Item& present) const {
  state::Entry entry;
  entry.item = present;
  entry.item.values.assign(present.values.size(), std::nullopt);
  entry.exported.assign(present.values.size(), std::nullopt);
  for (const auto& [index, field] : fields_) {
    const auto& now = present.values[index];
    const auto is_now = [&](const state::Value& value) { return now && is_same(value, *now); };
    entry.item.values[index] = field.before;
    entry.exported[index] = std::ranges::any_of(field.after, is_now) ? *now : field.after.back();
  }
  return entry;
}

}  // namespace koobatch::plan
