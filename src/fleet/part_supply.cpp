#include "fleet/part_supply.hpp"

#include "fleet/chunk_codec.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace koobatch::fleet {
namespace {

/// A claim that returned nothing is not repeated at once: what was free has been taken by others.
constexpr Duration claim_interval = std::chrono::milliseconds(200);
/// How often it is asked whether a hold has been ended.
constexpr Duration hold_interval = std::chrono::seconds(5);
/// How often a spare asks which parts it owns.
constexpr Duration spare_interval = std::chrono::seconds(10);
constexpr std::size_t most_chunk_bytes = std::size_t{1} << 20;

Failure refused(const Error& error) {
  return {Fault::refused, error};
}

}  // namespace

Answer<bool> PartSupply::step(BootTime now) {
  const auto done = [](const Answer<void>& answer) -> Answer<bool> {
    if (!answer) return answer.error();
    return true;
  };
  if (means_.book.with([&](PartBook& book) { return book.wants_commit(now); })) return done(commit_progress());
  if (const auto wanted = means_.book.with([](PartBook& book) { return book.wanted_history(); })) {
    return done(history_.read(*wanted));
  }
  if (means_.queue.waiting() < most_waiting) {
    const auto next = means_.book.with([&](PartBook& book) { return book.next_chunk(now); });
    if (next) return done(fetch(*next));
  }
  if (now >= next_look_ && means_.book.with([&](PartBook& book) { return book.waits(now); })) {
    return done(look_at_holds(now));
  }
  return claim(now);
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

/// Somebody may know by now that an earlier owner is off.
Answer<void> PartSupply::look_at_holds(BootTime now) {
  next_look_ = now + hold_interval;
  const auto rows = means_.ledger.parts(means_.run);
  if (!rows) return rows.error();
  const BootTime received = BootClock::now();
  const auto connection = means_.ledger.connection();
  if (auto confirmed = means_.ledger.confirm(); !confirmed) return confirmed;
  if (connection != means_.ledger.connection()) return {};
  means_.book.with([&](PartBook& book) {
    for (const PartRow& row : *rows) {
      if (row.owner == means_.me.number) book.hold_ends(row.part, received + row.hold);
    }
  });
  return {};
}

Answer<bool> PartSupply::claim(BootTime now) {
  ClaimSituation situation{.free_parts = outlook_.free_parts, .workers = outlook_.workers, .service = outlook_.service};
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
