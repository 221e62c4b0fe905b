#include "koobatch/engine/request_outcome.hpp"

namespace koobatch::engine {

observe::RequestOutcome request_outcome(const flow::Outcome& outcome) {
  using flow::Verdict;
  using observe::RequestOutcome;
  if (outcome.http == 0) return RequestOutcome::unanswered;
  switch (outcome.verdict) {
    case Verdict::succeeded:
      return RequestOutcome::succeeded;
    case Verdict::rejected:
    case Verdict::suspicious:
      return RequestOutcome::rejected;
    case Verdict::throttled:
      return RequestOutcome::throttled;
    case Verdict::unauthorized:
      return RequestOutcome::unauthorized;
    case Verdict::undecidable:
    case Verdict::not_applied:
    case Verdict::unclear:
    case Verdict::stale:
    case Verdict::repeat:
      break;
  }
  return RequestOutcome::failed;
}

}  // namespace koobatch::engine
