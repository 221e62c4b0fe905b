#include "koobatch/retry/selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace koobatch::retry {

koodrive::FieldSet Selection::without(std::uint32_t line) const {
  const auto found = std::ranges::lower_bound(narrowed, line, {}, &Narrowed::line);
  return found != narrowed.end() && found->line == line ? found->without : koodrive::FieldSet{0};
}

void Selector::add_wanted(std::uint32_t line, std::uint64_t key, koodrive::FieldSet targets, bool divisible) {
  const auto [entry, is_new] = keys_.emplace(key, static_cast<std::uint32_t>(last_set_.size()));
  if (is_new) last_set_.emplace_back();
  constexpr std::uint32_t index_bits = 0x7fffffff;
  wanted_.push_back({line, entry->second & index_bits, divisible ? 1U : 0U, targets});
}

void Selector::set(std::uint32_t key, unsigned target, std::uint32_t line) {
  LastSet& last = last_set_[key];
  if (target < last.size()) {
    last[target] = line;
  } else {
    last_set_more_[std::uint64_t{key} * koodrive::max_fields + target] = line;
  }
}

std::uint32_t Selector::last_set(std::uint32_t key, unsigned target) const {
  const LastSet& last = last_set_[key];
  if (target < last.size()) return last[target];
  const auto found = last_set_more_.find(std::uint64_t{key} * koodrive::max_fields + target);
  return found == last_set_more_.end() ? 0 : found->second;
}

void Selector::add_succeeded(std::uint32_t line, std::uint64_t key, koodrive::FieldSet targets) {
  const auto entry = keys_.find(key);
  if (entry == keys_.end()) return;
  for (unsigned i = 0; i < koodrive::max_fields; ++i) {
    if ((targets >> i & 1U) != 0) set(entry->second, i, line);
  }
}

Selection Selector::finish() {
  Selection selection;
  for (const Wanted& wanted : wanted_) {
    koodrive::FieldSet superseded = 0;
    for (unsigned i = 0; i < koodrive::max_fields; ++i) {
      if ((wanted.targets >> i & 1U) != 0 && last_set(wanted.key, i) > wanted.line) superseded |= 1U << i;
    }
    const bool is_left_out =
        wanted.targets != 0 && (superseded == wanted.targets || (superseded != 0 && wanted.divisible == 0));
    if (is_left_out) {
      ++selection.superseded;
      continue;
    }
    selection.lines.insert(wanted.line);
    if (superseded != 0) selection.narrowed.push_back({wanted.line, superseded});
  }
  return selection;
}

Result<Selection> select(job::Reader& reader, LineStates states) {
  Selector selector;
  koodrive::Operation operation;
  std::uint64_t found = 0;
  std::uint64_t uncertain = 0;
  for (;;) {
    const auto item = reader.skip();
    if (!item) return item.error();
    if (*item == job::Reader::Item::end) break;
    if (*item == job::Reader::Item::invalid) continue;
    const std::uint32_t line = reader.line();
    const bool wanted = states.wanted.contains(line);
    if (!wanted && !states.succeeded.contains(line)) continue;
    reader.render(operation);
    if (wanted && states.unsettled.contains(line) && !operation.is_repeatable()) {
      ++uncertain;
      ++found;
    } else if (wanted) {
      selector.add_wanted(line, operation.key_hash(), reader.changed(), reader.is_divisible());
      ++found;
    } else {
      selector.add_succeeded(line, operation.key_hash(), reader.changed());
    }
  }
  if (found != states.wanted.size()) {
    return usage_error(fmt::format("the report names {} operations that the job does not have; it is not its report",
                                   states.wanted.size() - found));
  }
  Selection selection = selector.finish();
  selection.unsettled = std::move(states.unsettled);
  selection.uncertain = uncertain;
  return selection;
}

}  // namespace koobatch::retry
