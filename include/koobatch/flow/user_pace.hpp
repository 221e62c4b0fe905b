#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/flow/learned_limit.hpp"
#include "koobatch/flow/rate_limiter.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

namespace koobatch::flow {

/// How fast each user's requests may follow one another: within the limit set on the command line, and within what the
/// service was found to allow. Users are identified by a hash: if two collide, they merely share a pace. Forgets users
/// that need not wait, so that memory does not grow with their number.
class UserPace {
 public:
  using User = std::uint64_t;
  static User hash(std::string_view user);

  /// The rate in requests a second from which to explore when the service throttles a user about whom nothing is known.
  static constexpr double first_guess = 10;

  /// `rate`: requests a second for each user; 0: no limit.
  explicit UserPace(double rate) : rate_(rate) {}

  /// Changes the rate; 0: no limit. What users have saved up under the old rate is lost.
  void change_rate(double rate, TimePoint now);

  /// Whether no user has to wait, and none will because of what is sent.
  bool idle() const { return rate_ == 0 && users_.empty(); }
  /// When the user's next request may be sent; not later than `now` if immediately.
  TimePoint due(User user, TimePoint now);
  /// Reports that the user's request is sent. Precondition: it is due. Returns whether it is counted as in flight.
  bool take(User user, TimePoint now);
  /// Reports that a request that is counted has ended, whatever its outcome.
  void landed(User user);
  /// The outcome of a request of this user, as in LearnedLimit. `everybody`: what is known about all users together,
  /// which applies to this user as long as there is no other.
  std::optional<LearnedLimit::Change> admitted(User user, TimePoint sent, TimePoint now);
  bool refused(User user, TimePoint sent, TimePoint now, Duration wait, const LearnedLimit& everybody);
  void lost(User user, TimePoint sent, TimePoint now);
  /// Reports what the answer to a request of this user declares, see LearnedLimit::hear.
  void hear(User user, const DeclaredQuotas& quotas, TimePoint sent, TimePoint now, bool admitted);
  /// Records that this user exists.
  void see(User user) {
    if (user == first_) return;
    several_ = seen_;
    first_ = seen_ ? first_ : user;
    seen_ = true;
  }
  /// See LearnedLimit::pause.
  bool pause(User user, TimePoint until, TimePoint now);
  /// Sets whether nothing is sent for any user from now on. Such time says nothing about what the service allows.
  void set_held(bool held, TimePoint now);
  /// Whether to report this user's first change of pace. True once per user, and only for a few users: a thousand
  /// warnings say no more than ten.
  bool tell(User user, TimePoint now);

 private:
  struct State {
    std::optional<RateLimiter> limiter = {};
    std::optional<LearnedLimit> learned = {};
    std::uint32_t in_flight = 0;  ///< of the requests sent since something is known of the user
    /// How many requests more are admitted for now, by the service's account in the last answer.
    std::optional<std::uint32_t> room = {};
    bool told = false;
    bool hinted = false;  ///< all that is known of the limit was declared

    /// One request is always allowed, which will show whether there is room again.
    bool has_room() const { return !room || in_flight < std::max(*room, 1U); }
  };

  State* find_state(User user);
  State& state(User user, TimePoint now);
  LearnedLimit& learned(User user, TimePoint now);
  LearnedLimit* find(User user);
  void forget_idle(TimePoint now);

  double rate_;
  bool held_ = false;
  bool seen_ = false, several_ = false;
  User first_ = 0;
  boost::unordered_flat_map<User, State> users_;
  std::size_t forget_at_ = 1024;  ///< number of users at which to forget idle ones
  unsigned told_ = 0;
  Duration typically_shut_{};      ///< how long users' quotas are used up once they are; 0: not known
  bool declarations_help_ = true;  ///< what was declared for a user was met by refusals, as far as is known
};

}  // namespace koobatch::flow
