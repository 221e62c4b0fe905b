#pragma once
#include "koobatch/core/clock.hpp"

namespace koobatch::flow {

/// When to ask whether a used-up quota admits requests again: one request at a time, at growing intervals, which costs
/// a handful of refusals whatever the quota. Times are the durations for which something could have been admitted.
class Asking {
 public:
  /// The first question is due after `interval`, every further one after an interval that is `growth` times as long.
  /// `pause`: the service asked for a pause, which does not count as active and is a sufficient wait for the next one.
  void begin(Duration active, Duration interval, double growth, bool pause);
  /// Reports that the answer was no, or that there was none.
  void refused(Duration active, bool pause);
  /// Reports that the service says that it will admit requests from `open` on. Believed only after a few questions were
  /// refused.
  void expect(Duration open) { open_ = open; }
  /// Reports that the question is sent.
  void sent(Duration active);
  /// Whether it is in flight, and its answer is still awaited.
  bool is_awaited(Duration active) const { return awaited_ && active < due_; }
  /// When the next question is due.
  Duration due() const { return due_; }

 private:
  Duration due_{}, interval_{};
  Duration open_{};
  double growth_ = 1;
  unsigned in_vain_ = 0;
  bool awaited_ = false;
};

}  // namespace koobatch::flow
