#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/pace_findings.hpp"

#include <algorithm>

namespace koobatch {

/// How fast a run may go at one moment, and what limits it. 0 and false mean that a limit does not apply.
struct PaceState {
  double rate = 0;     ///< requests a second, as set by the user
  PaceFindings found;  ///< about what the service accepts
  int limit_http = 0;  ///< HTTP status of the answer that the found limit is based on
  /// The limit is based only on what the service declares: it refused nothing.
  bool limit_declared = false;
  Duration wait{};        ///< remaining time of a wait the service asked for
  int wait_http = 0;      ///< HTTP status of that answer
  bool down = false;      ///< the service does not answer, or fails every request
  int down_http = 0;      ///< HTTP status of its answers; 0: no answer
  bool renewing = false;  ///< nothing is sent until there are new credentials
  bool paused = false;    ///< nothing is sent until the user resumes the run
  Duration paused_for{};
  bool held = false;  ///< nothing is sent until others that take part in the run allow it

  /// Most requests a second, by whichever limit is lower; 0: no limit.
  double limit() const {
    return rate > 0 && found.limit > 0 ? std::min(rate, found.limit) : std::max(rate, found.limit);
  }
};

}  // namespace koobatch
