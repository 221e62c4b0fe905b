#pragma once
#include "fleet/claim_policy.hpp"
#include "fleet/commit_events.hpp"
#include "fleet/engine_control.hpp"
#include "fleet/feed.hpp"
#include "fleet/group_journal.hpp"
#include "fleet/lease_keeper.hpp"
#include "fleet/part_supply.hpp"
#include "fleet/run_follower.hpp"
#include "fleet/share_keeper.hpp"
#include "fleet/shared_book.hpp"
#include "fleet/standing.hpp"
#include "fleet/vital_signs.hpp"
#include "fleet/watchman.hpp"
#include "koobatch/core/boot_clock.hpp"
#include "koobatch/core/mutex.hpp"
#include "koobatch/fleet/ledger.hpp"
#include "koobatch/fleet/shift.hpp"
#include "koobatch/fleet/state_folder.hpp"

#include <atomic>
#include <condition_variable>
#include <optional>

namespace koobatch::fleet {

/// What an attendant works with. All must outlive it.
struct AttendantMeans {
  Ledger& ledger;  ///< the attendant's own
  const RunRow& run;
  const Enrolment& me;
  SharedBook& book;
  FeedQueue& queue;
  GroupCommitter& committer;
  CommitEvents& events;
  VitalSigns& vitals;
  LeaseKeeper& lease;
  StateFolder& state;
  EngineControl& engine;
  double rate_per_user = 0;
  bool has_stood_back = false;  ///< see ShiftSettings
};

/// What a failure that is final means for the shift.
ShiftEnd end_after(const Failure& failure);

/// Deals with the ledger while the engine works: heartbeats, watching others, the run's state, shares of its rate, and
/// new parts. Everything that may wait for the ledger, except for the results. For one thread, except where noted.
class Attendant {
 public:
  static constexpr Duration beat_interval = std::chrono::seconds(2);
  static constexpr Duration survey_interval = std::chrono::seconds(1);
  /// After this long with nothing but operations of refused users, others may try.
  static constexpr Duration stuck_patience = std::chrono::seconds(2);

  Attendant(const AttendantMeans& means, RunLimits limits);

  /// Works until stop() is called.
  void work();
  /// Everything that is due at `now`. Returns whether there may be more to do at once.
  bool round(BootTime now);

  // From any thread:
  void stop() EXCLUDES(mutex_);
  /// Why the shift ends; nothing while it goes on.
  std::optional<ShiftEnd> end() const EXCLUDES(mutex_);
  /// Requests a second; 0: no limit.
  double share() const { return share_.load(); }

 private:
  bool take(const Answer<void>& answer);
  void tell_of_silence(const Answer<void>& answer);
  Answer<void> greet();
  Answer<void> beat(BootTime now);
  Answer<void> look_around(BootTime now);
  Answer<void> consider_completion(const Survey& survey);
  ClaimSituation::Service judge_service();
  /// Once, until the service answers again: if it answers nobody, parts would only be passed around.
  bool may_stand_back() const { return answered_ || !means_.has_stood_back; }
  Answer<void> follow(const Survey& survey, BootTime now);
  Answer<void> record_fence_proof();
  void notice_last_part(BootTime now);
  void consider_left_out(BootTime now);
  void observe_vitals(BootTime now);
  void conclude(ShiftEnd end);
  bool wait_for_news(BootTime now);
  void pause_briefly() EXCLUDES(mutex_);

  const AttendantMeans means_;
  Watchman watchman_;
  ShareKeeper shares_;
  RunFollower follower_;
  PartSupply supply_;
  Standing standing_;
  struct Due {
    BootTime beat = BootTime::min();
    BootTime survey = BootTime::min();
    BootTime next_news = BootTime::min();  ///< no sooner, whatever happens
    bool has_parts = false;                ///< that were owned when it was looked last
  } due_;
  std::optional<std::uint64_t> connection_;
  bool answered_ = false;  ///< by the service, under this enrolment
  /// What has been passed on already.
  struct Told {
    bool proof = false;    ///< to the ledger: FenceProof
    bool silence = false;  ///< to the user: the ledger does not answer
  } told_;
  std::optional<BootTime> stuck_since_;  ///< nothing is left here but operations of refused users
  std::atomic<double> share_{0};
  mutable Mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::optional<ShiftEnd> end_ GUARDED_BY(mutex_);
};

}  // namespace koobatch::fleet
