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

/// Why an attempt was followed by another.
enum class Repeat : std::uint8_t {
  throttled,  ///< the service asked to wait: 429 or 503
  refused,    ///< it answered otherwise
  silent,     ///< there was no answer that could be read
};

/// What happened when, in a run of any length: in stretches of equal width, which are joined into wider ones when there
/// would be more than `most_buckets`. Time is that of the run alone: its segments follow one another without a gap.
/// Some 10 MiB at most.
class Timeline {
 public:
  static constexpr std::size_t most_buckets = 300;
  using Time = std::chrono::milliseconds;

  struct Bucket {
    std::array<std::uint64_t, 5> finished{};        ///< operations, by Status
    std::array<std::uint64_t, 3> repeated{};        ///< attempts, by Repeat
    std::unique_ptr<observe::Histogram> latencies;  ///< of the finished operations; nullptr: none
  };

  void begin_segment(const RunRecord& run);
  void add(const ResultRecord& result);
  void end_segment(const EndRecord& end);

  /// The stretches up to the last one in which something happened. Joined ones are a round time wide: 1 or 2 times a
  /// power of ten of seconds, minutes, hours or days.
  const std::vector<Bucket>& buckets() const { return buckets_; }
  Time width() const;
  /// How long the run has taken.
  Time length() const { return length_; }
  /// When each segment began; the first at 0.
  const std::vector<Time>& segments() const { return segments_; }

 private:
  Time at(WallTime time) const;
  Bucket& bucket(Time time);
  void widen();

  std::vector<Bucket> buckets_;
  std::size_t width_ = 0;  // index into the widths there are
  std::vector<Time> segments_;
  WallTime started_;  // the segment
  Time length_{};
};

}  // namespace koobatch::report
