#include "flow/attempt_policy.hpp"

namespace koobatch::flow {

AttemptDecision decide(koodrive::Verdict verdict, const AttemptedOperation& operation) {
  using koodrive::Verdict;
  switch (verdict) {
    case Verdict::succeeded:
      return {Disposition::finish, Status::succeeded};
    case Verdict::rejected:
    case Verdict::unauthorized:
    case Verdict::suspicious:
      return {Disposition::finish, Status::rejected};
    case Verdict::undecidable:
      if (operation.reads) return {.disposition = Disposition::retry};
      return {Disposition::finish, Status::unknown};
    case Verdict::throttled:
    case Verdict::refused:
      return {.disposition = Disposition::wait_for_room};
    case Verdict::stale:
      if (operation.idempotent && !operation.went_stale && operation.has_numbers) {
        return {.disposition = Disposition::repeat_at_once};
      }
      [[fallthrough]];
    case Verdict::unclear:
      // Another attempt might apply it twice.
      if (!operation.idempotent) return {Disposition::finish, Status::unknown};
      return {.disposition = Disposition::retry};
    case Verdict::not_applied:
      return {.disposition = Disposition::retry};
    case Verdict::repeat:
      return {.disposition = Disposition::repeat};
  }
  return {};
}

}  // namespace koobatch::flow
