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

void RetryBudget::give_back() {
  saved_ = std::min(saved_ + 1, most_saved);
}

}  // namespace koobatch::flow
