#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/flow/rate_limiter.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace koobatch::flow {

/// How fast each user's requests may follow each other, and which users the service has asked to wait. Users are told
/// apart by a hash: two that share one are merely paced together. Forgets users that need not wait, so that its memory
/// does not grow with their number.
class UserPace {
 public:
  using User = std::uint64_t;
  static User hash(std::string_view user);

  /// `rate`: requests a second of each user; 0: no limit.
  explicit UserPace(double rate) : rate_(rate) {}

  /// Is there nobody who has to wait, or will have to because of what is sent?
  bool idle() const { return rate_ == 0 && users_.empty(); }
  /// When the user's next request may be sent; not after `now` if at once.
  TimePoint due(User user, TimePoint now) const;
  /// The user's request is sent: only when due.
  void take(User user, TimePoint now);
  /// The service asked to send nothing for this user until then.
  void pause(User user, TimePoint until, TimePoint now);

 private:
  struct State {
    TimePoint paused_until = TimePoint::min();
    std::optional<RateLimiter> limiter;
  };

  State& state(User user, TimePoint now);
  void forget_idle(TimePoint now);

  double rate_;
  boost::unordered_flat_map<User, State> users_;
  std::size_t forget_at_ = 1024;  ///< users known
};

}  // namespace koobatch::flow
