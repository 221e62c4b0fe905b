#pragma once
#include "koobatch/core/clock.hpp"

#include <cstdint>

namespace koobatch::flow {

/// Generic cell rate algorithm (ITU-T I.371, virtual scheduling): in every window of length w at most w × rate + burst
/// permits are given, to the nanosecond.
class RateLimiter {
 public:
  /// `rate` in permits a second, above 0; `burst` at least 1.
  RateLimiter(double rate, std::uint32_t burst);
  /// Permits at even intervals from `start` on, which stay due until they are taken: a schedule rather than a limit.
  static RateLimiter scheduled(double rate, TimePoint start);

  /// 10 ms worth of the rate, at least 1: keeps a fast pace even though timers are coarse.
  static std::uint32_t default_burst(double rate);

  /// Takes a permit if one is due. `now` may go back a little, as threads read their clocks before they take turns; the
  /// promise holds for the times given.
  bool acquire(TimePoint now);
  /// When the next permit is due; not after `now` if one is due already.
  TimePoint due() const { return arrival_ - tolerance_; }
  /// Permits that are due and were not taken; of a schedule, all there ever were.
  std::uint64_t overdue(TimePoint now) const;
  /// Is it as if no permit had ever been taken?
  bool is_full(TimePoint now) const { return arrival_ <= now; }
  /// From now on another rate; the wait for the next permit becomes no longer by that, and no burst is given.
  void change_rate(double rate, std::uint32_t burst, TimePoint now);

 private:
  Duration interval_;   ///< rounded up, so that the rate is never exceeded
  Duration tolerance_;  ///< (burst − 1) intervals
  TimePoint arrival_;   ///< theoretical arrival time of the next permit
};

}  // namespace koobatch::flow
