#include "flow/attempt_policy.hpp"

namespace koobatch::flow {

AttemptDecision decide(koodrive::Verdict verdict, const AttemptedOperation& operation) {
  using koodrive::Verdict;
  switch (verdict) {
    case Verdict::succeeded:
      return {NextStep::finish, Status::succeeded};
    case Verdict::rejected:
    case Verdict::unauthorized:
    case Verdict::suspicious:
      return {NextStep::finish, Status::rejected};
    case Verdict::undecidable:
      return {NextStep::finish, Status::unknown};
    case Verdict::throttled:
    case Verdict::refused:
      return {.step = NextStep::wait_for_room};
    case Verdict::stale:
      if (operation.idempotent && !operation.went_stale && operation.has_numbers) {
        return {.step = NextStep::repeat_at_once};
      }
      [[fallthrough]];
    case Verdict::unclear:
      // Another attempt might apply it twice.
      if (!operation.idempotent) return {NextStep::finish, Status::unknown};
      return {.step = NextStep::retry};
    case Verdict::not_applied:
      return {.step = NextStep::retry};
    case Verdict::repeat:
      return {.step = NextStep::repeat};
  }
  return {};
}

}  // namespace koobatch::flow
