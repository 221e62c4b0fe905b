#include "koobatch/flow/pace.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace koobatch::flow {
namespace {

/// How soon a thread asks again that waits for another thread's probe or new credentials. It is woken earlier when
/// those are done.
constexpr Duration probe_poll = std::chrono::milliseconds(100);
std::uint32_t burst_of(const PaceSettings& settings) {
  return settings.burst != 0 ? settings.burst : RateLimiter::default_burst(settings.rate);
}

}  // namespace

Pace::Pace(const PaceSettings& settings, TimePoint now)
    : settings_(settings), learned_(settings.rate, 0, now, true), users_(settings.rate_per_user), breaker_(now) {
  if (settings.rate > 0 && !settings.catch_up) limiter_.emplace(settings.rate, burst_of(settings));
  if (settings.catch_up) in_flight_.skip();
}

std::unique_lock<std::mutex> Pace::lock() const {
  return std::unique_lock(mutex_);
}

/// The verdict of pauses and breaker; nothing if neither objects and no probe is due.
std::optional<Pace::Permit> Pace::gate(TimePoint now) {
  if (held()) return Permit{.ask_at = now + probe_poll};
  if (now < learned_.paused_until()) return Permit{.ask_at = learned_.paused_until()};
  switch (breaker_.state()) {
    case Breaker::State::closed:
      return std::nullopt;
    case Breaker::State::probing:
      return Permit{.ask_at = now + probe_poll};
    case Breaker::State::open:
      break;
  }
  if (breaker_.begin_probe(now)) return Permit{.granted = true, .probe = true};
  TimePoint ask_at = breaker_.probe_at();
  if (const auto since = breaker_.down_since(); since && *since + settings_.max_outage > now) {
    ask_at = std::min(ask_at, *since + settings_.max_outage);
  }
  return Permit{.ask_at = ask_at};
}

Pace::Permit Pace::may_connect(TimePoint now) {
  const auto guard = lock();
  return gate(now).value_or(Permit{.granted = true});
}

Pace::Permit Pace::acquire(TimePoint now, bool holds_probe, const Request& request) {
  const auto guard = lock();
  Permit permit{.granted = true, .probe = holds_probe};
  if (!holds_probe) permit = gate(now).value_or(permit);
  if (!permit.granted) return permit;
  // The schedule begins with the first request: what a run needs to get that far does not count as a delay.
  if (settings_.rate > 0 && !limiter_) limiter_.emplace(RateLimiter::scheduled(settings_.rate, now));
  if (auto refused = refuse(now, request)) {
    // A caller that must wait does not keep the probe: the next one to ask may have it.
    if (permit.probe) breaker_.release(now);
    return *refused;
  }
  permit.due = settings_.catch_up && limiter_ ? limiter_->due() : now;
  permit.sent = take(now, request);
  permit.downtime = holds_.downtime(now, breaker_);
  return permit;
}

/// The verdict of pauses, limiters and budget; nothing if none objects. Takes only from the budget, which is asked
/// last.
std::optional<Pace::Permit> Pace::refuse(TimePoint now, const Request& request) {
  if (held()) return Permit{.ask_at = now + probe_poll};
  if (now < learned_.paused_until()) return Permit{.ask_at = learned_.paused_until()};
  if (!users_.idle()) {
    const TimePoint due = users_.due(UserPace::hash(request.user), now);
    if (due > now) return Permit{.ask_at = due, .only_user = true};
  }
  if (const auto due = limiters_due(now)) return Permit{.ask_at = *due};
  // The next answer makes room, and wakes callers waiting for it.
  if (!in_flight_.may_send(needed_in_flight())) return Permit{.ask_at = now + probe_poll};
  if (request.kind == Request::Kind::retry && !budget_.take(now)) {
    return Permit{.ask_at = budget_.due(), .only_retries = true};
  }
  return std::nullopt;
}

/// How many requests must be allowed in flight. If the last ones failed, it must turn out whether that is an outage
/// before operations have used up their attempts: with as many different ones as it takes.
std::uint32_t Pace::needed_in_flight() const {
  return breaker_.failing() ? Breaker::failures_to_open : 0;
}

/// When the limiters next grant a permit; nothing if they would now.
std::optional<TimePoint> Pace::limiters_due(TimePoint now) {
  if (limiter_ && limiter_->due() > now) return limiter_->due();
  if (const TimePoint due = learned_.due(now); due > now) return due;
  return std::nullopt;
}

/// Takes from all parts except the budget.
Sent Pace::take(TimePoint now, const Request& request) {
  if (limiter_) limiter_->acquire(now);
  learned_.take(now);
  const bool counted = !users_.idle() && users_.take(UserPace::hash(request.user), now);
  return {now, in_flight_.sent(), counted};
}

void Pace::hold(TimePoint now, Hold why) {
  const auto guard = lock();
  if (holds_.has(why) || !holds_.begin(why, now, breaker_)) return;
  learned_.set_down(true, now);
  users_.set_held(true, now);
}

