#pragma once
#include "koobatch/core/clock.hpp"

#include <cstdint>

namespace koobatch::flow {

/// How many requests may be in flight while nothing is known about the service's limits. All of them are refused if a
/// quota is used up meanwhile, so the number is kept in proportion to what a quota must be at least: what was admitted
/// so far. Where answers take long, that would be too slow, so the number also doubles with each round of answers, as
/// in TCP's slow start (RFC 5681, 3.1), though not more often than every 50 ms: a tenth of a second of start costs a
/// run nothing, and a small quota is met with a few requests in flight rather than with all connections.
class SlowStart {
 public:
  std::uint32_t allowed() const { return allowed_; }
  /// Reports that the service admitted a request that was sent with so many in flight, including it. As long as fewer
  /// are sent than allowed, that more were allowed would be an untested guess.
  void admitted(std::uint32_t in_flight, TimePoint now);

 private:
  static constexpr std::uint32_t most = 1U << 30U;

  std::uint32_t allowed_ = 1;
  std::uint32_t round_to_ = 1;  ///< where this round of doubling ends
  std::uint32_t admitted_ = 0;
  TimePoint next_round_ = TimePoint::min();
};

}  // namespace koobatch::flow
