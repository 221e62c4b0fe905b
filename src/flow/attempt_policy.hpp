#pragma once
#include "koobatch/core/status.hpp"
#include "koobatch/koodrive/outcome.hpp"

#include <cstdint>

namespace koobatch::flow {

/// What to do about an operation after an attempt.
enum class Disposition : std::uint8_t {
  finish,          ///< it is final, with `status`
  repeat_at_once,  ///< on a new connection, not counted
  repeat,          ///< when its turn comes, not counted
  wait_for_room,   ///< when the service has capacity again, not counted
  retry,           ///< after a backoff, counted
};

struct AttemptDecision {
  Disposition disposition = Disposition::finish;
  Status status = Status::unknown;  ///< for `finish`
};

/// What is known of the operation that was attempted.
struct AttemptedOperation {
  bool idempotent = false;
  bool reads = false;       ///< the attempt only read
  bool went_stale = false;  ///< whether an earlier attempt did
  bool has_numbers = true;  ///< whether another attempt fits into a trace ID
};

/// Decides what follows from an outcome. A pure function.
AttemptDecision decide(koodrive::Verdict verdict, const AttemptedOperation& operation);

}  // namespace koobatch::flow
