#include "koobatch/flow/retry_budget.hpp"

#include <algorithm>

namespace koobatch::flow {

void RetryBudget::earn() {
  saved_ = std::min(saved_ + share, most_saved);
}

bool RetryBudget::take(TimePoint now) {
  if (saved_ >= 1) {
    saved_ -= 1;
    return true;
  }
  return always_.acquire(now);
}

}  // namespace koobatch::flow
