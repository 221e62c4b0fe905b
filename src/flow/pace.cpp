#include "koobatch/flow/pace.hpp"

#include "koobatch/core/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace koobatch::flow {
namespace {

/// How soon a thread asks again that waits for what another thread does: a probe, new credentials. Their end wakes it
/// earlier.
constexpr Duration probe_poll = std::chrono::milliseconds(100);
using Signal = AdaptiveRate::Signal;

/// What an answer says about the rate of everybody.
Signal signal_of(const Outcome& outcome) {
  if (outcome.verdict == Verdict::throttled) {
    if (outcome.user_only || outcome.http == 408 || outcome.http == 425) return Signal::other;
    return outcome.http == 503 && !outcome.retry_after ? Signal::unavailable : Signal::throttled;
  }
  return outcome.http != 0 && outcome.http < 500 ? Signal::accepted : Signal::other;
}

/// The same about its user's.
Signal user_signal_of(const Outcome& outcome) {
  if (outcome.verdict == Verdict::throttled) return outcome.user_only ? Signal::throttled : Signal::other;
  return signal_of(outcome);
}

std::uint32_t burst_of(const PaceSettings& settings) {
  return settings.burst != 0 ? settings.burst : RateLimiter::default_burst(settings.rate);
}

std::string reason(int http) {
  return http == 0 ? std::string() : fmt::format(" (HTTP {})", http);
}

}  // namespace

std::string describe(const PaceEvent& event) {
  switch (event.kind) {
    case PaceEvent::Kind::cut:
      return fmt::format("the service throttles{}: at most {} from now on ({})", reason(event.http),
                         format_rate(event.to),
                         event.from ? "before: " + format_rate(*event.from) : "before: no limit");
    case PaceEvent::Kind::paused:
      return fmt::format("the service asks to wait{}: nothing is sent for {:.3g} s", reason(event.http),
                         seconds(event.wait));
    case PaceEvent::Kind::user_cut:
      return fmt::format("the service throttles one user{}: at most {} for that user from now on", reason(event.http),
                         format_rate(event.to));
    case PaceEvent::Kind::user_paused:
      return fmt::format("the service asks one user to wait{}: nothing is sent for that user for {:.3g} s",
                         reason(event.http), seconds(event.wait));
    case PaceEvent::Kind::down:
      if (event.http == 0)
        return "the service does not answer: nothing is sent but a probe now and then, until it does";
      return fmt::format(
          "the service fails every request{}: nothing is sent but a probe now and then, until one succeeds",
          reason(event.http));
    case PaceEvent::Kind::up:
      return fmt::format("the service answers again, after {:.3g} s: going on as before", seconds(event.wait));
  }
  return {};
}

Pace::Pace(const PaceSettings& settings, TimePoint now)
    : settings_(settings), learned_(settings.rate, 0, now, true), users_(settings.rate_per_user), breaker_(now) {
  if (settings.rate > 0 && !settings.catch_up) {
    limiter_.emplace(settings.rate, burst_of(settings));
  }
}

std::unique_lock<std::mutex> Pace::lock() const {
  return settings_.shared ? std::unique_lock(mutex_) : std::unique_lock<std::mutex>();
}

/// What pauses and breaker say; nothing if neither objects and no probe is due.
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
  const TimePoint patience_ends = breaker_.down_since() + settings_.max_outage;
  return Permit{.ask_at = patience_ends > now ? std::min(breaker_.probe_at(), patience_ends) : breaker_.probe_at()};
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
  // The schedule begins with the first request: what a run needs to get that far is nobody's delay.
  if (settings_.rate > 0 && !limiter_) limiter_.emplace(RateLimiter::scheduled(settings_.rate, now));
  if (auto refused = refuse(now, request)) {
    // A caller that is to wait keeps no probe: whoever asks next may have it.
    if (permit.probe) breaker_.release(now);
    return *refused;
  }
  permit.due = settings_.catch_up && limiter_ ? limiter_->due() : now;
  take(now, request);
  permit.downtime = time_down(now);
  return permit;
}

/// What pauses, limiters and budget say; nothing if none objects. Takes only from the budget, which is asked last.
std::optional<Pace::Permit> Pace::refuse(TimePoint now, const Request& request) {
  if (held()) return Permit{.ask_at = now + probe_poll};
  if (now < learned_.paused_until()) return Permit{.ask_at = learned_.paused_until()};
  if (!users_.idle()) {
    const TimePoint due = users_.due(UserPace::hash(request.user), now);
    if (due > now) return Permit{.ask_at = due, .only_user = true};
  }
  if (const auto due = limiters_due(now)) return Permit{.ask_at = *due};
  if (request.kind == Request::Kind::retry && !budget_.take(now)) {
    return Permit{.ask_at = budget_.due(), .only_retries = true};
  }
  return std::nullopt;
}

