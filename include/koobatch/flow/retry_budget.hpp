#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/flow/rate_limiter.hpp"

namespace koobatch::flow {

/// Keeps retries from making a sick service sicker: they are at most a fifth of the first attempts, and ten a second
/// beyond that. Delays retries, never refuses one for good.
class RetryBudget {
 public:
  static constexpr double share = 0.2;
  static constexpr double always_per_second = 10;
  /// What can be saved up in good times.
  static constexpr double most_saved = 500;

  /// An operation's first attempt was sent.
  void earn();
  /// May a retry be sent now? Takes it from the budget if so.
  bool take(TimePoint now);
  /// After take() said no: when one may be, at the latest.
  TimePoint due() const { return always_.due(); }

 private:
  double saved_ = 0;  ///< retries
  RateLimiter always_{always_per_second, static_cast<std::uint32_t>(always_per_second)};
};

}  // namespace koobatch::flow
