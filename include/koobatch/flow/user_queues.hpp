#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/flow/user_pace.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <queue>
#include <vector>

namespace koobatch::flow {

/// Operations set aside because their user has to wait, so that they delay nobody else: a queue for each such user, and
/// the time at which its first operation is to be tried again. However many wait, only one per user is tried at a time.
class UserQueues {
 public:
  using SlotId = std::uint32_t;
  using User = UserPace::User;

  /// Puts `slot` at the end or, with `at_front`, at the front of its user's queue. A new queue is due at `until`.
  void hold(User user, SlotId slot, TimePoint until, bool at_front);
  /// Whether there is a user whose first operation is due.
  bool due(TimePoint now) const { return !due_.empty() && due_.top().at <= now; }
  /// When the next user is due; TimePoint::max() if nobody waits.
  TimePoint next() const { return due_.empty() ? TimePoint::max() : due_.top().at; }
  /// The first operation of the user that is due.
  SlotId front() const { return queues_.find(due_.top().user)->second.front(); }
  /// Takes front(): the user's next operation is due at once.
  void pop(TimePoint now);
  /// Makes all operations of the user that is due wait until `until`.
  void postpone(TimePoint until);
  /// Makes users for whom `chosen` is true due at once.
  void hasten(const std::function<bool(User)>& chosen, TimePoint now);
  std::size_t size() const { return size_; }

 private:
  struct Due {
    TimePoint at;
    User user;
    friend bool operator>(const Due& a, const Due& b) { return a.at > b.at; }
  };

  boost::unordered_flat_map<User, std::deque<SlotId>> queues_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;  ///< one for each queue
  std::size_t size_ = 0;
};

}  // namespace koobatch::flow
