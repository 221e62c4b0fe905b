#pragma once
#include "koobatch/observe/histogram.hpp"
#include "koobatch/report/tally.hpp"

#include <cstdint>

namespace koobatch::engine {

/// What a benchmark measures besides the results. Not thread-safe: each worker has its own, merged at the end.
struct Measurements {
  /// For each operation sent: the time from when its first attempt was scheduled to its result, or until it was given
  /// up. Includes the delay that a stalled server causes to everything scheduled meanwhile. Without a schedule, it
  /// counts from the first attempt.
  observe::Histogram from_due;
  /// For each request sent: the time until it was answered or given up, which is the service's own.
  observe::Histogram service;
  /// Unsuccessful attempts, by cause, including those later repeated with success. The status is meaningless.
  report::Tally failures;
  /// Operations of the whole run that were scheduled before its end but not sent.
  std::uint64_t never_sent = 0;

  void merge(const Measurements& other) {
    from_due.merge(other.from_due);
    service.merge(other.service);
    failures.merge(other.failures);
  }
};

}  // namespace koobatch::engine
