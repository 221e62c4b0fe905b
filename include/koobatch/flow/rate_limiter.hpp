#pragma once
#include "koobatch/core/clock.hpp"

#include <cstdint>

namespace koobatch::flow {

/// Generic cell rate algorithm (ITU-T I.371, virtual scheduling): in every window of length w, at most w × rate + burst
/// permits are granted, exact to the nanosecond.
class RateLimiter {
 public:
  /// `rate`: permits a second, above 0. `burst`: at least 1.
  RateLimiter(double rate, std::uint32_t burst);
  /// A limiter that grants permits at even intervals from `start` on, which stay due until they are taken: a schedule
  /// rather than a limit.
  static RateLimiter scheduled(double rate, TimePoint start);

  /// 10 ms worth of the rate, at least 1: sustains a fast pace even though timers are coarse.
  static std::uint32_t default_burst(double rate);

  /// Takes a permit if one is due. `now` may go back a little, since threads read their clocks before they take the
  /// lock; the guarantee holds for the times passed in.
  bool acquire(TimePoint now);
  /// When the next permit is due; not later than `now` if one is due already.
  TimePoint due() const { return arrival_ - tolerance_; }
  /// Permits that are due and were not taken; for a schedule, counted from its start.
  std::uint64_t overdue(TimePoint now) const;
  /// For how long the burst has been saved up in full: permits that could have been granted then are lost. 0 before the
  /// first permit.
  Duration idle(TimePoint now) const {
    return arrival_ > TimePoint{} && arrival_ < now ? now - arrival_ : Duration::zero();
  }
  /// Whether the state is as if no permit had ever been taken.
  bool is_full(TimePoint now) const { return arrival_ <= now; }
  /// Changes the rate. The wait for the next permit never becomes longer, and no burst is granted.
  void change_rate(double rate, std::uint32_t burst, TimePoint now);
  /// Changes the rate and discards the unused burst: the next permit is due after one interval.
  void restart(double rate, std::uint32_t burst, TimePoint now);
  /// Like change_rate(), for a rate that changes continuously: the unused part of the burst is kept.
  void follow_rate(double rate, std::uint32_t burst, TimePoint now);

 private:
  Duration interval_;   ///< rounded up, so that the rate is never exceeded
  Duration tolerance_;  ///< (burst − 1) intervals
  TimePoint arrival_;   ///< theoretical arrival time of the next permit
};

}  // namespace koobatch::flow
