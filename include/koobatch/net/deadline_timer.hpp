#pragma once
#include "koobatch/net/asio.hpp"
#include "koobatch/net/deadline_queue.hpp"

namespace koobatch::net {

/// A thread's only timer, which expires any number of deadlines. For use on the thread of the io_context. The
/// io_context must outlive it, and it must outlive its deadlines.
class DeadlineTimer {
 public:
  explicit DeadlineTimer(asio::io_context& context) : timer_(context) {}

  /// Arms `deadline`, or moves it if it is armed already. Allocates nothing, and rarely has to set the timer.
  void arm(Deadline& deadline, TimePoint at);
  /// Stops the timer until something is armed again, so that the io_context can run out of work.
  void stop();

 private:
  void set();
  void fired();

  DeadlineQueue queue_;
  Timer timer_;
  TimePoint set_for_ = TimePoint::max();  ///< when it will fire
};

}  // namespace koobatch::net
