#include "koobatch/flow/stopped_users.hpp"

namespace koobatch::flow {

std::size_t StoppedUsers::stop(User user) {
  const MutexLock guard(mutex_);
  if (!users_.insert(user).second) return 0;
  size_.store(users_.size(), std::memory_order_release);
  return users_.size();
}

bool StoppedUsers::contains(User user) const {
  if (size() == 0) return false;
  const MutexLock guard(mutex_);
  return users_.contains(user);
}

void StoppedUsers::accepted() {
  // Reads first, so that the cache line stays shared between cores once the flag is set.
  if (!accepted_.load(std::memory_order_relaxed)) accepted_.store(true, std::memory_order_relaxed);
}

}  // namespace koobatch::flow
