#pragma once
#include "koobatch/core/pace_state.hpp"
#include "koobatch/core/status.hpp"
#include "koobatch/observe/http_version.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace koobatch::observe {

/// The state of a run at one moment. Counts cover the whole run, including earlier segments.
struct Snapshot {
  std::uint64_t operations = 0;                                ///< in the job
  std::array<std::uint64_t, status_names.size()> by_status{};  ///< final results, indexed by Status
  std::uint64_t requests = 0;                                  ///< sent, retries included
  std::uint64_t retries = 0;
  std::uint64_t throttled = 0;   ///< answers that asked to slow down
  std::uint64_t unanswered = 0;  ///< attempts that got no answer
  std::uint64_t in_flight = 0;
  HttpVersion http = HttpVersion::none;  ///< of the last connection
  PaceState pace;
  bool ending = false;  ///< nothing more is sent

  std::uint64_t finished() const {
    std::uint64_t sum = 0;
    for (const auto count : by_status) sum += count;
    return sum;
  }
  std::uint64_t remaining() const { return operations - std::min(operations, finished()); }
  /// Whether nothing is sent, for a reason whose end cannot be predicted.
  bool stands_still() const { return ending || pace.down || pace.renewing || pace.paused || pace.held; }
  std::uint64_t operator[](Status status) const { return by_status[static_cast<std::size_t>(status)]; }
};

}  // namespace koobatch::observe
