#pragma once
#include "fleet/group_journal.hpp"
#include "fleet/lease_keeper.hpp"
#include "fleet/shared_book.hpp"
#include "fleet/vital_signs.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/mutex.hpp"

#include <condition_variable>
#include <optional>
#include <span>
#include <vector>

namespace koobatch::fleet {

/// What commits mean to the rest of a worker: progress of its parts, and more time on its lease.
class CommitEvents final : public GroupEvents {
 public:
  /// All must outlive it.
  CommitEvents(SharedBook& book, const VitalSigns& vitals, LeaseKeeper& lease)
      : book_(book), vitals_(vitals), lease_(lease) {}

  std::vector<PartProgress> progress_with(std::span<const std::uint32_t> lines) override;
  void committed(std::span<const PartProgress> progress) override { book_.committed(progress); }
  Vitals vitals() override { return vitals_.read(); }
  void sending() override { renewal_ = lease_.begin_renewal(); }
  void acknowledged() override;
  bool wait_to_try_again() override EXCLUDES(mutex_);

  /// After that time, a ledger that does not answer is not asked again. Safe to call from any thread.
  void give_up_after(Duration patience) EXCLUDES(mutex_);

 private:
  SharedBook& book_;
  const VitalSigns& vitals_;
  LeaseKeeper& lease_;
  std::optional<Lease::Renewal> renewal_;  ///< of the committing thread
  Mutex mutex_;
  std::condition_variable changed_;
  TimePoint give_up_at_ GUARDED_BY(mutex_) = TimePoint::max();
};

}  // namespace koobatch::fleet
