#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/flow/refusal_streak.hpp"
#include "koobatch/flow/scheduler.hpp"
#include "koobatch/koodrive/outcome.hpp"

#include <cstdint>
#include <deque>
#include <optional>

namespace koobatch::engine {

/// One worker's share of the refusals that flow::RefusalStreak holds back: operations that were refused, whose results
/// depend on the run's next answers. No I/O.
class HeldRefusals {
 public:
  struct Held {
    flow::SlotId slot;
    Status status;
    koodrive::Outcome outcome;
    flow::AttemptTiming timing;
  };

  HeldRefusals(unsigned worker, flow::RefusalStreak& streak) : worker_(worker), streak_(streak) {}

  struct Decision {
    bool held = false;          ///< the operation has no result yet
    bool others_freed = false;  ///< whether every worker should check for released refusals
    struct Stop {
      std::size_t count = 0;     ///< how long the streak is
      std::size_t recorded = 0;  ///< how many of it were recorded before
    };
    std::optional<Stop> stop{};  ///< present if the run must stop
  };
  /// Decides whether an operation that ended with `status` is held back, and keeps it if so.
  Decision consider(flow::SlotId slot, Status status, const koodrive::Outcome& outcome,
                    const flow::AttemptTiming& timing);
  /// Whether consider() has nothing to decide: `status` is the service's own answer, which proves nothing new, and
  /// there is no refusal that it could release. Cheap enough for every operation.
  bool is_beside_the_point(Status status) const { return status == Status::succeeded && !streak_.open(); }
  /// Whether a refusal held here has become final.
  bool any_released() const { return !entries_.empty() && streak_.released(entries_.front().ticket); }
  /// The next final refusal, in order of arrival; nothing if there is none.
  std::optional<Held> take_released();

  /// Reports that the worker was given something to do. Safe to call from any thread.
  void set_busy() { streak_.set_busy(worker_); }
  /// Reports that the worker has nothing left to do. Returns whether every worker should check for released refusals.
  bool set_at_rest(flow::RefusalStreak::Activity activity) { return streak_.set_at_rest(worker_, activity); }

 private:
  struct Entry {
    std::uint64_t ticket;
    Held held;
  };

  const unsigned worker_;
  flow::RefusalStreak& streak_;
  std::deque<Entry> entries_;  ///< in ticket order
};

}  // namespace koobatch::engine