/// When the limiters have something again; nothing if they have it now.
std::optional<TimePoint> Pace::limiters_due(TimePoint now) {
  if (limiter_ && limiter_->due() > now) return limiter_->due();
  if (const TimePoint due = learned_.due(now); due > now) return due;
  return std::nullopt;
}

/// From all but the budget.
void Pace::take(TimePoint now, const Request& request) {
  if (limiter_) limiter_->acquire(now);
  learned_.take(now);
  if (!users_.idle()) users_.take(UserPace::hash(request.user), now);
  if (request.kind == Request::Kind::first) budget_.earn();
}

bool Pace::held_for(Hold why) const {
  return (holds_.load(std::memory_order_relaxed) & static_cast<unsigned>(why)) != 0;
}

void Pace::hold(TimePoint now, Hold why) {
  const auto guard = lock();
  if (held_for(why)) return;
  if (why == Hold::user) paused_since_ = now;
  if (!held()) {
    held_since_ = now;
    down_before_hold_ = breaker_.downtime(now);
    learned_.set_down(true, now);
    users_.set_held(true, now);
  }
  holds_.fetch_or(static_cast<unsigned>(why), std::memory_order_relaxed);
}

void Pace::release(TimePoint now, Hold why) {
  const auto guard = lock();
  if (!held_for(why)) return;
  if (why == Hold::user) {
    paused_time_ += now - paused_since_;
    // The schedule was not kept, but on purpose.
    if (settings_.catch_up) limiter_.reset();
  }
  const Duration down = time_down(now);
  holds_.fetch_and(~static_cast<unsigned>(why), std::memory_order_relaxed);
  if (held()) {
    if (why == Hold::user) skip_pause(now);
    return;
  }
  breaker_.skip(held_since_, now);
  held_time_ = down - breaker_.downtime(now);
  learned_.set_down(!breaker_.closed(), now);
  users_.set_held(false, now);
}

/// The user's pause is over, but not the hold for credentials, whose request has its patience with an outage.
void Pace::skip_pause(TimePoint now) {
  const Duration pause = now - paused_since_;
  breaker_.skip(paused_since_, now);
  held_since_ += pause;
  held_time_ += pause;
}

Pace::Permit Pace::acquire_within_hold(TimePoint now) {
  const auto guard = lock();
  if (held_for(Hold::user)) return {.ask_at = now + probe_poll};
  if (now < learned_.paused_until()) return {.ask_at = learned_.paused_until()};
  if (const auto due = limiters_due(now)) return {.ask_at = *due};
  if (limiter_) limiter_->acquire(now);
  learned_.take(now);
  return {.granted = true};
}

Duration Pace::paused_time(TimePoint now) const {
  const auto guard = lock();
  return held_for(Hold::user) ? paused_time_ + (now - paused_since_) : paused_time_;
}

