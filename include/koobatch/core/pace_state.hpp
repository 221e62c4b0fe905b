#pragma once
#include "koobatch/core/clock.hpp"

#include <algorithm>

namespace koobatch {

/// How fast a run may go at one moment, and what keeps it from going faster. What is 0 or false is not so.
struct PaceState {
  double rate = 0;        ///< requests a second, as the user allows
  double learned = 0;     ///< the same as the service was found to allow
  int learned_http = 0;   ///< the answer that was the reason
  Duration wait{};        ///< what is left of the time the service asked to wait
  int wait_http = 0;      ///< with which answer
  bool down = false;      ///< the service does not answer, or fails every request
  int down_http = 0;      ///< with which answer; 0: none
  bool renewing = false;  ///< nothing leaves before there are new credentials
  bool paused = false;    ///< nothing leaves before the user says so
  Duration paused_for{};

  /// Most requests a second, whoever set it; 0: no limit.
  double limit() const { return rate > 0 && learned > 0 ? std::min(rate, learned) : std::max(rate, learned); }
};

}  // namespace koobatch
