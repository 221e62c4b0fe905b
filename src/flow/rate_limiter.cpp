#include "koobatch/flow/rate_limiter.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace koobatch::flow {
namespace {

/// About 36 years: longer than any run, and sums with any steady time still fit into 64 bits of nanoseconds.
constexpr double longest_ns = 0x1p60;

Duration nanoseconds(double count) {
  return Duration(static_cast<Duration::rep>(std::ceil(std::min(count, longest_ns))));
}

}  // namespace

RateLimiter::RateLimiter(double rate, std::uint32_t burst)
    : interval_(nanoseconds(1e9 / rate)),
      tolerance_(nanoseconds(static_cast<double>(interval_.count()) * (std::max<std::uint32_t>(burst, 1) - 1.0))),
      arrival_(TimePoint::min() + tolerance_) {}

std::uint32_t RateLimiter::default_burst(double rate) {
  return static_cast<std::uint32_t>(std::clamp(rate / 100, 1.0, 1e9));
}

RateLimiter RateLimiter::scheduled(double rate, TimePoint start) {
  RateLimiter limiter(rate, std::numeric_limits<std::uint32_t>::max());
  limiter.arrival_ = start + limiter.tolerance_;
  return limiter;
}

std::uint64_t RateLimiter::overdue(TimePoint now) const {
  return due() > now ? 0 : static_cast<std::uint64_t>((now - due()) / interval_) + 1;
}

void RateLimiter::change_rate(double rate, std::uint32_t burst, TimePoint now) {
  const TimePoint next = std::max(due(), now);
  *this = RateLimiter(rate, burst);
  // The burst counts as used, and the next permit is due as before, or after one interval if that is sooner.
  arrival_ = std::min(next, now + interval_) + tolerance_;
}

void RateLimiter::restart(double rate, std::uint32_t burst, TimePoint now) {
  *this = RateLimiter(rate, burst);
  arrival_ = now + interval_ + tolerance_;
}

void RateLimiter::follow_rate(double rate, std::uint32_t burst, TimePoint now) {
  const TimePoint next = due();
  *this = RateLimiter(rate, burst);
  arrival_ = std::max(arrival_, std::min(next, now + interval_) + tolerance_);
}

bool RateLimiter::acquire(TimePoint now) {
  if (now < due()) return false;
  arrival_ = std::max(arrival_, now) + interval_;
  return true;
}

}  // namespace koobatch::flow
