#pragma once
#include "koobatch/core/clock.hpp"

namespace koobatch::flow {

/// Stops traffic to a service that does not answer, and finds out with one probe at a time when it is back. A new
/// breaker waits for a probe: the first request of a segment goes alone and proves the endpoint before anything else
/// leaves.
class Breaker {
 public:
  /// So many failures in a row, with no answer in between, open the breaker. Few enough that an outage costs hardly
  /// more requests than were in flight, many enough that scattered faults do not meet it.
  static constexpr unsigned failures_to_open = 6;
  static constexpr Duration first_probe_delay = std::chrono::milliseconds(200);
  static constexpr Duration max_probe_delay = std::chrono::seconds(2);
  /// In a long outage probes come further apart, a thirtieth of its length so far: ten hours cost some 220 of them, so
  /// that even a single operation that probes alone does not run out of the 255 attempts a trace ID can number.
  static constexpr int probes_in_proportion = 30;

  enum class State { closed, open, probing };

  explicit Breaker(TimePoint now) : down_since_(now), probe_at_(now) {}

  State state() const { return closed_ ? State::closed : probe_out_ ? State::probing : State::open; }
  bool closed() const { return closed_; }
  /// Was the last that was heard of the service a failure?
  bool failing() const { return !closed_ || failures_ != 0; }
  /// When open: the time of the next probe.
  TimePoint probe_at() const { return probe_at_; }
  /// When not closed: since when the service has not answered.
  TimePoint down_since() const { return down_since_; }
  /// How long the breaker has not been closed, over its whole life: time that operations do not answer for.
  Duration downtime(TimePoint now) const { return closed() ? downtime_ : downtime_ + (now - down_since_); }

  /// Takes the right to probe, when open and due. It is given back by the probe's success(), failure() or release().
  /// Until then nobody else gets it, even if the breaker was closed and opened again in between.
  bool begin_probe(TimePoint now);
  /// Nothing could be sent from then to then, for a reason of our own: no outage is the longer for it.
  void skip(TimePoint from, TimePoint to);
  /// The probe was not sent, or told nothing: the next may be sent at once.
  void release(TimePoint now);
  /// An attempt was answered; `probe`: it was the probe. True if that closed the breaker.
  bool success(TimePoint now, bool probe);
  /// An attempt got no answer; `probe`: it was the probe. True if that opened the breaker.
  bool failure(TimePoint now, bool probe);

 private:
  bool closed_ = false;
  bool probe_out_ = false;  ///< somebody holds the right to probe
  unsigned failures_ = 0;   ///< in a row, while closed
  TimePoint first_failure_;
  TimePoint down_since_;
  TimePoint probe_at_;
  Duration probe_delay_ = first_probe_delay;
  Duration downtime_{};
};

}  // namespace koobatch::flow
