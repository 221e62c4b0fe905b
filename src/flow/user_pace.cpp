#include "koobatch/flow/user_pace.hpp"

#include <xxhash.h>

#include <algorithm>

namespace koobatch::flow {
namespace {

constexpr unsigned most_told = 10;

}  // namespace

UserPace::User UserPace::hash(std::string_view user) {
  return XXH3_64bits(user.data(), user.size());
}

void UserPace::change_rate(double rate, TimePoint now) {
  rate_ = rate;
  for (auto& entry : users_) {
    State& it = entry.second;
    if (rate == 0) it.limiter.reset();
    if (it.limiter) it.limiter->change_rate(rate, RateLimiter::default_burst(rate), now);
    if (it.learned) it.learned->change_ceiling(rate, now);
  }
}

TimePoint UserPace::due(User user, TimePoint now) {
  const auto found = users_.find(user);
  if (found == users_.end()) return now;
  State& it = found->second;
  const TimePoint allowed = it.limiter ? it.limiter->due() : now;
  if (!it.learned) return allowed;
  const TimePoint due = std::max(allowed, it.learned->due(now));
  return it.has_room() ? due : std::max(due, now + it.learned->poll());
}

bool UserPace::take(User user, TimePoint now) {
  State* const it = rate_ == 0 ? find_state(user) : &state(user, now);
  if (it == nullptr) return false;
  ++it->in_flight;
  if (it->learned) it->learned->take(now);
  if (rate_ == 0) return true;
  if (!it->limiter) it->limiter.emplace(rate_, RateLimiter::default_burst(rate_));
  it->limiter->acquire(now);
  return true;
}

void UserPace::landed(User user) {
  // A user may have been forgotten meanwhile.
  State* const it = find_state(user);
  if (it != nullptr && it->in_flight > 0) --it->in_flight;
}

UserPace::State* UserPace::find_state(User user) {
  const auto found = users_.find(user);
  return found != users_.end() ? &found->second : nullptr;
}

LearnedLimit* UserPace::find(User user) {
  State* const it = find_state(user);
  return it != nullptr && it->learned ? &*it->learned : nullptr;
}

std::optional<LearnedLimit::Change> UserPace::admitted(User user, TimePoint sent, TimePoint now) {
  State* const it = find_state(user);
  if (it == nullptr || !it->learned) return std::nullopt;
  // A service that is silent again leaves nothing to believe; if it is not, hear() follows.
  it->room.reset();
  LearnedLimit* const limit = &*it->learned;
  const auto shut = limit->shut_for(now);
  const auto change = limit->admitted(sent, now, held_);
  if (shut && change && *shut < typically_shut_) typically_shut_ = *shut;
  return change;
}

bool UserPace::refused(User user, TimePoint sent, TimePoint now, Duration wait, const LearnedLimit& everybody) {
  State& it = state(user, now);
  it.hinted = false;
  if (!it.learned && !several_) it.learned = everybody;
  LearnedLimit& limit = learned(user, now);
  const bool news = limit.refused(sent, now, held_, wait);
  // Users' quotas are alike: once it is known of one how long it is used up, the next need not be asked from the start.
  if (const auto shut = limit.shut_for(now); shut && *shut > typically_shut_) typically_shut_ = *shut;
  return news;
}

/// What is declared for users is taken up only until it proves useless: otherwise a user whose quota does not exist
/// would be slowed down, forgotten, and slowed down again.
void UserPace::hear(User user, const DeclaredQuotas& quotas, TimePoint sent, TimePoint now, bool admitted) {
  constexpr auto scope = DeclaredQuota::Scope::user;
  if (!declarations_help_ || !any_of_scope(quotas, scope)) return;
  const bool first = find(user) == nullptr;
  LearnedLimit& limit = learned(user, now);
  limit.hear(quotas, scope, sent, now, admitted);
  State& it = *find_state(user);
  it.hinted |= first;
  it.room = limit.exhausted() ? std::nullopt : limit.declared_room();
}

void UserPace::lost(User user, TimePoint sent, TimePoint now) {
  if (LearnedLimit* const limit = find(user)) limit->lost(sent, now, held_);
}

bool UserPace::pause(User user, TimePoint until, TimePoint now) {
  return learned(user, now).pause(until, now);
}

void UserPace::set_held(bool held, TimePoint now) {
  held_ = held;
  for (auto& entry : users_) {
    if (entry.second.learned) entry.second.learned->set_down(held, now);
  }
}

bool UserPace::tell(User user, TimePoint now) {
  State& it = state(user, now);
  if (it.told || told_ == most_told) return false;
  ++told_;
  return it.told = true;
}

UserPace::State& UserPace::state(User user, TimePoint now) {
  if (users_.size() >= forget_at_) forget_idle(now);
  return users_.try_emplace(user).first->second;
}

/// Outages are not known here: during one, a user's rate rises unnoticed, and is cut again later.
LearnedLimit& UserPace::learned(User user, TimePoint now) {
  State& it = state(user, now);
  if (!it.learned) {
    it.learned.emplace(rate_, first_guess, now, held_);
    it.learned->expect_shut(typically_shut_);
  }
  return *it.learned;
}

void UserPace::forget_idle(TimePoint now) {
  boost::unordered::erase_if(users_, [&](auto& entry) {
    State& it = entry.second;
    const bool over = (!it.learned || it.learned->is_over(now)) && (!it.limiter || it.limiter->is_full(now));
    if (over && it.hinted) declarations_help_ = false;
    return over;
  });
  forget_at_ = std::max<std::size_t>(1024, users_.size() * 2);
}

}  // namespace koobatch::flow
