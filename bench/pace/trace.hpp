#pragma once
#include "pace/service.hpp"
#include "pace/timeline.hpp"

#include <cmath>
#include <cstdint>
#include <vector>

namespace koobatch::pace_bench {

/// What a service did with one client's requests, by the time at which they were sent.
class Trace {
 public:
  /// The resolution in seconds: intervals begin and end at whole multiples.
  static constexpr double grain = 0.01;

  struct Counts {
    std::uint64_t accepted = 0, refused = 0, requests = 0;
  };

  void count(TimePoint now, const Reply& reply) {
    const Reply::What what = reply.what;
    const auto number = static_cast<std::size_t>(since_origin(now) / grain + 1e-6);
    if (number >= bins_.size()) bins_.resize(number + 1);
    Counts& bin = bins_[number];
    ++bin.requests;
    bin.accepted += what == Reply::What::accepted;
    bin.refused += what == Reply::What::refused;
    if (what == Reply::What::accepted) latencies_ += seconds(reply.after);
  }

  /// The counts from `from` on and before `to`, in seconds since the run began.
  Counts between(double from, double to) const {
    Counts sum;
    const std::size_t last = std::min(bins_.size(), index(to));
    for (std::size_t i = index(from); i < last; ++i) {
      sum.accepted += bins_[i].accepted;
      sum.refused += bins_[i].refused;
      sum.requests += bins_[i].requests;
    }
    return sum;
  }
  Counts all() const { return between(0, 1e6); }
  /// The mean latency of accepted requests, in seconds; 0 if there were none.
  double mean_latency() const {
    const std::uint64_t accepted = all().accepted;
    return accepted == 0 ? 0 : latencies_ / static_cast<double>(accepted);
  }

  /// When `count` requests had been accepted, in seconds since the run began; infinite: never.
  double accepted_at(double count) const {
    double sum = 0;
    for (std::size_t i = 0; i < bins_.size(); ++i) {
      sum += static_cast<double>(bins_[i].accepted);
      if (sum >= count) return static_cast<double>(i + 1) * grain;
    }
    return INFINITY;
  }

  /// Adds another client's counts.
  void add(const Trace& other) {
    latencies_ += other.latencies_;
    if (other.bins_.size() > bins_.size()) bins_.resize(other.bins_.size());
    for (std::size_t i = 0; i < other.bins_.size(); ++i) {
      bins_[i].accepted += other.bins_[i].accepted;
      bins_[i].refused += other.bins_[i].refused;
      bins_[i].requests += other.bins_[i].requests;
    }
  }

 private:
  static std::size_t index(double time) { return static_cast<std::size_t>(std::max(0.0, std::round(time / grain))); }

  std::vector<Counts> bins_;
  double latencies_ = 0;
};

}  // namespace koobatch::pace_bench
