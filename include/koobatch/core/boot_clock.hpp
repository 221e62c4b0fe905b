#pragma once
#include "koobatch/core/clock.hpp"

#include <ctime>

namespace koobatch {

/// The machine's clock that also runs while it is suspended (CLOCK_BOOTTIME). For leases: others do not wait for a
/// machine to wake up.
struct BootClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;

  static time_point now() noexcept {
    timespec time{};
    ::clock_gettime(CLOCK_BOOTTIME, &time);
    return time_point(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
  }
};
using BootTime = BootClock::time_point;

}  // namespace koobatch
