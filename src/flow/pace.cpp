#include "koobatch/flow/pace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace koobatch::flow {
namespace {

/// How soon a thread asks again that waits for another thread's probe. That probe's end wakes it earlier.
constexpr Duration probe_poll = std::chrono::milliseconds(100);
/// How often the limiter follows the rate that rises.
constexpr Duration follow_interval = std::chrono::milliseconds(100);

/// Fewer at once than for a rate the user set: a service that throttles may allow none.
std::uint32_t adaptive_burst(double rate) {
  return RateLimiter::default_burst(rate / 5);
}

AdaptiveRate::Signal signal_of(const Outcome& outcome) {
  using Signal = AdaptiveRate::Signal;
  if (outcome.verdict == Verdict::throttled) {
    if (outcome.user_only || outcome.http == 408 || outcome.http == 425) return Signal::other;
    return outcome.http == 503 && !outcome.retry_after ? Signal::unavailable : Signal::throttled;
  }
  return outcome.http != 0 && outcome.http < 500 ? Signal::accepted : Signal::other;
}

std::string rate_text(double rate) {
  return rate < 10 ? fmt::format("{:.2g}/s", rate) : fmt::format("{:.0f}/s", rate);
}

std::string reason(int http) {
  return http == 0 ? std::string() : fmt::format(" (HTTP {})", http);
}

}  // namespace

std::string describe(const PaceEvent& event) {
  switch (event.kind) {
    case PaceEvent::Kind::cut:
      return fmt::format("the service throttles{}: at most {} from now on, before {}", reason(event.http),
                         rate_text(event.to), event.from ? rate_text(*event.from) : "without limit");
    case PaceEvent::Kind::paused:
      return fmt::format("the service asks to wait{}: nothing is sent for {:.3g} s", reason(event.http),
                         seconds(event.wait));
    case PaceEvent::Kind::user_paused:
      return fmt::format("the service asks one user to wait{}: nothing is sent for that user for {:.3g} s",
                         reason(event.http), seconds(event.wait));
    case PaceEvent::Kind::down:
      return fmt::format("the service does not answer{}: nothing is sent but a probe now and then, until it does",
                         reason(event.http));
    case PaceEvent::Kind::up:
      return fmt::format("the service answers again, after {:.3g} s: going on as before", seconds(event.wait));
  }
  return {};
}

Pace::Pace(const PaceSettings& settings, TimePoint now)
    : settings_(settings), rate_(settings.rate), users_(settings.rate_per_user), breaker_(now), started_(now) {
  if (settings.rate > 0) {
    limiter_.emplace(settings.rate, settings.burst != 0 ? settings.burst : RateLimiter::default_burst(settings.rate));
  }
}

std::unique_lock<std::mutex> Pace::lock() const {
  return settings_.shared ? std::unique_lock(mutex_) : std::unique_lock<std::mutex>();
}

/// What pauses and breaker say; nothing if neither objects and no probe is due.
std::optional<Pace::Permit> Pace::gate(TimePoint now) {
  if (now < paused_until_) return Permit{.ask_at = paused_until_};
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
  if (auto refused = refuse(now, request)) {
    // A caller that is to wait keeps no probe: whoever asks next may have it.
    if (permit.probe) breaker_.release(now);
    return *refused;
  }
  take(now, request);
  permit.downtime = breaker_.downtime(now);
  return permit;
}

/// What pauses, limiters and budget say; nothing if none objects. Takes only from the budget, which is asked last.
std::optional<Pace::Permit> Pace::refuse(TimePoint now, const Request& request) {
  if (now < paused_until_) return Permit{.ask_at = paused_until_};
  if (!users_.idle()) {
    const TimePoint due = users_.due(UserPace::hash(request.user), now);
    if (due > now) return Permit{.ask_at = due, .only_user = true};
  }
  if (limiter_ && limiter_->due() > now) return Permit{.ask_at = limiter_->due()};
  if (adaptive_) follow_rate(now);
  if (adaptive_ && adaptive_->due() > now) return Permit{.ask_at = adaptive_->due()};
  if (request.kind == Request::Kind::retry && !budget_.take(now)) {
    return Permit{.ask_at = budget_.due(), .only_retries = true};
  }
  return std::nullopt;
}

