#include "koobatch/flow/pace.hpp"

#include <algorithm>

// What Pace tells of itself, which changes nothing.

namespace koobatch::flow {

std::uint64_t Pace::overdue(TimePoint now) const {
  const auto guard = lock();
  return settings_.catch_up && limiter_ ? limiter_->overdue(now) : 0;
}

std::vector<PaceEvent> Pace::take_events() {
  const auto guard = lock();
  return news_.take();
}

PaceCounts Pace::counts() const {
  const auto guard = lock();
  return news_.counts();
}

std::vector<LimitChange> Pace::limit_changes(TimePoint since) const {
  const auto guard = lock();
  return news_.limit_changes(since);
}

PaceState Pace::state(TimePoint now) const {
  const auto guard = lock();
  PaceState state;
  state.rate = settings_.rate;
  state.found = {
      .limit = learned_.rate(now).value_or(0), .in_flight = in_flight_.found().value_or(0), .noise = losses_.noise()};
  state.limit_declared = state.found.limit > 0 && learned_.is_declared();
  if (learned_.paused_until() > now) state.wait = learned_.paused_until() - now;
  state.renewing = holds_.has(Hold::credentials);
  state.paused = holds_.has(Hold::user);
  state.held = holds_.has(Hold::fleet);
  if (state.paused) state.paused_for = now - holds_.paused_since();
  news_.explain(state);
  return state;
}

Duration Pace::paused_time(TimePoint now) const {
  const auto guard = lock();
  return holds_.paused_time(now);
}

Duration Pace::downtime(TimePoint now) const {
  const auto guard = lock();
  return holds_.downtime(now, breaker_);
}

Duration Pace::outage_time(TimePoint now) const {
  const auto guard = lock();
  return breaker_.downtime(now);
}

std::optional<Duration> Pace::down_for(TimePoint now) const {
  const auto guard = lock();
  const auto since = breaker_.down_since();
  if (!since) return std::nullopt;
  const TimePoint until = holds_.has(Hold::user) ? holds_.paused_since() : now;
  return std::max(until - *since, Duration::zero());
}

bool Pace::failing() const {
  const auto guard = lock();
  return breaker_.failing();
}

std::string Pace::last_failure() const {
  const auto guard = lock();
  return news_.last_failure();
}

bool Pace::outage_exceeded(TimePoint now) const {
  const auto guard = lock();
  const auto since = breaker_.down_since();
  // During a hold, its owner applies a limit of its own.
  return !held() && since && now - *since >= settings_.max_outage;
}

}  // namespace koobatch::flow
