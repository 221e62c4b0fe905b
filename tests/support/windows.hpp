#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace koobatch::test {

/// The largest number of these ascending times within any window of this length.
inline std::size_t most_within(const std::vector<std::int64_t>& times, std::int64_t window) {
  std::size_t most = 0;
  std::size_t from = 0;
  for (std::size_t i = 0; i < times.size(); ++i) {
    while (times[i] - times[from] >= window) ++from;
    most = std::max(most, i - from + 1);
  }
  return most;
}

}  // namespace koobatch::test
