#pragma once
#include "koobatch/core/clock.hpp"

#include <cstdint>

namespace koobatch::flow {

/// What must be known about a request when its answer arrives.
struct Sent {
  TimePoint at = TimePoint::max();  ///< the default: when it was answered
  std::uint32_t in_flight = 0;      ///< including this one; 0: unknown
  bool counted_for_user = false;    ///< UserPace counts it as in flight
};

}  // namespace koobatch::flow
