#include "engine/request_outcome.hpp"

namespace koobatch::engine {

observe::RequestOutcome request_outcome(koodrive::Verdict verdict, int http) {
  using koodrive::Verdict;
  using observe::RequestOutcome;
  if (http == 0) return RequestOutcome::unanswered;
  switch (verdict) {
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
    case Verdict::refused:
    case Verdict::unclear:
    case Verdict::stale:
    case Verdict::repeat:
      break;
  }
  return RequestOutcome::failed;
}

}  // namespace koobatch::engine
