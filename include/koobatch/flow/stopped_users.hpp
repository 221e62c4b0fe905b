#pragma once
#include "koobatch/core/mutex.hpp"
#include "koobatch/flow/user_pace.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <atomic>
#include <cstddef>

namespace koobatch::flow {

/// The users whose credentials the service refused for good: nothing more is sent for them, while all others continue.
/// Shared by all threads. Users are identified by a hash: if two collide, they are merely stopped together.
class StoppedUsers {
 public:
  using User = UserPace::User;

  /// If this many users were stopped and not one accepted, the fault is not in their tokens but in how or where they
  /// are sent.
  static constexpr std::size_t hopeless_from = 100;

  /// Stops the user. Returns the number of users stopped so far, including this one; 0 if it was stopped before.
  std::size_t stop(User user);
  bool contains(User user) const;
  /// The number of stopped users. Cheap enough to check before every operation.
  std::size_t size() const { return size_.load(std::memory_order_acquire); }

  /// Reports that the service accepted a user's credentials.
  void accepted();
  /// Whether there is no point in trying the other users.
  bool hopeless() const { return size() >= hopeless_from && !accepted_.load(std::memory_order_relaxed); }

 private:
  mutable Mutex mutex_;
  boost::unordered_flat_set<User> users_ GUARDED_BY(mutex_);
  std::atomic<std::size_t> size_{0};
  std::atomic<bool> accepted_{false};
};

}  // namespace koobatch::flow
