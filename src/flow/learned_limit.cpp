#include "koobatch/flow/learned_limit.hpp"

#include <algorithm>

namespace koobatch::flow {
namespace {

/// Longer than anything that is declared is believed.
constexpr Duration forgotten_after = std::chrono::seconds(10);

/// How often the limiter is adjusted to a rising rate, and how often while the rate doubles with each round trip.
constexpr Duration follow_interval = std::chrono::milliseconds(100);
constexpr Duration explore_interval = std::chrono::milliseconds(1);
constexpr Duration shortest_poll = std::chrono::milliseconds(1), longest_poll = std::chrono::milliseconds(100);

/// A smaller burst than for a rate set by the user: a service that throttles may allow none.
std::uint32_t burst(double rate) {
  return RateLimiter::default_burst(rate / 10);
}

}  // namespace

LearnedLimit::LearnedLimit(double ceiling, double first_guess, TimePoint now, bool down)
    : model_(ceiling, first_guess), counted_to_(now), down_(down) {}

/// Pauses and outages may overlap; neither counts.
Duration LearnedLimit::active(TimePoint now) {
  const TimePoint from = std::max(counted_to_, paused_until_);
  if (!down_ && now > from) active_ += now - from;
  counted_to_ = std::max(counted_to_, now);
  return active_;
}

Moment LearnedLimit::moment(TimePoint sent, TimePoint now, bool down) {
  count_unused(now);
  set_down(down, now);
  return {.sent = sent, .now = now, .active = active_};
}

std::optional<LearnedLimit::Change> LearnedLimit::admitted(TimePoint sent, TimePoint now, bool down) {
  const auto change = model_.admitted(moment(sent, now, down));
  if (change) follow_at_once(now);
  return change;
}

bool LearnedLimit::refused(TimePoint sent, TimePoint now, bool down, Duration wait) {
  return model_.refused(moment(sent, now, down), wait);
}

void LearnedLimit::lost(TimePoint sent, TimePoint now, bool down) {
  model_.lost(moment(sent, now, down));
}

bool LearnedLimit::hear(const DeclaredQuotas& quotas, DeclaredQuota::Scope scope, TimePoint sent, TimePoint now,
                        bool admitted) {
  const auto news = declared_.hear(quotas, scope, sent, now, admitted);
  if (news.rate) model_.propose(active(now), *news.rate);
  if (news.disproved) model_.distrust(active(now));
  if (news.rate || news.disproved) {
    follow_at_ = TimePoint::min();
    follow_rate(now);
  }
  if (news.reset > Duration::zero()) model_.expect_reset(active(now), news.reset);
  const bool used_up = news.used_up && model_.used_up(moment(sent, now, down_), news.reset);
  return news.rate || news.disproved || used_up;
}

std::optional<Duration> LearnedLimit::shut_for(TimePoint now) {
  return model_.exhausted() ? std::optional(model_.shut(active(now))) : std::nullopt;
}

void LearnedLimit::begin_trial(TimePoint now, bool steady) {
  model_.begin_trial(active(now), steady);
}

void LearnedLimit::end_trial(TimePoint now, bool refused) {
  model_.end_trial(active(now), refused);
  if (!refused) follow_at_once(now);
}

void LearnedLimit::resume(TimePoint now) {
  model_.resume(active(now));
  follow_at_once(now);
}

bool LearnedLimit::pause(TimePoint until, TimePoint now) {
  count_unused(now);
  active(now);
  const bool begins = paused_until_ <= now && until > now;
  paused_until_ = std::max(paused_until_, until);
  return begins;
}

/// Counts how long nothing was sent although it was due. Called before a pause or an outage begins, too: afterwards,
/// how much of the time was idle can no longer be told.
void LearnedLimit::count_unused(TimePoint now) {
  if (!limiter_) return;
  const Duration time = active(now);
  const Duration idle = std::min(limiter_->idle(now), time - used_to_);
  used_to_ = time;
  if (idle > Duration::zero()) model_.unused(time, idle);
}

Duration LearnedLimit::poll() const {
  return std::clamp<Duration>(model_.round_trip(), shortest_poll, longest_poll);
}

/// Adjusts the limiter to the current rate, or removes it.
void LearnedLimit::follow_rate(TimePoint now) {
  if (now < follow_at_) return;
  follow_at_ = now + (model_.exploring() ? explore_interval : follow_interval);
  const auto rate = model_.rate(active(now));
  if (!rate) {
    limiter_.reset();
  } else if (!limiter_) {
    limiter_.emplace(*rate, burst(*rate));
    used_to_ = active_;
    limiter_->change_rate(*rate, burst(*rate), now);
  } else {
    limiter_->follow_rate(*rate, burst(*rate), now);
  }
}

/// The limit has changed: discards what was saved up under the old one; the next request waits for a full interval.
void LearnedLimit::follow_at_once(TimePoint now) {
  follow_at_ = TimePoint::min();
  follow_rate(now);
  if (!limiter_) return;
  const double rate = *model_.rate(active_);
  limiter_->restart(rate, burst(rate), now);
  used_to_ = active_;
}

TimePoint LearnedLimit::due(TimePoint now) {
  // During an outage, the breaker schedules the probes.
  if (model_.exhausted() && !down_) {
    const Duration time = active(now);
    // Callers that wait for that answer check again at about the time it is expected.
    const Duration wait = model_.asked(time) ? poll() : model_.ask_at() - time;
    return std::max(paused_until_, now + wait);
  }
  count_unused(now);
  follow_rate(now);
  if (!limiter_) return paused_until_;
  // Once a declared rate is doubted it multiplies: a request is due long before it would be at the rate of now.
  const TimePoint due = model_.proposed() ? std::min(limiter_->due(), now + longest_poll) : limiter_->due();
  return std::max(paused_until_, due);
}

void LearnedLimit::take(TimePoint now) {
  if (model_.exhausted()) model_.ask(active(now));
  count_unused(now);
  if (limiter_) limiter_->acquire(now);
}

std::optional<double> LearnedLimit::rate(TimePoint now) {
  return model_.rate(active(now));
}

void LearnedLimit::change_ceiling(double ceiling, TimePoint now) {
  model_.change_ceiling(ceiling);
  follow_at_once(now);
}

void LearnedLimit::set_down(bool down, TimePoint now) {
  count_unused(now);
  active(now);
  down_ = down;
}

bool LearnedLimit::is_over(TimePoint now) {
  // By a user who sends nothing more, nobody asks whether there is room again.
  const bool forgotten = model_.exhausted() && model_.shut(active(now)) > forgotten_after && !model_.asked(active(now));
  return paused_until_ <= now && (forgotten || !rate(now));
}

}  // namespace koobatch::flow
