#pragma once
#include "pace/service_spec.hpp"

#include <algorithm>

namespace koobatch::pace_bench {

/// The mean time in seconds that it takes to refuse or fail a request, which involves no work.
inline double quick_latency(const WorkSpec& work) {
  return std::min(0.001, work.latency);
}

}  // namespace koobatch::pace_bench
