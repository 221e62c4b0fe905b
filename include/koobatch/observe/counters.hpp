#pragma once
#include "koobatch/core/status.hpp"
#include "koobatch/observe/snapshot.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

namespace koobatch::observe {

/// A count that one thread raises and others read. With one writer, this is cheaper than an atomic addition.
class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// What one thread of a run counts.
struct Counters {
  std::array<Counter, status_names.size()> by_status;
  Counter requests, retries, throttled, unanswered, in_flight;
  std::atomic<HttpVersion> http{HttpVersion::none};  ///< of the last connection

  void count(Status status) { by_status[static_cast<std::size_t>(status)].add(); }
  void add_to(Snapshot& sum) const {
    for (std::size_t i = 0; i < by_status.size(); ++i) sum.by_status[i] += by_status[i].get();
    sum.requests += requests.get();
    sum.retries += retries.get();
    sum.throttled += throttled.get();
    sum.unanswered += unanswered.get();
    sum.in_flight += in_flight.get();
    sum.http = std::max(sum.http, http.load(std::memory_order_relaxed));
  }
};

}  // namespace koobatch::observe
