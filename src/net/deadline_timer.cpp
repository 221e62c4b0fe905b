#include "koobatch/net/deadline_timer.hpp"

namespace koobatch::net {

void DeadlineTimer::arm(Deadline& deadline, TimePoint at) {
  if (queue_.arm(deadline, at)) set();
}

void DeadlineTimer::stop() {
  timer_.cancel();
  set_for_ = TimePoint::max();
}

void DeadlineTimer::set() {
  const TimePoint due = queue_.next();
  if (due >= set_for_) return;
  set_for_ = due;
  timer_.expires_at(due);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) fired();
  });
}

void DeadlineTimer::fired() {
  set_for_ = TimePoint::max();
  queue_.expire(Steady::now());
  set();
}

}  // namespace koobatch::net
