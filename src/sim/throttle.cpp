#include "sim/throttle.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace koobatch::sim {
namespace {

constexpr std::size_t few_users = 1024;

}  // namespace

Throttle::Throttle(ThrottleSettings settings, TimePoint clock)
    : settings_(std::move(settings)), clock_(clock), enough_users_(few_users) {
  assert(settings_.rates.empty() || settings_.rates.front().from == Duration::zero());
  assert(std::is_sorted(settings_.rates.begin(), settings_.rates.end(),
                        [](const RateStep& a, const RateStep& b) { return a.from < b.from; }));
}

/// The rate allowed at present; 0: unlimited.
double Throttle::rate(TimePoint now) {
  if (settings_.rates.empty()) return 0;
  if (!first_request_) first_request_ = now;
  while (step_ + 1 < settings_.rates.size() && now - *first_request_ >= settings_.rates[step_ + 1].from) ++step_;
  return settings_.rates[step_].rate;
}

Throttle::Verdict Throttle::admit(std::string_view name, TimePoint now, Place& place) {
  assert(!place.taken);
  if (!settings_.per_user) name = {};
  const double allowed = rate(now);
  User& user = find(name, now);
  Verdict verdict;
  // Checked first, so that requests refused for it do not use up the quota.
  if (settings_.concurrency > 0 && user.in_flight >= settings_.concurrency) {
    verdict.refusal = Refusal::concurrency;
  } else if (allowed > 0 && !user.counter->admit(allowed, now)) {
    verdict.refusal = Refusal::rate;
  } else if (settings_.concurrency > 0) {
    ++user.in_flight;
    place.taken = true;
    place.user = name;
  }
  if (allowed > 0) verdict.quota = state(*user.counter, allowed, now);
  return verdict;
}

void Throttle::leave(Place& place) {
  if (!place.taken) return;
  place.taken = false;
  --users_.find(place.user)->second.in_flight;
}

Throttle::User& Throttle::find(std::string_view name, TimePoint now) {
  if (users_.size() >= enough_users_) forget_idle_users(now);
  User& user = users_[std::string(name)];
  if (!user.counter) user.counter = make_counter(settings_, clock_);
  return user;
}

void Throttle::forget_idle_users(TimePoint now) {
  erase_if(users_,
           [&](const auto& entry) { return entry.second.in_flight == 0 && entry.second.counter->at_rest(now); });
  // So that the cost of looking through all users is amortised over the arrival of new ones.
  enough_users_ = std::max(few_users, 2 * users_.size());
}

/// The quota as declared: for a bucket only its rate, because a service does not reveal the capacity.
QuotaState Throttle::state(QuotaCounter& counter, double rate, TimePoint now) const {
  const auto allowance = counter.allowance(rate, now);
  const bool bucket = settings_.counting == Counting::bucket;
  const Duration span = bucket ? std::chrono::seconds(1) : settings_.span;
  return {.limit = bucket ? rate : requests_in(rate, span),
          .span = span,
          .left = allowance.requests,
          .until_full = allowance.until_full};
}

}  // namespace koobatch::sim