void Pace::release(TimePoint now, Hold why) {
  const auto guard = lock();
  if (!holds_.has(why)) return;
  // The schedule was not kept, but intentionally.
  if (why == Hold::user && settings_.catch_up) limiter_.reset();
  if (!holds_.end(why, now, breaker_)) return;
  learned_.set_down(!breaker_.closed(), now);
  users_.set_held(false, now);
}

Pace::Permit Pace::acquire_within_hold(TimePoint now) {
  const auto guard = lock();
  if (holds_.has(Hold::user)) return {.ask_at = now + probe_poll};
  if (now < learned_.paused_until()) return {.ask_at = learned_.paused_until()};
  if (const auto due = limiters_due(now)) return {.ask_at = *due};
  if (limiter_) limiter_->acquire(now);
  learned_.take(now);
  return {.granted = true};
}

void Pace::change_rate(double rate, TimePoint now, std::optional<std::uint32_t> new_burst) {
  const auto guard = lock();
  settings_.rate = rate;
  if (new_burst) settings_.burst = *new_burst;
  learned_.change_ceiling(rate, now);
  if (rate <= 0 || settings_.catch_up) {
    limiter_.reset();
    return;
  }
  const auto burst = burst_of(settings_);
  if (limiter_) {
    limiter_->change_rate(rate, burst, now);
  } else {
    limiter_.emplace(rate, burst);
  }
}

void Pace::change_rate_per_user(double rate, TimePoint now) {
  const auto guard = lock();
  settings_.rate_per_user = rate;
  users_.change_rate(rate, now);
}

void Pace::pause_for(Duration wait, TimePoint now) {
  const auto guard = lock();
  learned_.pause(now + wait, now);
}

void Pace::withhold(TimePoint now, bool was_probe, const Request& request, const Sent& sent) {
  const auto guard = lock();
  in_flight_.landed();
  if (sent.counted_for_user) users_.landed(UserPace::hash(request.user));
  if (request.kind == Request::Kind::retry) budget_.give_back();
  if (was_probe) breaker_.release(now);
}

void Pace::release_probe(TimePoint now) {
  const auto guard = lock();
  breaker_.release(now);
}

bool Pace::observe(const koodrive::Outcome& outcome, TimePoint now, bool was_probe, std::string_view user,
                   const Sent& sent) {
  const auto guard = lock();
  in_flight_.landed();
  if (sent.counted_for_user) users_.landed(UserPace::hash(user));
  const Duration wait = outcome.retry_after.value_or(Duration::zero());
  return observe({outcome, signal_of(outcome), {std::min(sent.at, now), sent.in_flight}, now, wait}, was_probe, user);
}

bool Pace::observe_unsent(const koodrive::Outcome& outcome, TimePoint now, bool was_probe) {
  const auto guard = lock();
  return observe({outcome, signal_of(outcome), {now, 0}, now, {}}, was_probe, {});
}

bool Pace::observe(const Answer& answer, bool was_probe, std::string_view user) {
  using koodrive::Verdict;
  const koodrive::Outcome& outcome = answer.outcome;
  // A connection that went stale while nothing was sent, or ended in good order, tells nothing about the service. And
  // what was mended, or refused to one of many users, is proven only by the next request, which goes alone again if
  // this one did.
  const bool unproven = outcome.verdict == Verdict::repeat || outcome.verdict == Verdict::unauthorized;
  const bool routine = outcome.verdict == Verdict::stale || outcome.verdict == Verdict::refused;
  // One broken connection is one failure, however many requests were in flight on it.
  if (outcome.companion && !was_probe) return false;
  if (routine || (unproven && was_probe)) {
    if (was_probe) breaker_.release(answer.now);
    return was_probe;
  }
  bool changed = follow_breaker(answer, was_probe);
  changed |= adapt(answer);
  changed |= adapt_user(answer, user);
  if (!outcome.quotas.empty()) changed |= hear(answer, user);
  return changed;
}

/// Considers what the service declares about its quotas.
bool Pace::hear(const Answer& answer, std::string_view user) {
  const DeclaredQuotas& quotas = answer.outcome.quotas;
  // Nothing of this comes from the service if something else answers in its place.
  if (answer.outcome.foreign) return false;
  const bool admitted = answer.signal == Signal::accepted;
  const bool changed = learned_.hear(quotas, DeclaredQuota::Scope::everybody, answer.sent.at, answer.now, admitted);
  if (any_of_scope(quotas, DeclaredQuota::Scope::everybody)) {
    in_flight_.expect_room(learned_.exhausted() ? std::nullopt : learned_.declared_room());
  }
  users_.hear(UserPace::hash(user), quotas, answer.sent.at, answer.now, admitted);
  return changed;
}

