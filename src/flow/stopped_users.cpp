#include "koobatch/flow/stopped_users.hpp"

namespace koobatch::flow {

bool StoppedUsers::stop(User user) {
  const std::lock_guard guard(mutex_);
  const bool is_new = users_.insert(user).second;
  size_.store(users_.size(), std::memory_order_release);
  return is_new;
}

bool StoppedUsers::contains(User user) const {
  if (size() == 0) return false;
  const std::lock_guard guard(mutex_);
  return users_.contains(user);
}

void StoppedUsers::accepted() {
  // Read first: a line of memory that nobody writes is everybody's.
  if (!accepted_.load(std::memory_order_relaxed)) accepted_.store(true, std::memory_order_relaxed);
}

}  // namespace koobatch::flow
