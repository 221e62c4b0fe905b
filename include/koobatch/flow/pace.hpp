#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/flow/breaker.hpp"
#include "koobatch/flow/outcome.hpp"
#include "koobatch/flow/rate_limiter.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>

namespace koobatch::flow {

struct PaceSettings {
  double rate = 0;          ///< requests a second, retries included; 0: no limit
  std::uint32_t burst = 0;  ///< 0: RateLimiter::default_burst
  Duration max_outage = std::chrono::minutes(10);
  bool shared = false;  ///< used by several threads
};

/// May something be sent now, and if not, when to ask again? Limiter, pauses and breaker in one place, because the
/// service sees the run as one client: shared by all threads. Locks only if it is really shared.
class Pace {
 public:
  struct Permit {
    bool granted = false;
    bool probe = false;   ///< granted as the one request that goes alone
    TimePoint ask_at;     ///< if not granted
    Duration downtime{};  ///< Breaker::downtime, if granted
  };

  Pace(const PaceSettings& settings, TimePoint now);

  /// May a connection be opened? Takes no permit of the limiter. With `probe` set the caller now holds the probe.
  Permit may_connect(TimePoint now);
  /// May a request be sent? `holds_probe`: the caller was granted the probe before; it still holds it only if the
  /// permit says so.
  Permit acquire(TimePoint now, bool holds_probe);
  /// Gives the probe back unused. Only for who holds it.
  void release_probe(TimePoint now);
  /// An attempt ended. `was_probe`: it held the probe, which is given back with this. True if permissions may have
  /// changed for others, who should ask again.
  bool observe(const Outcome& outcome, TimePoint now, bool was_probe);

  /// See Breaker::downtime.
  Duration downtime(TimePoint now) const;
  /// Has the service been silent for longer than max_outage?
  bool outage_exceeded(TimePoint now) const;
  /// Is traffic held back because the service does not answer?
  bool interrupted() const { return interrupted_.load(std::memory_order_relaxed); }

 private:
  std::unique_lock<std::mutex> lock() const;
  std::optional<Permit> gate(TimePoint now);

  PaceSettings settings_;
  std::optional<RateLimiter> limiter_;
  Breaker breaker_;
  TimePoint paused_until_ = TimePoint::min();
  mutable std::mutex mutex_;
  std::atomic<bool> interrupted_{true};  ///< what the breaker says, for a thread that only watches
};

}  // namespace koobatch::flow
