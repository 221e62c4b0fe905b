#pragma once
#include "koobatch/flow/user_pace.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <atomic>
#include <cstddef>
#include <mutex>

namespace koobatch::flow {

/// The users whose credentials the service refused for good: nothing more is sent for them, while everybody else goes
/// on. Shared by all threads. Users are told apart by a hash: two that share one are merely stopped together.
class StoppedUsers {
 public:
  using User = UserPace::User;

  /// So many users stopped, and not one accepted: it is not their tokens that are wrong but how they are sent, or where
  /// to.
  static constexpr std::size_t hopeless_from = 100;

  /// The number of users stopped so far, this one included; 0: it was stopped before.
  std::size_t stop(User user);
  bool contains(User user) const;
  /// How many there are. Cheap enough to ask before every operation.
  std::size_t size() const { return size_.load(std::memory_order_acquire); }

  /// The service took somebody's credentials.
  void accepted();
  /// Is there no reason to try the others?
  bool hopeless() const { return size() >= hopeless_from && !accepted_.load(std::memory_order_relaxed); }

 private:
  mutable std::mutex mutex_;
  boost::unordered_flat_set<User> users_;
  std::atomic<std::size_t> size_{0};
  std::atomic<bool> accepted_{false};
};

}  // namespace koobatch::flow
