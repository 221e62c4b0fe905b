#include "report/latency_bins.hpp"

#include <algorithm>
#include <cmath>

namespace koobatch::report {
namespace {

constexpr double shortest = 1e-3;  // milliseconds; a logarithmic scale needs a start

int bin_of(Duration latency) {
  return static_cast<int>(std::floor(std::log10(std::max(seconds(latency) * 1000, shortest)) * 10));
}

}  // namespace

LatencyBins latency_bins(const observe::Histogram& latencies) {
  LatencyBins bins;
  if (latencies.count() == 0) return bins;
  bins.first = bin_of(latencies.min());
  bins.counts.resize(static_cast<std::size_t>(bin_of(latencies.max()) - bins.first) + 1);
  latencies.for_each([&](Duration latency, std::uint64_t count) {
    bins.counts[static_cast<std::size_t>(bin_of(latency) - bins.first)] += count;
  });
  return bins;
}

}  // namespace koobatch::report
