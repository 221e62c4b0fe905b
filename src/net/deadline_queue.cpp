#include "koobatch/net/deadline_queue.hpp"

namespace koobatch::net {

bool DeadlineQueue::arm(Deadline& deadline, TimePoint at) {
  if (deadline.armed()) deadline.disarm();
  deadline.at_ = at;
  auto place = list_.end();
  while (place != list_.begin() && std::prev(place)->at() > at) --place;
  list_.insert(place, deadline);
  return &list_.front() == &deadline;
}

void DeadlineQueue::expire(TimePoint now) {
  while (!list_.empty() && list_.front().at() <= now) {
    Deadline& due = list_.front();
    due.disarm();
    due.expire();
  }
}

}  // namespace koobatch::net
