#pragma once
#include "koobatch/core/clock.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace koobatch::koodrive {

/// The range of what was seen in the last minutes, in constant memory: kept by the minute. After a silence the last
/// range stands until there is something newer. Cheap to add to and to read.
class RecentRange {
 public:
  static constexpr Duration memory = std::chrono::minutes(5);

  struct Range {
    Duration low = Duration::max();
    Duration high = Duration::min();

    void include(Duration from, Duration to) {
      if (from < low) low = from;
      if (to > high) high = to;
    }
  };

  /// `at` never goes back by more than answers overtake each other.
  void add(Duration low, Duration high, TimePoint at) {
    if (at >= minute_ends_) begin_minute(at);
    slots_[current_].range.include(low, high);
    range_.include(low, high);
  }
  bool empty() const { return minute_ends_ == TimePoint::min(); }
  /// Of everything that counts. Precondition: not empty.
  const Range& range() const { return range_; }

 private:
  void begin_minute(TimePoint at);

  struct Slot {
    std::int64_t minute = -1;  ///< of steady time
    Range range;
  };

  std::array<Slot, memory / std::chrono::minutes(1)> slots_;
  std::size_t current_ = 0;
  TimePoint minute_ends_ = TimePoint::min();
  Range range_;
};

}  // namespace koobatch::koodrive
