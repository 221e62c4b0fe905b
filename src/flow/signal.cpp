#include "koobatch/flow/signal.hpp"

namespace koobatch::flow {

Signal signal_of(const koodrive::Outcome& outcome) {
  if (outcome.verdict == koodrive::Verdict::throttled) {
    if (outcome.user_only) return Signal::other;
    // 503, 408 and 425 without a time to wait may be any trouble, and so may a connection that is ended without
    // answers.
    const bool clear = outcome.http != 0 && outcome.http != 503 && outcome.http != 408 && outcome.http != 425;
    return clear || outcome.retry_after > Duration::zero() ? Signal::refused : Signal::unclear;
  }
  return outcome.http != 0 && outcome.http < 500 && !outcome.foreign ? Signal::accepted : Signal::failed;
}

}  // namespace koobatch::flow
