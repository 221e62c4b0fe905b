#include "koobatch/flow/pace.hpp"

#include <algorithm>

namespace koobatch::flow {
namespace {

/// How soon a thread asks again that waits for another thread's probe. That probe's end wakes it earlier.
constexpr Duration probe_poll = std::chrono::milliseconds(100);

}  // namespace

Pace::Pace(const PaceSettings& settings, TimePoint now) : settings_(settings), breaker_(now) {
  if (settings.rate > 0) {
    limiter_.emplace(settings.rate, settings.burst != 0 ? settings.burst : RateLimiter::default_burst(settings.rate));
  }
}

std::unique_lock<std::mutex> Pace::lock() const {
  return settings_.shared ? std::unique_lock(mutex_) : std::unique_lock<std::mutex>();
}

/// What pauses and breaker say; nothing if neither objects and no probe is due.
std::optional<Pace::Permit> Pace::gate(TimePoint now) {
  if (now < paused_until_) return Permit{false, false, paused_until_, {}};
  switch (breaker_.state()) {
    case Breaker::State::closed:
      return std::nullopt;
    case Breaker::State::probing:
      return Permit{false, false, now + probe_poll, {}};
    case Breaker::State::open:
      break;
  }
  if (breaker_.begin_probe(now)) return Permit{true, true, {}, {}};
  return Permit{false, false, std::min(breaker_.probe_at(), breaker_.down_since() + settings_.max_outage), {}};
}

Pace::Permit Pace::may_connect(TimePoint now) {
  const auto guard = lock();
  return gate(now).value_or(Permit{true, false, {}, {}});
}

Pace::Permit Pace::acquire(TimePoint now, bool holds_probe) {
  const auto guard = lock();
  Permit permit{true, holds_probe, {}, {}};
  if (!holds_probe) permit = gate(now).value_or(permit);
  if (!permit.granted) return permit;
  permit.downtime = breaker_.downtime(now);
  if (!limiter_ || limiter_->acquire(now)) return permit;
  // A caller that is to wait for the limiter keeps no probe: whoever asks next may have it.
  if (permit.probe) breaker_.release(now);
  return {false, false, limiter_->due(), {}};
}

void Pace::release_probe(TimePoint now) {
  const auto guard = lock();
  breaker_.release(now);
}

bool Pace::observe(const Outcome& outcome, TimePoint now, bool was_probe) {
  const auto guard = lock();
  bool changed = outcome.service_up() ? breaker_.success(now) : breaker_.failure(now, was_probe);
  if (outcome.verdict == Verdict::throttled && outcome.retry_after && !outcome.user_only) {
    paused_until_ = std::max(paused_until_, now + *outcome.retry_after);
    changed = true;
  }
  return changed;
}

Duration Pace::downtime(TimePoint now) const {
  const auto guard = lock();
  return breaker_.downtime(now);
}

bool Pace::outage_exceeded(TimePoint now) const {
  const auto guard = lock();
  return !breaker_.closed() && now - breaker_.down_since() >= settings_.max_outage;
}

bool Pace::interrupted() const {
  const auto guard = lock();
  return !breaker_.closed();
}

}  // namespace koobatch::flow
