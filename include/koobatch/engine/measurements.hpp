#pragma once
#include "koobatch/observe/histogram.hpp"
#include "koobatch/report/tally.hpp"

#include <cstdint>

namespace koobatch::engine {

/// What a benchmark wants to know beside the results. Not thread-safe: every worker has its own, merged at the end.
struct Measurements {
  /// Of each operation that was sent, from when the schedule had its first attempt to its result, or to when it was
  /// given up: what a server that stalls does to all that should have been sent meanwhile is in here. Without a
  /// schedule, from its first attempt.
  observe::Histogram from_due;
  /// Of each request that was sent, until its answer came or was given up: what the service itself takes.
  observe::Histogram service;
  /// Attempts that did not succeed, by what went wrong, those repeated with success included. The status means nothing.
  report::Tally failures;
  /// Operations that the schedule had before the end, and that were not sent by then. Of the run as a whole.
  std::uint64_t never_sent = 0;

  void merge(const Measurements& other) {
    from_due.merge(other.from_due);
    service.merge(other.service);
    failures.merge(other.failures);
  }
};

}  // namespace koobatch::engine
