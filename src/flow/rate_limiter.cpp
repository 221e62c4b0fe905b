#include "koobatch/flow/rate_limiter.hpp"

#include <algorithm>
#include <cmath>

namespace koobatch::flow {

RateLimiter::RateLimiter(double rate, std::uint32_t burst)
    : interval_(static_cast<Duration::rep>(std::ceil(1e9 / rate))),
      tolerance_(interval_ * (static_cast<Duration::rep>(std::max<std::uint32_t>(burst, 1)) - 1)),
      arrival_(TimePoint::min() + tolerance_) {}

std::uint32_t RateLimiter::default_burst(double rate) {
  return static_cast<std::uint32_t>(std::clamp(rate / 100, 1.0, 1e9));
}

bool RateLimiter::acquire(TimePoint now) {
  if (now < due()) return false;
  arrival_ = std::max(arrival_, now) + interval_;
  return true;
}

}  // namespace koobatch::flow
