#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/flow/learned_limit.hpp"
#include "koobatch/flow/rate_limiter.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace koobatch::flow {

/// How fast each user's requests may follow each other: as the user of this program allows, and as the service was
/// found to allow. Users are told apart by a hash: two that share one are merely paced together. Forgets users that
/// need not wait, so that its memory does not grow with their number.
class UserPace {
 public:
  using User = std::uint64_t;
  static User hash(std::string_view user);

  /// The rate to explore from, in requests a second, when the service throttles a user of whom nothing is known.
  static constexpr double first_guess = 10;

  /// `rate`: requests a second of each user; 0: no limit.
  explicit UserPace(double rate) : rate_(rate) {}

  /// Is there nobody who has to wait, or will have to because of what is sent?
  bool idle() const { return rate_ == 0 && users_.empty(); }
  /// When the user's next request may be sent; not after `now` if at once.
  TimePoint due(User user, TimePoint now);
  /// The user's request is sent: only when due.
  void take(User user, TimePoint now);
  /// An answer to a request of this user came. A Cut if the user's rate was too much.
  std::optional<AdaptiveRate::Cut> observe(User user, AdaptiveRate::Signal signal, TimePoint now);
  /// See LearnedLimit::pause.
  bool pause(User user, TimePoint until, TimePoint now);
  /// From now on, is nothing sent for anybody? That time tells nothing about what the service allows.
  void set_held(bool held, TimePoint now);
  /// Is this user's first change of pace to be told of? Once for each user, and of a few users only: a thousand
  /// warnings say no more than ten.
  bool tell(User user, TimePoint now);

 private:
  struct State {
    std::optional<RateLimiter> limiter;
    std::optional<LearnedLimit> learned;
    bool told = false;
  };

  State& state(User user, TimePoint now);
  LearnedLimit& learned(User user, TimePoint now);
  void forget_idle(TimePoint now);

  double rate_;
  bool held_ = false;
  boost::unordered_flat_map<User, State> users_;
  std::size_t forget_at_ = 1024;  ///< users known
  unsigned told_ = 0;
};

}  // namespace koobatch::flow
