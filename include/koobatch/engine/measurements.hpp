#pragma once
#include "koobatch/observe/histogram.hpp"
#include "koobatch/report/tally.hpp"

namespace koobatch::engine {

/// What a benchmark wants to know beside the results. Not thread-safe: every worker has its own, merged at the end.
struct Measurements {
  /// Of each operation with a result, from when the schedule had its first attempt to its result: what a server that
  /// stalls does to all that should have been sent meanwhile is in here. Without a schedule, from its first attempt.
  observe::Histogram from_due;
  /// Of each request that was sent, until its answer came or was given up: what the service itself takes.
  observe::Histogram service;
  /// Attempts that did not succeed, by what went wrong, those repeated with success included. The status means nothing.
  report::Tally failures;

  void merge(const Measurements& other) {
    from_due.merge(other.from_due);
    service.merge(other.service);
    failures.merge(other.failures);
  }
};

}  // namespace koobatch::engine
