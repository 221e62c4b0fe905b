#include "fleet/part_supply.hpp"

#include "fleet/chunk_codec.hpp"
#include "fleet/claim_policy.hpp"
#include "koobatch/report/decoder.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace koobatch::fleet {
namespace {

/// A claim that returned nothing is not repeated at once: what was free has been taken by others.
constexpr Duration claim_interval = std::chrono::milliseconds(200);
/// How often a spare asks which parts it owns.
constexpr Duration spare_interval = std::chrono::seconds(10);
/// Packed, in one answer: hours of results may have to be read, and beats must not wait for all of them.
constexpr std::size_t most_history_bytes = std::size_t{2} << 20;
constexpr std::size_t most_chunk_bytes = std::size_t{1} << 20;

Failure refused(const Error& error) {
  return {Fault::refused, error};
}

/// What the results of earlier owners say: lines that are settled, and attempts that must not be repeated.
struct History {
  std::vector<std::uint32_t> results;
  std::vector<TraceId> notes;
};

Result<void> add_line(std::string_view line, report::Decoder& decoder, History& history) {
  if (!report::has_valid_sum(line)) return fatal_error("a result in the engine is damaged");
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

Result<void> add_lines(std::string_view lines, report::Decoder& decoder, History& history) {
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    if (auto added = add_line(lines.substr(0, end), decoder, history); !added) return added;
    lines = end == std::string_view::npos ? std::string_view() : lines.substr(end + 1);
  }
  return {};
}

}  // namespace

Answer<bool> PartSupply::step(BootTime now) {
  const auto done = [](const Answer<void>& answer) -> Answer<bool> {
    if (!answer) return answer.error();
    return true;
  };
  if (means_.book.with([&](PartBook& book) { return book.wants_commit(now); })) return done(commit_progress());
  if (const auto wanted = means_.book.with([](PartBook& book) { return book.wanted_history(); })) {
    return done(read_history(*wanted));
  }
  if (means_.queue.waiting() < most_waiting) {
    const auto next = means_.book.with([&](PartBook& book) { return book.next_chunk(now); });
    if (next) return done(fetch(*next));
  }
  return claim(now);
}

Answer<void> PartSupply::read_history(const PartBook::History& wanted) {
  const auto rows =
      means_.ledger.earlier_results(means_.me, means_.run, wanted.part, wanted.from, history_read_, most_history_bytes);
  if (!rows) return rows.error();
  report::Decoder decoder;
  History history;
  for (const JournalRow& row : *rows) {
    const auto lines = unpack_lines(row.group.packed);
    if (!lines) return refused(lines.error());
    if (auto added = add_lines(*lines, decoder, history); !added) return refused(added.error());
  }
  means_.book.with([&](PartBook& book) {
    for (const auto line : history.results) book.earlier_result(line);
    for (const auto& note : history.notes) book.earlier_note(note);
    if (rows->empty()) book.history_known(wanted.part);
  });
  history_read_ = rows->empty() ? HistoryCursor{} : HistoryCursor{rows->back().worker, rows->back().group.number};
  return {};
}

Answer<void> PartSupply::fetch(const PartBook::Next& next) {
  const auto chunks = means_.ledger.chunks(means_.run, next.part, next.chunk, 1, most_chunk_bytes);
  if (!chunks) return chunks.error();
  if (chunks->size() != 1 || chunks->front().number != next.chunk) {
    return refused(
        fatal_error(fmt::format("the engine has no chunk {} of part {}, although the run was loaded: its "
                                "operations were changed or removed",
                                next.chunk, next.part)));
  }
  auto operations = unpack(chunks->front());
  if (!operations) return refused(operations.error());
  // First, because the reader may be done with it before this thread continues.
  means_.book.with([&](PartBook& book) { book.queued(next); });
  means_.queue.add({next, std::move(*operations)});
  return {};
}

Answer<void> PartSupply::commit_progress() {
  if (means_.committer.commit_progress()) return {};
  const auto failure = means_.committer.failure();
  return failure ? *failure : Failure{Fault::unanswered, fatal_error("the engine does not answer")};
}

Answer<bool> PartSupply::claim(BootTime now) {
  ClaimSituation situation{.free_parts = outlook_.free_parts, .workers = outlook_.workers};
  std::vector<PartNumber> owned;
  bool has_work = false;
  const bool wants = means_.book.with([&](PartBook& book) {
    has_work = book.has_work(now);
    owned = book.owned();
    situation.open = book.open_parts(now);
    situation.owned = book.owned_parts();
    return book.wants_parts(now);
  });
  idle_for_rate_ = outlook_.is_spare && (has_work || (wants && outlook_.free_parts != 0));
  // A spare claims nothing, but a claim without an answer may have given it parts before it was one.
  const bool only_asks = outlook_.is_spare;
  if (now < next_claim_ || (!wants && !only_asks)) return false;
  const bool hopeful = outlook_.free_parts != 0;
  // What is known may be old, so an idle worker asks now and then.
  if (!hopeful) situation.free_parts = 1;
  const auto count = only_asks ? 0 : parts_to_claim(situation);
  if (count == 0 && !only_asks) return false;
  next_claim_ = now + (only_asks ? spare_interval : hopeful ? claim_interval : idle_interval);
  const auto claimed = means_.ledger.claim(means_.me, count, owned);
  if (!claimed) return claimed.error();
  const BootTime received = BootClock::now();
  means_.book.with([&](PartBook& book) {
    for (const ClaimedPart& part : *claimed) book.claimed(part, received);
  });
  const auto taken = static_cast<std::uint32_t>(claimed->size());
  outlook_.free_parts = taken < count ? 0 : outlook_.free_parts - std::min(outlook_.free_parts, taken);
  if (taken != 0) {
    spdlog::debug("claimed {} parts, {} owned now", taken, owned.size() + taken);
    next_claim_ = now;
  }
  return taken != 0;
}

}  // namespace koobatch::fleet
