#pragma once
#include <cstdint>

namespace koobatch {

/// How often the service's behaviour changed the pace of a run.
struct PaceCounts {
  std::uint64_t cuts = 0;         ///< the rate was lowered because the service throttled
  std::uint64_t pauses = 0;       ///< the service asked the whole run to wait
  std::uint64_t user_pauses = 0;  ///< the service asked one user to wait
  std::uint64_t outages = 0;      ///< the service did not answer, and the breaker opened
  std::uint64_t user_cuts = 0;    ///< the rate of one user was lowered

  PaceCounts& operator+=(const PaceCounts& other) {
    cuts += other.cuts;
    pauses += other.pauses;
    user_pauses += other.user_pauses;
    outages += other.outages;
    user_cuts += other.user_cuts;
    return *this;
  }
  friend bool operator==(const PaceCounts&, const PaceCounts&) = default;
};

}  // namespace koobatch
