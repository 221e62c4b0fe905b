#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/http/answer.hpp"
#include "koobatch/http/request.hpp"

namespace koobatch::net {

/// One request and its outcome. When reused, its buffers keep their capacity. Must outlive Session::exchange().
struct Exchange {
  http::Request request;
  WallTime dated{};  ///< when the request says that it is sent, for the SendGate
  http::Answer answer;
  TimePoint sent_at{};   ///< when it began on the wire
  TimePoint ended_at{};  ///< when the answer was complete, or given up
  /// The service refused our certificate, or requires one. `answer.error` says so, the service read nothing of the
  /// request, and trying again cannot help.
  bool refused = false;
  bool withheld = false;  ///< the SendGate did not let it be sent: it certainly was not, and there is no answer
};

}  // namespace koobatch::net
