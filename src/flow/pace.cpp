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
  const TimePoint patience_ends = breaker_.down_since() + settings_.max_outage;
  return Permit{
      false, false, patience_ends > now ? std::min(breaker_.probe_at(), patience_ends) : breaker_.probe_at(), {}};
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
  const bool paused = now < paused_until_;
  if (!paused && (!limiter_ || limiter_->acquire(now))) {
    permit.downtime = breaker_.downtime(now);
    return permit;
  }
  // A caller that is to wait keeps no probe: whoever asks next may have it.
  if (permit.probe) breaker_.release(now);
  return {false, false, paused ? paused_until_ : limiter_->due(), {}};
}

void Pace::release_probe(TimePoint now) {
  const auto guard = lock();
  breaker_.release(now);
}

bool Pace::observe(const Outcome& outcome, TimePoint now, bool was_probe) {
  const auto guard = lock();
  // A connection that went stale while nothing was sent tells nothing about the service. And what was mended is proven
  // only by the next request, which goes alone again if this one did.
  if (outcome.verdict == Verdict::stale || (outcome.verdict == Verdict::repeat && was_probe)) {
    if (was_probe) breaker_.release(now);
    return was_probe;
  }
  bool changed = outcome.service_up() ? breaker_.success(now, was_probe) : breaker_.failure(now, was_probe);
  interrupted_.store(!breaker_.closed(), std::memory_order_relaxed);
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

}  // namespace koobatch::flow
