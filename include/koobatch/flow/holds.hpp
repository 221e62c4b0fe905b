#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/flow/breaker.hpp"

#include <atomic>

namespace koobatch::flow {

/// Why nothing is sent although the service would accept it, and how long that has been so. That time is neither
/// charged to operations nor counted as part of an outage.
class Holds {
 public:
  enum class Why : unsigned {
    credentials = 1,  ///< new ones are being obtained, and requests with the old ones may fail
    user = 2,         ///< the user paused the run
    fleet = 4,        ///< others that take part in the run do not let this one send
  };

  bool any() const { return held_.load(std::memory_order_relaxed) != 0; }
  bool has(Why why) const { return (held_.load(std::memory_order_relaxed) & static_cast<unsigned>(why)) != 0; }

  /// Begins a hold. Precondition: it is not in effect. Returns whether it is the only one.
  bool begin(Why why, TimePoint now, const Breaker& breaker);
  /// Ends a hold. Precondition: it is in effect. Returns whether it was the last; the breaker then excludes its time.
  bool end(Why why, TimePoint now, Breaker& breaker);

  /// How long nothing could be sent, whether because the service was down or because of a hold.
  Duration downtime(TimePoint now, const Breaker& breaker) const;
  /// The total duration of the user's pauses so far.
  Duration paused_time(TimePoint now) const;
  /// When the user's pause began. Precondition: one is in effect.
  TimePoint paused_since() const { return paused_since_; }

 private:
  void skip_pause(TimePoint now, Breaker& breaker);

  std::atomic<unsigned> held_{0};  ///< a set of Why; read without a lock
  TimePoint since_;
  Duration down_before_{};  ///< Breaker::downtime when the hold began
  Duration time_{};         ///< of ended holds, without what the breaker counts
  TimePoint paused_since_;
  Duration paused_time_{};  ///< of ended pauses
};

}  // namespace koobatch::flow
