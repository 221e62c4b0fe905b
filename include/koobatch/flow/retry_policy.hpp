#pragma once
#include "koobatch/core/clock.hpp"

#include <random>

namespace koobatch::flow {

/// Exponential backoff with full jitter: uniform between 0 and min(cap, base × 2^(retry − 1)).
struct RetryPolicy {
  Duration base = std::chrono::milliseconds(200);
  Duration cap = std::chrono::seconds(20);

  /// The wait before retry number `retry`, counted from 1.
  Duration backoff(unsigned retry, std::mt19937_64& random) const;
};

}  // namespace koobatch::flow
