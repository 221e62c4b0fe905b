#include "koobatch/flow/holds.hpp"

#include <cassert>

namespace koobatch::flow {

bool Holds::begin(Why why, TimePoint now, const Breaker& breaker) {
  assert(!has(why));
  if (why == Why::user) paused_since_ = now;
  const bool first = !any();
  if (first) {
    since_ = now;
    down_before_ = breaker.downtime(now);
  }
  held_.fetch_or(static_cast<unsigned>(why), std::memory_order_relaxed);
  return first;
}

bool Holds::end(Why why, TimePoint now, Breaker& breaker) {
  assert(has(why));
  if (why == Why::user) paused_time_ += now - paused_since_;
  const Duration down = downtime(now, breaker);
  held_.fetch_and(~static_cast<unsigned>(why), std::memory_order_relaxed);
  if (any()) {
    if (why == Why::user) skip_pause(now, breaker);
    return false;
  }
  breaker.skip(since_, now);
  time_ = down - breaker.downtime(now);
  return true;
}

/// Excludes the user's pause from the hold for credentials, which continues: its request has its own limit for outages.
void Holds::skip_pause(TimePoint now, Breaker& breaker) {
  const Duration pause = now - paused_since_;
  breaker.skip(paused_since_, now);
  since_ += pause;
  time_ += pause;
}

Duration Holds::downtime(TimePoint now, const Breaker& breaker) const {
  const Duration down = breaker.downtime(now);
  if (!any()) return down + time_;
  return down + time_ + ((now - since_) - (down - down_before_));
}

Duration Holds::paused_time(TimePoint now) const {
  return has(Why::user) ? paused_time_ + (now - paused_since_) : paused_time_;
}

}  // namespace koobatch::flow
