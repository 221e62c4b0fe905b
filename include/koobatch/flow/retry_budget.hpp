#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/flow/rate_limiter.hpp"

namespace koobatch::flow {

/// Keeps retries from making an overloaded service worse: they are limited to twice what it accepts, plus ten a second.
/// This is the client-side throttling of Google's SRE book (requests ≤ K × accepts). Because the budget is proportional
/// to what the service accepts, it does not run dry when only retries are left, and does when the service stops
/// accepting. Delays retries, never refuses one for good.
class RetryBudget {
 public:
  static constexpr double share = 2;
  static constexpr double always_per_second = 10;
  /// The maximum number of retries that can be saved up.
  static constexpr double most_saved = 500;

  /// Reports that the service accepted a request.
  void earn();
  /// Takes a retry from the budget. Returns whether there was one.
  bool take(TimePoint now);
  /// Returns a retry that was taken and not made.
  void give_back();
  /// When the next retry may be sent, at the latest. Precondition: take() returned false.
  TimePoint due() const { return always_.due(); }

 private:
  double saved_ = 0;  ///< retries
  RateLimiter always_{always_per_second, static_cast<std::uint32_t>(always_per_second)};
};

}  // namespace koobatch::flow
