#include "koobatch/retry/selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace koobatch::retry {
namespace {

/// The operations of a group are about several resources.
Selector::Change change_of(const koodrive::Fields& fields, const koodrive::Operation& operation) {
  const auto key = operation.in_group() ? koodrive::key_hash(fields) : operation.key_hash();
  return {key, fields.changed(), fields.removable(), fields.part()};
}

}  // namespace

koodrive::FieldSet Selection::without(std::uint32_t line) const {
  const auto found = std::ranges::lower_bound(narrowed, line, {}, &Narrowed::line);
  return found != narrowed.end() && found->line == line ? found->without : koodrive::FieldSet{0};
}

void Selector::add_wanted(std::uint32_t line, const Change& change) {
  const auto [entry, is_new] = keys_.emplace(change.key, static_cast<std::uint32_t>(last_set_.size()));
  if (is_new) last_set_.emplace_back();
  wanted_.push_back({line, entry->second, change.targets, change.removable});
  if (!change.part.is_whole()) wanted_parts_.emplace(line, change.part);
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

void Selector::add_succeeded(std::uint32_t line, const Change& change) {
  const auto entry = keys_.find(change.key);
  if (entry == keys_.end()) return;
  if (!change.part.is_whole()) return set_part(entry->second, change, line);
  for (unsigned i = 0; i < koodrive::max_fields; ++i) {
    if ((change.targets >> i & 1U) != 0) set(entry->second, i, line);
  }
}

void Selector::set_part(std::uint32_t key, const Change& change, std::uint32_t line) {
  auto& parts = parts_[key];
  auto found = std::ranges::find(parts, change.part, &PartSet::part);
  if (found == parts.end()) found = parts.insert(found, {.part = change.part});
  for (unsigned i = 0; i < koodrive::max_fields; ++i) {
    if ((change.targets >> i & 1U) != 0) found->last[i] = line;
  }
}

/// What of it newer operations have set, unless they certainly changed another part of the resource.
koodrive::FieldSet Selector::find_superseded(const Wanted& wanted) const {
  koodrive::FieldSet superseded = 0;
  for (unsigned i = 0; i < koodrive::max_fields; ++i) {
    if ((wanted.targets >> i & 1U) != 0 && last_set(wanted.key, i) > wanted.line) superseded |= 1U << i;
  }
  const auto parts = parts_.find(wanted.key);
  if (parts == parts_.end()) return superseded;
  const auto own = wanted_parts_.find(wanted.line);
  for (const PartSet& set : parts->second) {
    if (own != wanted_parts_.end() && koodrive::Part::are_apart(own->second, set.part)) continue;
    for (unsigned i = 0; i < koodrive::max_fields; ++i) {
      if ((wanted.targets >> i & 1U) != 0 && set.last[i] > wanted.line) superseded |= 1U << i;
    }
  }
  return superseded;
}

Selection Selector::finish() {
  Selection selection;
  for (const Wanted& wanted : wanted_) {
    const koodrive::FieldSet superseded = find_superseded(wanted);
    if (superseded != 0 && (superseded == wanted.targets || (superseded & ~wanted.removable) != 0)) {
      ++selection.superseded;
      if (superseded != wanted.targets) selection.superseded_in_part.push_back(wanted.line);
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
      selector.add_wanted(line, change_of(reader.fields(), operation));
      ++found;
    } else {
      selector.add_succeeded(line, change_of(reader.fields(), operation));
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

Result<Selection> select_applied(job::Reader& reader, const LineStates& states, const IsReadable& is_readable) {
  Selector selector;
  koodrive::Operation operation;
  for (;;) {
    const auto item = reader.skip();
    if (!item) return item.error();
    if (*item == job::Reader::Item::end) return selector.finish();
    const std::uint32_t line = reader.line();
    const bool may_be_applied = states.succeeded.contains(line) || states.wanted.contains(line);
    if (*item == job::Reader::Item::invalid || !may_be_applied || !is_readable(*reader.fields().row)) continue;
    reader.render(operation);
    const auto change = change_of(reader.fields(), operation);
    selector.add_wanted(line, change);
    selector.add_succeeded(line, change);
  }
}

}  // namespace koobatch::retry
