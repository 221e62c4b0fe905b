#include "koobatch/flow/learned_limit.hpp"

#include <algorithm>

namespace koobatch::flow {
namespace {

/// How often the limiter follows the rate that rises.
constexpr Duration follow_interval = std::chrono::milliseconds(100);

/// Fewer at once than for a rate the user set: a service that throttles may allow none.
std::uint32_t burst(double rate) {
  return RateLimiter::default_burst(rate / 5);
}

}  // namespace

LearnedLimit::LearnedLimit(double ceiling, double first_guess, TimePoint now, bool down)
    : rate_(ceiling, first_guess), counted_to_(now), down_(down) {}

/// Pauses and outages may overlap; neither counts.
Duration LearnedLimit::active(TimePoint now) {
  const TimePoint from = std::max(counted_to_, paused_until_);
  if (!down_ && now > from) active_ += now - from;
  counted_to_ = std::max(counted_to_, now);
  return active_;
}

std::optional<AdaptiveRate::Cut> LearnedLimit::observe(AdaptiveRate::Signal signal, TimePoint now, bool down) {
  const Duration time = active(now);
  down_ = down;
  const auto cut = rate_.observe(signal, time, now);
  if (cut) {
    follow_at_ = TimePoint::min();
    follow_rate(now);
  }
  return cut;
}

bool LearnedLimit::pause(TimePoint until, TimePoint now) {
  active(now);
  const bool begins = paused_until_ <= now && until > now;
  paused_until_ = std::max(paused_until_, until);
  return begins;
}

/// Brings the limiter to the rate of the hour, or does away with it.
void LearnedLimit::follow_rate(TimePoint now) {
  if (now < follow_at_) return;
  follow_at_ = now + follow_interval;
  const auto rate = rate_.limit(active(now));
  if (!rate) {
    limiter_.reset();
    return;
  }
  if (!limiter_) limiter_.emplace(*rate, burst(*rate));
  limiter_->change_rate(*rate, burst(*rate), now);
}

TimePoint LearnedLimit::due(TimePoint now) {
  if (limiter_) follow_rate(now);
  return limiter_ ? std::max(paused_until_, limiter_->due()) : paused_until_;
}

void LearnedLimit::take(TimePoint now) {
  if (limiter_) limiter_->acquire(now);
}

std::optional<double> LearnedLimit::rate(TimePoint now) {
  return rate_.limit(active(now));
}

void LearnedLimit::change_ceiling(double ceiling, TimePoint now) {
  rate_.change_ceiling(ceiling);
  follow_at_ = TimePoint::min();
  follow_rate(now);
}

void LearnedLimit::set_down(bool down, TimePoint now) {
  active(now);
  down_ = down;
}

bool LearnedLimit::is_over(TimePoint now) {
  return paused_until_ <= now && !rate(now);
}

}  // namespace koobatch::flow
