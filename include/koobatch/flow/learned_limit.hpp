#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/flow/adaptive_rate.hpp"
#include "koobatch/flow/rate_limiter.hpp"

#include <optional>

namespace koobatch::flow {

/// What a service that throttles was found to allow, to a whole run or to one user: the pauses it asked for, and a rate
/// learned from what it accepts.
class LearnedLimit {
 public:
  /// For both see AdaptiveRate. `down`: is nothing sent because the service does not answer? That time tells nothing
  /// about its rate.
  LearnedLimit(double ceiling, double first_guess, TimePoint now, bool down);

  /// An answer came. A Cut if the rate was too much.
  std::optional<AdaptiveRate::Cut> observe(AdaptiveRate::Signal signal, TimePoint now, bool down);
  /// The service asked to send nothing until then; never makes a pause shorter. True if a pause began with it: what was
  /// in flight when one began may make it a little longer, and that is the same one.
  bool pause(TimePoint until, TimePoint now);
  /// In the past if there is no pause.
  TimePoint paused_until() const { return paused_until_; }
  /// When the next request may be sent; not after `now` if at once.
  TimePoint due(TimePoint now);
  /// A request is sent.
  void take(TimePoint now);
  /// Requests a second; nothing if there is no limit.
  std::optional<double> rate(TimePoint now);
  /// Of AdaptiveRate.
  void change_ceiling(double ceiling, TimePoint now);
  /// From now on, is nothing sent? See above.
  void set_down(bool down, TimePoint now);
  /// Is it as if the service had never throttled?
  bool is_over(TimePoint now);

 private:
  Duration active(TimePoint now);
  void follow_rate(TimePoint now);

  AdaptiveRate rate_;
  std::optional<RateLimiter> limiter_;
  TimePoint follow_at_ = TimePoint::min();  ///< when limiter_ is to be brought up to date
  TimePoint paused_until_ = TimePoint::min();
  TimePoint counted_to_;  ///< up to here active_ is counted
  Duration active_{};     ///< in which something could have been accepted
  bool down_;
};

}  // namespace koobatch::flow
