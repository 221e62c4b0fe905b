#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/flow/sent.hpp"

#include <cstdint>
#include <optional>
#include <utility>

namespace koobatch::flow {

/// How many requests may be in flight. While nothing is known about the service's capacity, the number doubles with
/// each round of answers, starting from one. This is TCP's slow start (RFC 5681, 3.1): with a service that answers in
/// 0.3 ms, full speed is reached after milliseconds, and a service that allows little has refused hardly more than one
/// round when that is found out.
///
/// If the service only ever refuses requests beyond the number it accepted before, it limits what is in flight, and
/// that number is the limit; now and then one more is tried. A refusal below that number has another cause, and then
/// this class imposes no limit at all.
class InFlightLimit {
 public:
  bool may_send() {
    const bool may = in_flight_ < allowed_;
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
  void admitted(const Sent& sent);
  /// Reports that the service refused this request. Returns whether that is because of the number in flight.
  bool refused(const Sent& sent, TimePoint now);
  /// Starts from one again: after an outage, the service's capacity is unknown.
  void restart();
  /// Stops limiting: everything that is due may be sent.
  void skip();

  std::uint32_t in_flight() const { return in_flight_; }
  /// What the service was found to take at the same time; nothing if it was not found to limit that.
  std::optional<std::uint32_t> found() const { return state_ == State::limited ? std::optional(limit_) : std::nullopt; }

 private:
  enum class State : std::uint8_t { starting, limited, unlimited };

  bool lower(TimePoint now);

  static constexpr std::uint32_t most = 1U << 30U;
  /// The number of requests admitted before one more is tried; it doubles with each refused trial.
  static constexpr std::uint32_t first_trial = 16, last_trial = 2'000;

  std::uint32_t in_flight_ = 0;
  std::uint32_t allowed_ = 1;
  std::uint32_t limit_ = 0;     ///< the highest number in flight at which a request was admitted
  std::uint32_t admitted_ = 0;  ///< since the last trial of one more
  std::uint32_t trial_after_ = first_trial;
  TimePoint changed_ = TimePoint::min();  ///< requests sent before say nothing about the limit
  State state_ = State::starting;
  bool wanted_ = false;
  bool confirmed_ = false;  ///< a request was admitted at the limit since it was found
};

}  // namespace koobatch::flow
