#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/flow/declaration.hpp"
#include "koobatch/flow/limit_model.hpp"
#include "koobatch/flow/rate_limiter.hpp"

#include <cstdint>
#include <optional>

namespace koobatch::flow {

/// What a service was found to allow, for the whole run or for one user: the pauses it asked for, and the rate of its
/// quota.
class LearnedLimit {
 public:
  using Change = LimitModel::Change;

  /// For `ceiling` and `first_guess` see LimitModel. `down`: whether nothing is sent because the service does not
  /// answer; that time says nothing about its rate.
  LearnedLimit(double ceiling, double first_guess, TimePoint now, bool down);

  /// See LimitModel: the outcome of a request sent at `sent`. `down`: see the constructor; applies from now on.
  std::optional<Change> admitted(TimePoint sent, TimePoint now, bool down);
  bool refused(TimePoint sent, TimePoint now, bool down, Duration wait);
  void lost(TimePoint sent, TimePoint now, bool down);
  void begin_trial(TimePoint now, bool steady);
  void end_trial(TimePoint now, bool refused);
  void resume(TimePoint now);

  /// Reports what the answer to a request sent at `sent` declares for `scope`. `admitted`: the request was, which was
  /// reported already. Returns whether that changed what may be sent.
  bool hear(const DeclaredQuotas& quotas, DeclaredQuota::Scope scope, TimePoint sent, TimePoint now, bool admitted);
  /// See Declaration::room.
  std::optional<std::uint32_t> declared_room() const { return declared_.room(); }

  /// See LimitModel::expect_shut.
  void expect_shut(Duration shut) { model_.expect_shut(shut); }
  /// How long the quota has been used up; nothing if it is not.
  std::optional<Duration> shut_for(TimePoint now);
  bool exhausted() const { return model_.exhausted(); }

  /// Reports that the service asked for a pause until `until`. Never makes a pause shorter. Returns whether a new pause
  /// began: requests that were in flight when it began may extend it a little.
  bool pause(TimePoint until, TimePoint now);
  /// When the pause ends or ended.
  TimePoint paused_until() const { return paused_until_; }
  /// When the next request may be sent; not later than `now` if immediately.
  TimePoint due(TimePoint now);
  /// Reports that a request is sent.
  void take(TimePoint now);
  /// How long a caller that waits for an answer should wait before it asks again, if it is not notified: about as
  /// long as answers take.
  Duration poll() const;
  /// See LimitModel::is_declared.
  bool is_declared() const { return model_.is_declared(); }
  /// The limit in requests a second; nothing if there is none.
  std::optional<double> rate(TimePoint now);
  void change_ceiling(double ceiling, TimePoint now);
  /// Sets `down`, see the constructor.
  void set_down(bool down, TimePoint now);
  /// Whether no trace of throttling is left.
  bool is_over(TimePoint now);

 private:
  Duration active(TimePoint now);
  Moment moment(TimePoint sent, TimePoint now, bool down);
  void count_unused(TimePoint now);
  void follow_rate(TimePoint now);
  void follow_at_once(TimePoint now);

  LimitModel model_;
  Declaration declared_;
  std::optional<RateLimiter> limiter_;
  TimePoint follow_at_ = TimePoint::min();  ///< when limiter_ must next be updated
  TimePoint paused_until_ = TimePoint::min();
  TimePoint counted_to_;  ///< active_ is counted up to this time
  Duration active_{};     ///< time in which something could have been accepted
  Duration used_to_{};    ///< the active time up to which was counted how long the limit was not used
  bool down_;
};

}  // namespace koobatch::flow
