#include "koobatch/flow/user_pace.hpp"

#include <xxhash.h>

#include <algorithm>

namespace koobatch::flow {

UserPace::User UserPace::hash(std::string_view user) {
  return XXH3_64bits(user.data(), user.size());
}

TimePoint UserPace::due(User user, TimePoint now) const {
  const auto found = users_.find(user);
  if (found == users_.end()) return now;
  const State& state = found->second;
  return state.limiter ? std::max(state.paused_until, state.limiter->due()) : state.paused_until;
}

void UserPace::take(User user, TimePoint now) {
  if (rate_ == 0) return;
  State& it = state(user, now);
  if (!it.limiter) it.limiter.emplace(rate_, RateLimiter::default_burst(rate_));
  it.limiter->acquire(now);
}

void UserPace::pause(User user, TimePoint until, TimePoint now) {
  State& it = state(user, now);
  it.paused_until = std::max(it.paused_until, until);
}

UserPace::State& UserPace::state(User user, TimePoint now) {
  if (users_.size() >= forget_at_) forget_idle(now);
  return users_[user];
}

void UserPace::forget_idle(TimePoint now) {
  boost::unordered::erase_if(users_, [&](const auto& entry) {
    const State& it = entry.second;
    return it.paused_until <= now && (!it.limiter || it.limiter->is_full(now));
  });
  forget_at_ = std::max<std::size_t>(1024, users_.size() * 2);
}

}  // namespace koobatch::flow
