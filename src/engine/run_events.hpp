#pragma once
#include "engine/stop_reason.hpp"
#include "koobatch/core/trace_id.hpp"

#include <optional>

namespace koobatch::engine {

/// The only calls from the parts of a run to the run as a whole. Safe to call from any thread.
class RunEvents {
 public:
  virtual ~RunEvents() = default;
  /// The run cannot continue, perhaps because of this attempt's outcome. Nothing more is sent.
  virtual void stop(StopReason reason, const std::optional<TraceId>& attempt = {}) = 0;
  /// What may be sent has changed: every worker should check again.
  virtual void pace_changed() = 0;
  /// An operation did not succeed, or will not unless the service answers something else.
  virtual void operation_failed() = 0;
  /// A worker has ended. The last call on its thread.
  virtual void worker_ended() = 0;
};

}  // namespace koobatch::engine