void Pace::change_rate(double rate, TimePoint now) {
  const auto guard = lock();
  settings_.rate = rate;
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

/// How long nothing could be sent, whether because the service was down or because of a hold.
Duration Pace::time_down(TimePoint now) const {
  const Duration down = breaker_.downtime(now);
  if (!held()) return down + held_time_;
  return down + held_time_ + ((now - held_since_) - (down - down_before_hold_));
}

void Pace::release_probe(TimePoint now) {
  const auto guard = lock();
  breaker_.release(now);
}

bool Pace::observe(const Outcome& outcome, TimePoint now, bool was_probe, std::string_view user) {
  const auto guard = lock();
  // A connection that went stale while nothing was sent tells nothing about the service. And what was mended, or
  // refused to one of many users, is proven only by the next request, which goes alone again if this one did.
  const bool unproven = outcome.verdict == Verdict::repeat || outcome.verdict == Verdict::unauthorized;
  if (outcome.verdict == Verdict::stale || (unproven && was_probe)) {
    if (was_probe) breaker_.release(now);
    return was_probe;
  }
  const TimePoint down_since = breaker_.down_since();
  bool changed = outcome.service_up() ? breaker_.success(now, was_probe) : breaker_.failure(now, was_probe);
  changed |= follow_outage(outcome, down_since, now);
  interrupted_.store(!breaker_.closed(), std::memory_order_relaxed);
  changed |= adapt(outcome, now);
  changed |= adapt_user(outcome, now, user);
  return changed;
}

/// Tells of an outage once, and of its end. One that is there from the start never opened the breaker, which only
/// waited for the first request; the answer to that ends no outage.
bool Pace::follow_outage(const Outcome& outcome, TimePoint down_since, TimePoint now) {
  if (down_ == !breaker_.closed()) return false;
  down_ = !down_;
  if (down_) {
    down_http_ = outcome.http;
    happened({.kind = PaceEvent::Kind::down, .http = outcome.http}, counts_.outages);
  } else {
    events_.push_back({.kind = PaceEvent::Kind::up, .wait = now - down_since});
  }
  return true;
}

/// What everybody has to heed. A wait of nothing is none.
bool Pace::adapt(const Outcome& outcome, TimePoint now) {
  using Kind = PaceEvent::Kind;
  const auto cut = learned_.observe(signal_of(outcome), now, !breaker_.closed() || held());
  if (cut) {
    cut_http_ = outcome.http;
    happened({.kind = Kind::cut, .from = cut->from, .to = cut->to, .http = outcome.http}, counts_.cuts);
  }
  if (outcome.verdict != Verdict::throttled || outcome.user_only || !outcome.retry_after) return cut.has_value();
  const Duration wait = *outcome.retry_after;
  if (learned_.pause(now + wait, now)) {
    wait_http_ = outcome.http;
    happened({.kind = Kind::paused, .wait = wait, .http = outcome.http}, counts_.pauses);
  }
  return true;
}

bool Pace::adapt_user(const Outcome& outcome, TimePoint now, std::string_view user) {
  using Kind = PaceEvent::Kind;
  const bool throttled = outcome.verdict == Verdict::throttled && outcome.user_only;
  if (!throttled && users_.idle()) return false;
  const auto hash = UserPace::hash(user);
  const auto cut = users_.observe(hash, user_signal_of(outcome), now);
  const bool paused = throttled && outcome.retry_after && users_.pause(hash, now + *outcome.retry_after, now);
  if (!cut && !paused) return throttled;
  const bool minor = !users_.tell(hash, now);
  if (cut) {
    happened({.kind = Kind::user_cut, .from = cut->from, .to = cut->to, .http = outcome.http, .minor = minor},
             counts_.user_cuts);
  }
  if (paused) {
    happened({.kind = Kind::user_paused,
              .wait = *outcome.retry_after,
              .http = outcome.http,
              .minor = minor || cut.has_value()},
             counts_.user_pauses);
  }
  return true;
}

void Pace::happened(const PaceEvent& event, std::uint64_t& count) {
  ++count;
  events_.push_back(event);
}

std::uint64_t Pace::overdue(TimePoint now) const {
  const auto guard = lock();
  return settings_.catch_up && limiter_ ? limiter_->overdue(now) : 0;
}

std::vector<PaceEvent> Pace::take_events() {
  const auto guard = lock();
  return std::exchange(events_, {});
}

PaceCounts Pace::counts() const {
  const auto guard = lock();
  return counts_;
}

PaceState Pace::state(TimePoint now) {
  const auto guard = lock();
  PaceState state;
  state.rate = settings_.rate;
  if (const auto rate = learned_.rate(now)) {
    state.learned = *rate;
    state.learned_http = cut_http_;
  }
  if (learned_.paused_until() > now) {
    state.wait = learned_.paused_until() - now;
    state.wait_http = wait_http_;
  }
  state.down = down_;
  state.down_http = down_ ? down_http_ : 0;
  state.renewing = held_for(Hold::credentials);
  state.paused = held_for(Hold::user);
  if (state.paused) state.paused_for = now - paused_since_;
  return state;
}

Duration Pace::downtime(TimePoint now) const {
  const auto guard = lock();
  return time_down(now);
}

Duration Pace::outage_time(TimePoint now) const {
  const auto guard = lock();
  return breaker_.downtime(now);
}

std::optional<Duration> Pace::down_for(TimePoint now) const {
  const auto guard = lock();
  if (breaker_.closed()) return std::nullopt;
  const TimePoint until = held_for(Hold::user) ? paused_since_ : now;
  return std::max(until - breaker_.down_since(), Duration::zero());
}

bool Pace::failing() const {
  const auto guard = lock();
  return breaker_.failing();
}

bool Pace::outage_exceeded(TimePoint now) const {
  const auto guard = lock();
  // Whoever holds has a limit of its own.
  return !held() && !breaker_.closed() && now - breaker_.down_since() >= settings_.max_outage;
}

}  // namespace koobatch::flow
