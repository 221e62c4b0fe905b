#pragma once
#include "koobatch/core/clock.hpp"

#include <optional>

namespace koobatch::flow {

/// Stops traffic to a service that accepts nothing, and finds out with one probe at a time when it is back. A new
/// breaker waits for a probe: the first request of a segment goes alone and proves the endpoint before anything else is
/// sent.
///
/// It opens after a run of consecutive failures too long to be chance, as in a sequential probability ratio test
/// (Wald): where a share of attempts fails anyway, longer runs are needed. It also opens for a service that answers but
/// has refused everything for a while.
class Breaker {
 public:
  /// This many consecutive failures without an answer in between open the breaker of a service that hardly ever fails:
  /// few enough that an outage costs hardly more requests than were in flight, many enough that scattered faults do not
  /// reach it.
  static constexpr unsigned failures_to_open = 6;
  /// A service counts as down if it has accepted nothing for this long, whatever it answers, or for a few of the pauses
  /// that it asks for, if that is longer.
  static constexpr Duration silence = std::chrono::seconds(3);
  static constexpr Duration first_probe_delay = std::chrono::milliseconds(200);
  static constexpr Duration max_probe_delay = std::chrono::seconds(2);
  /// In a long outage, probes are spaced a thirtieth of its length so far: ten hours cost about 220 of them, so that
  /// even a single operation that probes alone does not run out of the 255 attempts a trace ID can number.
  static constexpr int probes_in_proportion = 30;

  enum class State { closed, open, probing };

  explicit Breaker(TimePoint now) : open_since_(now), probe_at_(now) {}

  State state() const { return closed_ ? State::closed : probe_out_ ? State::probing : State::open; }
  bool closed() const { return closed_; }
  /// Whether the last outcome was a failure, or there has been no outcome yet.
  bool failing() const { return !closed_ || failures_ != 0; }
  /// The time of the next probe. Precondition: the breaker is open.
  TimePoint probe_at() const { return probe_at_; }
  /// If not closed: since when the service has left attempts unanswered. Nothing if it is closed, or before the first
  /// attempt began: a run that is slow to start is not an outage.
  std::optional<TimePoint> down_since() const { return down_since_; }
  /// How long the breaker has not been closed, over its whole life: time that is not charged to operations.
  Duration downtime(TimePoint now) const { return closed() ? downtime_ : downtime_ + (now - open_since_); }

  /// Takes the right to probe, if the breaker is open and a probe is due. The probe's success(), failure() or release()
  /// returns it. Until then nobody else gets it, even if the breaker was closed and opened again in between.
  bool begin_probe(TimePoint now);
  /// Excludes a period in which nothing could be sent for a reason of our own: it does not count towards an outage.
  void skip(TimePoint from, TimePoint to);
  /// Returns the probe: it was not sent, or its outcome says nothing. The next may be sent at once.
  void release(TimePoint now);
  /// Reports that an attempt sent at `sent` was accepted; `probe`: it was the probe. Returns whether that closed the
  /// breaker: what was sent before the outage began may be answered while it lasts.
  bool success(TimePoint sent, TimePoint now, bool probe);
  /// Reports that an attempt sent at `sent` was answered but refused; `wait`: the pause the service asked for. Returns
  /// whether that opened the breaker.
  bool refusal(TimePoint sent, TimePoint now, bool probe, Duration wait = {});
  /// Reports that an attempt got no answer; `probe`: it was the probe. Returns whether that opened the breaker.
  bool failure(TimePoint now, bool probe);

 private:
  void open(TimePoint since, TimePoint now);
  bool is_row_too_long() const;
  void count(bool failed);

  bool closed_ = false;
  bool probe_out_ = false;                  ///< the right to probe is taken
  unsigned failures_ = 0;                   ///< consecutive
  TimePoint first_failure_;                 ///< of the consecutive ones, while closed
  std::optional<TimePoint> refused_since_;  ///< while closed: the first refusal since anything was accepted
  double failing_share_ = 0;                ///< of the attempts before the consecutive failures
  unsigned counted_ = 0;                    ///< attempts in that share, up to where more do not matter
  TimePoint open_since_;                    ///< while not closed
  std::optional<TimePoint> down_since_;
  TimePoint probe_at_;
  Duration probe_delay_ = first_probe_delay;
  Duration downtime_{};
};

}  // namespace koobatch::flow
