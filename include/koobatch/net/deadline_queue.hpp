#pragma once
#include "koobatch/core/clock.hpp"

#include <boost/intrusive/list.hpp>

#include <cassert>

namespace koobatch::net {

/// Something that must end by a given time. Embedded in its owner, so that arming it allocates nothing. Must not
/// outlive the queue it is armed in.
class Deadline : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  virtual ~Deadline() = default;
  /// Called when the time is over. The deadline is disarmed by then.
  virtual void expire() = 0;

  bool armed() const { return is_linked(); }
  /// Precondition: armed.
  void disarm() {
    assert(armed());
    unlink();
  }
  /// The time it was last armed for; meaningless before that.
  TimePoint at() const { return at_; }

 private:
  friend class DeadlineQueue;
  TimePoint at_;
};

/// Many deadlines served by one timer, ordered by time. As nearly all last equally long, a new one nearly always goes
/// to the end, so in effect this is a queue. Not thread-safe.
class DeadlineQueue {
 public:
  /// Arms `deadline`, or moves it if it is armed already. Returns whether it is now the earliest, so that the timer
  /// must be set again. When next() becomes later, the timer need not be set: it will merely find nothing due.
  bool arm(Deadline& deadline, TimePoint at);
  /// Expires all deadlines due at `now`, in order. An expire() may arm, disarm and destroy others.
  void expire(TimePoint now);
  /// The earliest deadline, or TimePoint::max().
  TimePoint next() const { return list_.empty() ? TimePoint::max() : list_.front().at(); }

 private:
  boost::intrusive::list<Deadline, boost::intrusive::constant_time_size<false>> list_;
};

}  // namespace koobatch::net
