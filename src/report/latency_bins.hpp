#pragma once
#include "koobatch/observe/histogram.hpp"

#include <cstdint>
#include <vector>

namespace koobatch::report {

/// A distribution of latencies for a chart: bin `i` of `counts` holds those from 10^((first + i) / 10) to 10^((first +
/// i + 1) / 10) milliseconds, ten bins per power of ten. The outermost bins are not empty.
struct LatencyBins {
  int first = 0;
  std::vector<std::uint64_t> counts;
};

LatencyBins latency_bins(const observe::Histogram& latencies);

}  // namespace koobatch::report
