#pragma once
#include "koobatch/core/clock.hpp"

#include <cstdint>
#include <string>

namespace koobatch {

/// What a run has found out about what the service accepts. 0: nothing was found.
struct PaceFindings {
  double limit = 0;             ///< requests a second
  std::uint32_t in_flight = 0;  ///< requests at the same time
  /// Share of the answers, from 0 to 1, that ask to slow down however slowly the run goes.
  double noise = 0;

  friend bool operator==(const PaceFindings&, const PaceFindings&) = default;
};

/// "at most 140/s, at most 8 in flight, 12% of the answers ask to slow down at any pace"; empty if nothing was found.
std::string describe(const PaceFindings& found);

/// The limit was found, or has changed.
struct LimitChange {
  Duration after{};  ///< since the segment began
  double limit = 0;  ///< requests a second

  friend bool operator==(const LimitChange&, const LimitChange&) = default;
};

}  // namespace koobatch
