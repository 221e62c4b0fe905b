#pragma once
#include "engine/stop_reason.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/mutex.hpp"

#include <condition_variable>
#include <cstddef>
#include <optional>

namespace koobatch::engine {

/// Which parts of a run are running, why it must end before its job is done, and how long requests in flight may take.
/// Safe to call from any thread. Reads no clock: times are passed in.
class Lifecycle {
 public:
  /// How long requests in flight may take once the run is stopped: their results are worth having.
  static constexpr Duration stop_grace = std::chrono::seconds(10);

  /// Reports that `parts` are about to run. Precondition: none is running.
  void begin(std::size_t parts);
  /// Reports that a part has ended. Precondition: one was running.
  void part_ended();
  /// Whether all parts have ended.
  bool over() const;
  /// Waits up to `patience` until all parts have ended. Returns whether they have.
  bool wait(Duration patience) const;

  /// Reports that the run cannot continue. Only the first reason counts, except that an unwritable report replaces it:
  /// advice to resume would be wrong then. Returns whether this reason counts.
  bool stop(StopReason reason, TimePoint now);
  /// Reports that the user wants the run to end; requests in flight may take up to `grace`.
  void interrupt(TimePoint now, Duration grace);
  /// Adds a reason that was found only after all parts ended. It counts unless there is a reason already, or the user
  /// has interrupted the run and it does not outweigh that. Returns whether it counts.
  bool add_reason(StopReason reason, bool outweighs_interruption = false);

  /// Why the run ends, as far as is known; nothing if it was not stopped.
  std::optional<StopReason> reason() const;
  bool interrupted() const;
  /// Whether the run is to end, for any reason.
  bool ending() const;
  /// When ending() first became true; nothing if it is not.
  std::optional<TimePoint> ending_since() const;
  /// Whether requests in flight have run out of time and must be abandoned. True only once.
  bool take_overdue(TimePoint now);

 private:
  mutable Mutex mutex_;
  mutable std::condition_variable ended_;
  std::size_t running_ GUARDED_BY(mutex_) = 0;
  std::optional<StopReason> reason_ GUARDED_BY(mutex_);
  bool interrupted_ GUARDED_BY(mutex_) = false;
  std::optional<TimePoint> ending_since_ GUARDED_BY(mutex_);
  TimePoint abandon_at_ GUARDED_BY(mutex_) = TimePoint::max();
};

}  // namespace koobatch::engine
