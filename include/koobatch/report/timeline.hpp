#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/observe/histogram.hpp"
#include "koobatch/report/record.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace koobatch::report {

/// Why an attempt was repeated.
enum class Repeat : std::uint8_t {
  throttled,  ///< the service asked to wait: 429 or 503
  refused,    ///< any other unsuccessful answer
  silent,     ///< no readable answer
};

/// The course of a run of any length, in buckets of equal width, which are merged into wider ones when there would be
/// more than `most_buckets`. Time counts only while the run is running: its segments follow one another without a gap.
/// About 10 MiB at most.
class Timeline {
 public:
  static constexpr std::size_t most_buckets = 300;
  using Time = std::chrono::milliseconds;

  struct Bucket {
    std::array<std::uint64_t, status_names.size()> finished{};  ///< operations, by Status
    std::array<std::uint64_t, 3> repeated{};                    ///< attempts, by Repeat
    std::unique_ptr<observe::Histogram> latencies;              ///< of the finished operations; nullptr: none
  };

  void begin_segment(const RunRecord& run);
  void add(const ResultRecord& result);
  void end_segment(const EndRecord& end);

  /// The buckets up to the last non-empty one. Merged ones have a round width: 1 or 2 times a power of ten of seconds,
  /// minutes, hours or days.
  const std::vector<Bucket>& buckets() const { return buckets_; }
  Time width() const;
  /// When the service was found to limit the rate, in running time.
  struct Limit {
    Time at;
    double limit;  ///< requests a second; 0: nothing is known yet, as when a segment begins
  };
  const std::vector<Limit>& limits() const { return limits_; }
  /// The total running time.
  Time length() const { return length_; }
  /// When each segment began, in running time; the first at 0.
  const std::vector<Time>& segments() const { return segments_; }

 private:
  Time at(WallTime time) const;
  Bucket& bucket(Time time);
  void widen();

  std::vector<Bucket> buckets_;
  std::size_t width_ = 0;  // index into the table of widths
  std::vector<Time> segments_;
  std::vector<Limit> limits_;
  WallTime started_;  // when the present segment began
  Time length_{};
};

}  // namespace koobatch::report
