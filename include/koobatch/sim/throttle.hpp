#pragma once
#include "koobatch/core/clock.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <string>
#include <string_view>

namespace koobatch::sim {

/// The gateway's rate limit, as the generic cell rate algorithm: the same decisions as a token bucket that holds a
/// tenth of a second's worth (at least one request), without a timer. In every span of t seconds at most rate * t +
/// burst() requests are admitted. Time is passed in and may step back a little: that costs nothing and earns nothing.
class Throttle {
 public:
  /// `rate` in requests a second; 0: admits everything.
  explicit Throttle(double rate);
  bool admit(TimePoint now);
  double rate() const { return rate_; }
  /// Requests admitted at once after a long silence.
  double burst() const { return burst_; }

 private:
  double rate_, burst_;
  double interval_ = 0;   ///< ns between two requests at `rate_`
  double tolerance_ = 0;  ///< ns a request may be ahead of its time
  bool started_ = false;
  TimePoint start_;
  double due_ = 0;  ///< ns after start_ at which the next request is exactly in time
};

/// A Throttle for each user.
class UserThrottle {
 public:
  explicit UserThrottle(double rate) : rate_(rate) {}
  bool admit(std::string_view user, TimePoint now);
  double rate() const { return rate_; }

 private:
  double rate_;
  boost::unordered_flat_map<std::string, Throttle> users_;
};

}  // namespace koobatch::sim
