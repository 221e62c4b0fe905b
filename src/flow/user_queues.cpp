#include "koobatch/flow/user_queues.hpp"

#include <algorithm>
#include <utility>

namespace koobatch::flow {

void UserQueues::hold(User user, SlotId slot, TimePoint until, bool at_front) {
  const auto [place, is_new] = queues_.try_emplace(user);
  if (at_front) {
    place->second.push_front(slot);
  } else {
    place->second.push_back(slot);
  }
  ++size_;
  if (is_new) due_.push({until, user});
}

void UserQueues::pop(TimePoint now) {
  const User user = due_.top().user;
  due_.pop();
  --size_;
  const auto place = queues_.find(user);
  place->second.pop_front();
  if (place->second.empty()) {
    queues_.erase(place);
  } else {
    due_.push({now, user});
  }
}

void UserQueues::postpone(TimePoint until) {
  const User user = due_.top().user;
  due_.pop();
  due_.push({until, user});
}

void UserQueues::hasten(const std::function<bool(User)>& chosen, TimePoint now) {
  decltype(due_) hastened;
  for (; !due_.empty(); due_.pop()) {
    Due due = due_.top();
    if (chosen(due.user)) due.at = std::min(due.at, now);
    hastened.push(due);
  }
  due_ = std::move(hastened);
}

}  // namespace koobatch::flow
