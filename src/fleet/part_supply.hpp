#pragma once
#include "fleet/claim_policy.hpp"
#include "fleet/feed.hpp"
#include "fleet/group_journal.hpp"
#include "fleet/part_history.hpp"
#include "fleet/shared_book.hpp"
#include "koobatch/core/boot_clock.hpp"
#include "koobatch/fleet/ledger.hpp"

#include <cstddef>

namespace koobatch::fleet {

/// Brings parts of a run to this worker, and their operations to the reader: claims, reads what earlier owners did, and
/// fetches chunks ahead of the reader.
class PartSupply {
 public:
  /// The most operations that are fetched ahead of the reader; with a chunk's limits this bounds the memory as well.
  static constexpr std::size_t most_waiting = 4'000;
  /// How often an idle worker asks for parts although none is known to be free.
  static constexpr Duration idle_interval = std::chrono::seconds(1);

  struct Means {
    Ledger& ledger;
    const Enrolment& me;
    RunNumber run;
    SharedBook& book;
    FeedQueue& queue;
    GroupCommitter& committer;
  };
  explicit PartSupply(const Means& means) : means_(means), history_(means.ledger, means.me, means.run, means.book) {}

  /// What is known of the run's other workers and parts, see ClaimSituation.
  struct Outlook {
    std::uint32_t free_parts = 0;
    std::uint32_t workers = 1;
    bool is_spare = false;
    ClaimSituation::Service service = ClaimSituation::Service::answers;
  };
  void look_out(const Outlook& outlook) { outlook_ = outlook; }

  /// Does one thing that is due. Returns whether there was one: then there may be more.
  Answer<bool> step(BootTime now);
  /// Whether parts would be claimed if the share of the rate were larger.
  bool is_idle_for_rate() const { return idle_for_rate_; }

 private:
  Answer<void> fetch(const PartBook::Next& next);
  Answer<void> commit_progress();
  Answer<bool> claim(BootTime now);
  Answer<void> look_at_holds(BootTime now);

  const Means means_;
  Outlook outlook_;
  PartHistory history_;
  BootTime next_claim_ = BootTime::min();
  BootTime next_look_ = BootTime::min();  ///< at holds
  bool idle_for_rate_ = false;
};

}  // namespace koobatch::fleet
