#pragma once
#include "koobatch/fleet/ledger.hpp"

#include <utility>

namespace koobatch::fleet {

/// Whether the same request may succeed later: the ledger was not reached, or did not answer.
inline bool may_succeed_later(const Failure& failure) {
  return failure.fault == Fault::unanswered || failure.fault == Fault::unreachable;
}

/// Repeats `ask` as long as the ledger cannot be reached or does not answer, and `try_again` agrees. Precondition:
/// doing it twice has the same effect as doing it once.
template <class Ask, class Again>
auto persistently(const Ask& ask, const Again& try_again) -> decltype(ask()) {
  for (;;) {
    auto answer = ask();
    if (answer || !may_succeed_later(answer.error()) || !try_again()) return answer;
  }
}

}  // namespace koobatch::fleet