/// Updates the breaker. A service that refuses everything counts as unavailable, whatever its answers.
bool Pace::follow_breaker(const Answer& answer, bool was_probe) {
  const TimePoint down_since = breaker_.down_since().value_or(answer.now);
  bool changed = false;
  switch (answer.signal) {
    case Signal::accepted:
      changed = breaker_.success(answer.sent.at, answer.now, was_probe);
      last_accepted_.store(answer.now, std::memory_order_relaxed);
      budget_.earn();
      if (changed && !settings_.catch_up) in_flight_.restart();
      if (changed) learned_.resume(answer.now);
      break;
    case Signal::failed:
      news_.failed(answer.outcome);
      changed = breaker_.failure(answer.now, was_probe);
      break;
    case Signal::refused:
    case Signal::unclear:
    case Signal::other:
      if (!breaker_.closed()) news_.failed(answer.outcome);
      changed = breaker_.refusal(answer.sent.at, answer.now, was_probe, answer.wait);
      break;
  }
  if (changed && !breaker_.closed()) outage_begins(answer.now);
  changed |= news_.follow_outage(breaker_, answer.outcome, down_since, answer.now);
  interrupted_.store(!breaker_.closed(), std::memory_order_relaxed);
  return changed;
}

/// The failures that were taken for refusals, or for noise, were the first ones of the outage.
void Pace::outage_begins(TimePoint now) {
  losses_.interrupt(now);
  learned_.end_trial(now, false);
}

/// Whether nothing but probes is sent, so that what happens says nothing about the rate.
bool Pace::down() const {
  return !breaker_.closed() || held();
}

/// Adapts to what concerns all users.
bool Pace::adapt(const Answer& answer) {
  switch (answer.signal) {
    case Signal::accepted: {
      in_flight_.admitted(answer.sent, answer.now);
      // A service that is silent again leaves nothing to believe.
      in_flight_.expect_room(std::nullopt);
      const auto change = learned_.admitted(answer.sent.at, answer.now, down());
      if (change) news_.limit_changed(*change, answer.now);
      return adapt_to_losses(answer) || change || in_flight_.take_wanted();
    }
    case Signal::refused:
      return refused(answer, answer.wait);
    case Signal::unclear:
      if (breaker_.closed()) return adapt_to_losses(answer);
      [[fallthrough]];
    case Signal::failed:
      learned_.lost(answer.sent.at, answer.now, down());
      return in_flight_.take_wanted();
    case Signal::other:
      return false;
  }
  return false;
}

/// A wait of zero is not a pause.
bool Pace::refused(const Answer& answer, Duration wait) {
  const bool full = in_flight_.refused(answer.sent, answer.now) && wait <= Duration::zero();
  if (full && !learned_.exhausted()) return false;
  losses_.forget_trial();
  learned_.end_trial(answer.now, true);
  return met_limit(answer, wait);
}

bool Pace::met_limit(const Answer& answer, Duration wait) {
  const bool changed = learned_.refused(answer.sent.at, answer.now, down(), wait);
  if (changed) news_.limit_met(answer.outcome.http);
  if (wait <= Duration::zero()) return changed;
  if (learned_.pause(answer.now + wait, answer.now)) news_.paused(wait, answer.outcome.http);
  return true;
}

bool Pace::adapt_to_losses(const Answer& answer) {
  using Finding = LossModel::Finding;
  const bool failed = answer.signal == Signal::unclear;
  // While one request at a time asks whether there is room again, every answer is unambiguous.
  if (failed && learned_.exhausted()) return met_limit(answer, {});
  Finding finding = Finding::nothing;
  if (losses_.observe(failed, answer.sent.at)) {
    const double rate = learned_.rate(answer.now).value_or(std::numeric_limits<double>::infinity());
    finding = losses_.conclude(failed, answer.now, rate);
  }
  switch (finding) {
    case Finding::nothing:
      if (failed) learned_.lost(answer.sent.at, answer.now, down());
      return false;
    case Finding::refused:
      return met_limit(answer, {});
    case Finding::suspicious:
      learned_.begin_trial(answer.now, !losses_.proven());
      met_limit(answer, {});
      return true;
    case Finding::helped:
      learned_.end_trial(answer.now, true);
      return false;
    case Finding::noise:
      learned_.end_trial(answer.now, false);
      return true;
  }
  return false;
}

bool Pace::adapt_user(const Answer& answer, std::string_view user) {
  const koodrive::Outcome& outcome = answer.outcome;
  const bool throttled = answer.signal == Signal::other;
  const auto hash = UserPace::hash(user);
  users_.see(hash);
  if (!throttled && users_.idle()) return false;
  if (answer.signal == Signal::failed || answer.signal == Signal::refused || answer.signal == Signal::unclear) {
    users_.lost(hash, answer.sent.at, answer.now);
    return false;
  }
  if (!throttled) {
    const auto change = users_.admitted(hash, answer.sent.at, answer.now);
    if (change) news_.user_limited(*change, !users_.tell(hash, answer.now));
    return change.has_value();
  }
  news_.user_limit_met(outcome.http);
  users_.refused(hash, answer.sent.at, answer.now, answer.wait, learned_);
  if (answer.wait > Duration::zero() && users_.pause(hash, answer.now + answer.wait, answer.now)) {
    news_.user_paused(answer.wait, outcome.http, !users_.tell(hash, answer.now));
  }
  return true;
}

}  // namespace koobatch::flow
