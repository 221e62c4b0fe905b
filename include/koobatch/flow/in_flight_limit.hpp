#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/flow/sent.hpp"
#include "koobatch/flow/slow_start.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace koobatch::flow {

/// How many requests may be in flight. While nothing is known about the service's capacity, SlowStart decides.
///
/// If the service only ever refuses requests beyond the number it accepted before, it limits what is in flight, and
/// that number is the limit; now and then one more is tried. A refusal below that number has another cause, and then
/// this class imposes no limit at all.
class InFlightLimit {
 public:
  /// `at_least`: so many may be in flight even if SlowStart has not come so far.
  bool may_send(std::uint32_t at_least = 0) {
    const std::uint32_t allowed = state_ == State::starting ? std::max(allowed_, at_least) : allowed_;
    const bool may = in_flight_ < allowed && in_flight_ < declared_room_;
    wanted_ |= !may;
    return may;
  }
  /// Whether may_send() has returned false since this was last called.
  bool take_wanted() { return std::exchange(wanted_, false); }
  /// Reports that a request is sent. Returns how many are in flight, including it.
  std::uint32_t sent();
  /// Reports that a request has ended, whatever its outcome.
  void landed() { in_flight_ -= in_flight_ > 0; }
  /// Reports that the service admitted this request.
  void admitted(const Sent& sent, TimePoint now);
  /// Reports that the service refused this request. Returns whether that is because of the number in flight.
  bool refused(const Sent& sent, TimePoint now);
  /// Reports that according to the service, this many more requests are admitted for now; nothing if it declares
  /// nothing or is not believed. One request is always allowed, which will show whether that is still so.
  void expect_room(std::optional<std::uint32_t> room) { declared_room_ = room ? std::max(*room, 1U) : most; }
  /// Starts from one again: after an outage, the service's capacity is unknown.
  void restart();
  /// Stops limiting: everything that is due may be sent.
  void skip();

  std::uint32_t in_flight() const { return in_flight_; }
  /// How many requests the service was found to accept at the same time; nothing if it was not found to limit that.
  std::optional<std::uint32_t> found() const { return state_ == State::limited ? std::optional(limit_) : std::nullopt; }

 private:
  enum class State : std::uint8_t { starting, limited, unlimited };

  bool lower(TimePoint now);

  static constexpr std::uint32_t most = 1U << 30U;
  /// The number of requests admitted before one more is tried: it doubles with each refused trial, so that less than a
  /// hundredth is refused. Where a trial has shown that the limit has risen, the next one comes soon.
  static constexpr std::uint32_t first_trial = 100, soon = 16, last_trial = 2'000;

  std::uint32_t in_flight_ = 0;
  std::uint32_t allowed_ = 1;
  std::uint32_t declared_room_ = most;
  std::uint32_t limit_ = 0;     ///< the highest number in flight at which a request was admitted
  std::uint32_t admitted_ = 0;  ///< since the last trial of one more
  std::uint32_t trial_after_ = first_trial;
  std::uint32_t trial_after_before_ = first_trial;  ///< before the last trial that succeeded
  TimePoint changed_ = TimePoint::min();            ///< requests sent before say nothing about the limit
  SlowStart start_;
  State state_ = State::starting;
  bool wanted_ = false;
  bool confirmed_ = false;  ///< a request was admitted at the limit since it was found
};

}  // namespace koobatch::flow
