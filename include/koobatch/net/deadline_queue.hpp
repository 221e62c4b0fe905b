#pragma once
#include "koobatch/core/clock.hpp"

#include <boost/intrusive/list.hpp>

#include <functional>

namespace koobatch::net {

/// Something that must end by a time. Embedded in what it belongs to, so that arming it allocates nothing; must not
/// outlive the queue it is armed in.
class Deadline : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  virtual ~Deadline() = default;
  /// The time is over. The deadline is disarmed already.
  virtual void expire() = 0;

  bool armed() const { return is_linked(); }
  /// Only if armed.
  void disarm() { unlink(); }
  /// When it was armed for; meaningless if it never was.
  TimePoint at() const { return at_; }

 private:
  friend class DeadlineQueue;
  TimePoint at_;
};

/// Many deadlines behind one timer. They are kept in order of time; as nearly all last equally long, a new one nearly
/// always goes to the end, which makes this a queue in effect. One thread only.
class DeadlineQueue {
 public:
  /// Arms `deadline`, or moves it if it is armed already.
  void arm(Deadline& deadline, TimePoint at);
  /// Expires all that are due at `now`, in order; an expire() may arm, disarm and destroy others.
  void expire(TimePoint now);
  /// The earliest, or TimePoint::max().
  TimePoint next() const { return list_.empty() ? TimePoint::max() : list_.front().at(); }

  /// Called when the deadline armed last is the earliest: the timer behind this queue may have to be set anew. Set
  /// before use. Not called when next() becomes later; the timer then finds nothing due.
  std::function<void()> earlier;

 private:
  boost::intrusive::list<Deadline, boost::intrusive::constant_time_size<false>> list_;
};

}  // namespace koobatch::net
