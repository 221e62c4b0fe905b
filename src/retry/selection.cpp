#include "koobatch/retry/selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace koobatch::retry {

koodrive::FieldSet Selection::without(std::uint32_t line) const {
  const auto found = std::ranges::lower_bound(narrowed, line, {}, &Narrowed::line);
  return found != narrowed.end() && found->line == line ? found->without : koodrive::FieldSet{0};
}

void Selector::add_wanted(std::uint32_t line, std::uint64_t key, koodrive::FieldSet fields) {
  const auto [entry, is_new] = keys_.emplace(key, static_cast<std::uint32_t>(last_set_.size()));
  if (is_new) last_set_.emplace_back();
  wanted_.push_back({line, entry->second, fields});
}

void Selector::add_succeeded(std::uint32_t line, std::uint64_t key, koodrive::FieldSet fields) {
  const auto entry = keys_.find(key);
  if (entry == keys_.end()) return;
  LastSet& last = last_set_[entry->second];
  for (std::size_t i = 0; i < last.size(); ++i) {
    if ((static_cast<unsigned>(fields) >> i & 1U) != 0) last[i] = line;
  }
}

Selection Selector::finish() {
  Selection selection;
  for (const auto& [line, key, fields] : wanted_) {
    unsigned superseded = 0;
    for (std::size_t i = 0; i < koodrive::max_fields; ++i) {
      if ((static_cast<unsigned>(fields) >> i & 1U) != 0 && last_set_[key][i] > line) superseded |= 1U << i;
    }
    if (superseded == fields) {
      ++selection.superseded;
      continue;
    }
    selection.lines.insert(line);
    if (superseded != 0) selection.narrowed.push_back({line, static_cast<koodrive::FieldSet>(superseded)});
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
    if (wanted && states.unsettled.contains(line) && !operation.row().idempotent) {
      ++uncertain;
      ++found;
    } else if (wanted) {
      selector.add_wanted(line, operation.key_hash(), reader.changed());
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