/// From all but the budget.
void Pace::take(TimePoint now, const Request& request) {
  if (limiter_) limiter_->acquire(now);
  if (adaptive_) adaptive_->acquire(now);
  if (!users_.idle()) users_.take(UserPace::hash(request.user), now);
  if (request.kind == Request::Kind::first) budget_.earn();
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
  const TimePoint down_since = breaker_.down_since();
  bool changed = outcome.service_up() ? breaker_.success(now, was_probe) : breaker_.failure(now, was_probe);
  changed |= follow_outage(outcome, down_since, now);
  interrupted_.store(!breaker_.closed(), std::memory_order_relaxed);
  changed |= adapt(outcome, now);
  if (outcome.verdict == Verdict::throttled && outcome.retry_after && !outcome.user_only) {
    pause(*outcome.retry_after, now, outcome.http);
    changed = true;
  }
  return changed;
}

/// Tells of an outage once, and of its end. One that is there from the start never opened the breaker, which only
/// waited for the first request; the answer to that ends no outage.
bool Pace::follow_outage(const Outcome& outcome, TimePoint down_since, TimePoint now) {
  if (down_ == !breaker_.closed()) return false;
  down_ = !down_;
  if (down_) {
    happened({.kind = PaceEvent::Kind::down, .http = outcome.http}, counts_.outages);
  } else {
    events_.push_back({.kind = PaceEvent::Kind::up, .wait = now - down_since});
  }
  return true;
}

bool Pace::adapt(const Outcome& outcome, TimePoint now) {
  const auto cut = rate_.observe(signal_of(outcome), active(now));
  if (!cut) return false;
  happened({.kind = PaceEvent::Kind::cut, .from = cut->from, .to = cut->to, .http = outcome.http}, counts_.cuts);
  follow_at_ = TimePoint::min();
  follow_rate(now);
  return true;
}

/// Brings the limiter to the rate of the hour, or does away with it.
void Pace::follow_rate(TimePoint now) {
  if (now < follow_at_) return;
  follow_at_ = now + follow_interval;
  const auto rate = rate_.limit(active(now));
  if (!rate) {
    adaptive_.reset();
    return;
  }
  if (!adaptive_) adaptive_.emplace(*rate, adaptive_burst(*rate));
  adaptive_->change_rate(*rate, adaptive_burst(*rate), now);
}

void Pace::pause(Duration wait, TimePoint now, int http) {
  const TimePoint until = now + wait;
  if (until <= paused_until_) return;
  // What was in flight when the pause began may make it a little longer: that is the same one.
  if (paused_until_ <= now) happened({.kind = PaceEvent::Kind::paused, .wait = wait, .http = http}, counts_.pauses);
  paused_ += until - std::max(now, paused_until_);
  paused_until_ = until;
}

void Pace::pause_user(std::string_view user, TimePoint until, TimePoint now, int http) {
  const auto guard = lock();
  const auto hash = UserPace::hash(user);
  if (users_.due(hash, now) <= now) {
    happened({.kind = PaceEvent::Kind::user_paused, .wait = until - now, .http = http}, counts_.user_pauses);
  }
  users_.pause(hash, until, now);
}

/// How long so far something could have been accepted.
Duration Pace::active(TimePoint now) const {
  const Duration pause_left = paused_until_ > now ? paused_until_ - now : Duration::zero();
  return std::max(now - started_ - (paused_ - pause_left) - breaker_.downtime(now), Duration::zero());
}

void Pace::happened(const PaceEvent& event, std::uint64_t& count) {
  ++count;
  events_.push_back(event);
}

std::vector<PaceEvent> Pace::take_events() {
  const auto guard = lock();
  return std::exchange(events_, {});
}

PaceCounts Pace::counts() const {
  const auto guard = lock();
  return counts_;
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
