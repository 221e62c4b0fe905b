#include "fleet/part_history.hpp"

#include "fleet/chunk_codec.hpp"
#include "fleet/each_line.hpp"
#include "koobatch/core/trace_id.hpp"
#include "koobatch/report/decoder.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace koobatch::fleet {
namespace {

/// Packed, in one answer: hours of results may have to be read, and beats must not wait for all of them.
constexpr std::size_t most_bytes = std::size_t{2} << 20;

/// What groups say: lines that have results, and attempts that must not be repeated.
struct History {
  std::vector<std::uint32_t> results;
  std::vector<TraceId> notes;
};

Result<void> add_line(std::string_view line, report::Decoder& decoder, History& history) {
  if (!report::has_valid_sum(line)) return fatal_error("a result in the ledger is damaged");
  const auto type = decoder.type(line);
  if (!type) return type.error();
  if (*type == report::LineType::result) {
    const auto result = decoder.result(line);
    if (!result) return result.error();
    history.results.push_back(result->line);
  } else if (*type == report::LineType::attempt) {
    const auto note = decoder.attempt(line);
    if (!note) return note.error();
    history.notes.push_back(note->trace_id);
  }
  return {};
}

Result<History> read_history(const Group& group) {
  const auto lines = unpack_lines(group.packed);
  if (!lines) return lines.error();
  report::Decoder decoder;
  History history;
  auto added = each_line(*lines, [&](std::string_view line) { return add_line(line, decoder, history); });
  if (!added) return added.error();
  return history;
}

}  // namespace

std::optional<GroupsRead::Gap> GroupsRead::find_gap(WorkerNumber worker, GroupNumber from) const {
  const auto found = read_.find(worker);
  Gap gap{from};
  if (found == read_.end()) return gap;
  for (const Stretch& stretch : found->second) {
    if (gap.after < stretch.after) {
      gap.last = stretch.after;
      return gap;
    }
    gap.after = std::max(gap.after, stretch.last);
    if (stretch.whole) return std::nullopt;
  }
  return gap;
}

void GroupsRead::filled(WorkerNumber worker, const Gap& gap, std::optional<GroupNumber> last) {
  auto& stretches = read_[worker];
  const GroupNumber end = last.value_or(gap.last.value_or(gap.after));
  stretches.push_back({gap.after, end, !last && !gap.last});
  std::ranges::sort(stretches, {}, &Stretch::after);
  std::vector<Stretch> joined;
  for (const Stretch& stretch : stretches) {
    if (joined.empty() || stretch.after > joined.back().last) {
      joined.push_back(stretch);
      continue;
    }
    joined.back().last = std::max(joined.back().last, stretch.last);
    joined.back().whole |= stretch.whole;
  }
  stretches = std::move(joined);
}

Answer<void> PartHistory::read(const PartBook::History& wanted) {
  // Over another connection, the part may not be this worker's any more.
  if (!found_ || found_->part != wanted.part || found_->connection != ledger_.connection()) return find_owners(wanted);
  for (const EarlierOwner& owner : found_->owners) {
    if (const auto gap = groups_read_.find_gap(owner.worker, owner.group)) return read_groups(owner.worker, *gap);
  }
  if (auto confirmed = ledger_.confirm(); !confirmed) return confirmed;
  if (found_->connection != ledger_.connection()) return {};
  book_.with([&](PartBook& book) { book.history_known(wanted.part); });
  found_.reset();
  return {};
}

Answer<void> PartHistory::find_owners(const PartBook::History& wanted) {
  auto owners = ledger_.earlier_owners(me_, run_, wanted.part, wanted.from);
  if (!owners) return owners.error();
  found_ = {wanted.part, ledger_.connection(), std::move(*owners)};
  return {};
}

Answer<void> PartHistory::read_groups(WorkerNumber worker, const GroupsRead::Gap& gap) {
  auto rows = ledger_.groups(run_, worker, gap.after, most_bytes);
  if (!rows) return rows.error();
  if (gap.last) std::erase_if(*rows, [&](const JournalRow& row) { return row.group.number > *gap.last; });
  for (const JournalRow& row : *rows) {
    const auto history = read_history(row.group);
    if (!history) return Failure{Fault::refused, history.error()};
    book_.with([&](PartBook& book) {
      for (const auto line : history->results) book.earlier_result(line);
      for (const auto& note : history->notes) book.earlier_note(note);
    });
  }
  groups_read_.filled(worker, gap, rows->empty() ? std::nullopt : std::optional(rows->back().group.number));
  return {};
}

}  // namespace koobatch::fleet
