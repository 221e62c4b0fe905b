#pragma once
#include "koobatch/core/clock.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace koobatch::observe {

/// Counts durations in buckets that are exact below 128 ns and 1/64 of their octave wide above: percentiles are off by
/// less than 1% at any scale. Always 30 KiB. Not thread-safe: one per thread, merged at the end.
class Histogram {
 public:
  /// A negative duration counts as 0.
  void record(Duration value) {
    const auto v = static_cast<std::uint64_t>(std::max<Duration::rep>(value.count(), 0));
    ++counts_[bucket(v)];
    ++count_;
    sum_ += static_cast<double>(v);
    min_ = std::min(min_, v);
    max_ = std::max(max_, v);
  }
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  /// The smallest recorded duration that at least `fraction` (0 to 1) of all do not exceed (nearest rank). Zero if
  /// nothing was recorded.
  Duration percentile(double fraction) const;
  Duration min() const { return Duration(static_cast<Duration::rep>(count_ == 0 ? 0 : min_)); }  ///< exact
  Duration max() const { return Duration(static_cast<Duration::rep>(max_)); }                    ///< exact
  Duration mean() const;                                                                         ///< exact
  /// Calls `each(duration, count)` for each non-empty bucket, shortest first; durations are rounded like those of
  /// percentile().
  template <class Each>
  void for_each(Each each) const {
    for (std::size_t i = 0; i < buckets; ++i) {
      if (counts_[i] != 0) each(Duration(static_cast<Duration::rep>(std::clamp(middle(i), min_, max_))), counts_[i]);
    }
  }

 private:
  static constexpr unsigned precision = 6;  // 2^6 buckets an octave
  static constexpr std::size_t octaves = 63 - precision;
  static constexpr std::size_t buckets = (octaves + 1) << precision;

  static std::size_t bucket(std::uint64_t v) {
    const int width = static_cast<int>(std::bit_width(v)) - static_cast<int>(precision) - 1;
    const auto shift = static_cast<unsigned>(std::max(width, 0));
    return (static_cast<std::size_t>(shift) << precision) + static_cast<std::size_t>(v >> shift);
  }
  static std::uint64_t middle(std::size_t bucket);

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_ = 0;
  double sum_ = 0;  // nanoseconds
  std::uint64_t min_ = ~std::uint64_t{0};
  std::uint64_t max_ = 0;
};

}  // namespace koobatch::observe
