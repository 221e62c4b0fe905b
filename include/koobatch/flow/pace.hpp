#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/pace_counts.hpp"
#include "koobatch/core/pace_findings.hpp"
#include "koobatch/core/pace_state.hpp"
#include "koobatch/flow/breaker.hpp"
#include "koobatch/flow/holds.hpp"
#include "koobatch/flow/in_flight_limit.hpp"
#include "koobatch/flow/learned_limit.hpp"
#include "koobatch/flow/loss_model.hpp"
#include "koobatch/flow/pace_event.hpp"
#include "koobatch/flow/pace_news.hpp"
#include "koobatch/flow/rate_limiter.hpp"
#include "koobatch/flow/retry_budget.hpp"
#include "koobatch/flow/sent.hpp"
#include "koobatch/flow/signal.hpp"
#include "koobatch/flow/user_pace.hpp"
#include "koobatch/koodrive/outcome.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::flow {

struct PaceSettings {
  double rate = 0;          ///< requests a second, retries included; 0: no limit
  std::uint32_t burst = 0;  ///< 0: RateLimiter::default_burst
  /// Follows the schedule of `rate` rather than treating it as a limit: what could not be sent in time is sent as soon
  /// as possible afterwards. For measurements, in which a stalled server must not reduce the load.
  bool catch_up = false;
  double rate_per_user = 0;  ///< requests a second for each user; 0: no limit
  Duration max_outage = std::chrono::minutes(10);
};

/// Decides whether something may be sent now, and if not, when to ask again. Combines the parts of a model of the
/// service, each of which knows one thing; it is shared because the service sees the run as one client. Safe to call
/// from any thread.
///
/// The configured limits (--rate, --rate-per-user) are never exceeded. Within them, the parts estimate what the service
/// accepts: `InFlightLimit` how many requests may be in flight, `LearnedLimit` its quota, `LossModel` whether failures
/// depend on the rate, `UserPace` the quota of each user, `RetryBudget` how many retries it can bear, and `Breaker`
/// whether it is available.
class Pace {
 public:
  struct Permit {
    bool granted = false;
    bool probe = false;      ///< granted as the one request that goes alone
    TimePoint ask_at = {};   ///< when to ask again, if not granted
    Duration downtime = {};  ///< Breaker::downtime, if granted
    Sent sent = {};          ///< if granted, for observe()
    TimePoint due = {};      ///< if granted: when it was scheduled, not later than now; without a schedule, now
    /// If not granted: whether that applies only to requests of this user, or only to retries.
    bool only_user = false;
    bool only_retries = false;
  };
  /// What the caller wants to send.
  struct Request {
    enum class Kind {
      first,   ///< an operation's first attempt
      repeat,  ///< an attempt that is not counted, or that the service asked for
      retry,   ///< after a failure; charged to the retry budget
    };
    Kind kind = Kind::first;
    std::string_view user = {};
  };

  Pace(const PaceSettings& settings, TimePoint now);

  /// Whether a connection may be opened. Takes no permit of the limiter. With `probe` set, the caller now holds the
  /// probe.
  Permit may_connect(TimePoint now);
  /// Whether a request may be sent. `holds_probe`: the caller was granted the probe before; it still holds it only if
  /// the permit says so.
  Permit acquire(TimePoint now, bool holds_probe, const Request& request);
  /// Returns the probe unused. Precondition: the caller holds it.
  void release_probe(TimePoint now);
  /// Reports that an attempt was not sent after all, of which the service knows nothing. `sent`: from its permit.
  /// `was_probe`: it held the probe, which is thereby returned. What the limiters granted is lost.
  void withhold(TimePoint now, bool was_probe, const Request& request, const Sent& sent);
  /// Reports that an attempt for `user` ended. `sent`: from its permit. `was_probe`: it held the probe, which
  /// is thereby returned. True if permissions may have changed for other callers, which should ask again.
  bool observe(const koodrive::Outcome& outcome, TimePoint now, bool was_probe, std::string_view user = {},
               const Sent& sent = {});
  /// Reports that no connection could be opened, so that nothing was sent. Otherwise like observe().
  bool observe_unsent(const koodrive::Outcome& outcome, TimePoint now, bool was_probe);

  using Hold = Holds::Why;
  /// Sends nothing until release() of this and every other hold. That time is not charged to operations, is not an
  /// outage, and says nothing about the rate that the service allows.
  void hold(TimePoint now, Hold why = Hold::credentials);
  void release(TimePoint now, Hold why = Hold::credentials);
  /// Whether the request for new credentials may be sent. Considers neither the hold for credentials nor the breaker.
  Permit acquire_within_hold(TimePoint now);
  bool held() const { return holds_.any(); }
  /// The total duration of the user's pauses so far.
  Duration paused_time(TimePoint now) const;

  /// Changes the rate; 0: no limit. Permits saved up under the old rate are lost, and what was late on its schedule no
  /// longer is. `burst`: as in PaceSettings; nothing: as it was.
  void change_rate(double rate, TimePoint now, std::optional<std::uint32_t> burst = {});
  /// Changes the rate of each user; 0: no limit.
  void change_rate_per_user(double rate, TimePoint now);
  /// Sends nothing for so long, as if an answer had asked for it.
  void pause_for(Duration wait, TimePoint now);

  /// For a pace that catches up: the number of requests that should have been sent by now and were not.
  std::uint64_t overdue(TimePoint now) const;

  /// The changes since the last call.
  std::vector<PaceEvent> take_events();
  PaceCounts counts() const;
  PaceState state(TimePoint now) const;
  /// When the limit that was found changed by enough to be worth telling, counted from `since`.
  std::vector<LimitChange> limit_changes(TimePoint since) const;

  /// See Breaker::downtime; includes holds.
  Duration downtime(TimePoint now) const;
  /// Like downtime(), but without holds.
  Duration outage_time(TimePoint now) const;
  /// How long the service has not answered, excluding the user's pauses; nothing if it does answer.
  std::optional<Duration> down_for(TimePoint now) const;
  /// Whether the service has been silent for longer than max_outage.
  bool outage_exceeded(TimePoint now) const;
  /// Whether traffic is held back because the service does not answer.
  bool interrupted() const { return interrupted_.load(std::memory_order_relaxed); }
  /// When the service last accepted something; long ago if it never did. For a thread that only watches.
  TimePoint last_accepted() const { return last_accepted_.load(std::memory_order_relaxed); }
  /// Whether the last news of the service was a failure, which may turn out to be an outage.
  bool failing() const;
  /// A message describing the last failure, whichever thread saw it; empty if there was none.
  std::string last_failure() const;

 private:
  struct Answer {
    const koodrive::Outcome& outcome;
    Signal signal;
    Sent sent;
    TimePoint now;
    Duration wait;  ///< the pause that the service asks for
  };

  std::unique_lock<std::mutex> lock() const;
  std::optional<Permit> gate(TimePoint now);
  std::optional<TimePoint> limiters_due(TimePoint now);
  std::uint32_t needed_in_flight() const;
  std::optional<Permit> refuse(TimePoint now, const Request& request);
  Sent take(TimePoint now, const Request& request);
  bool observe(const Answer& answer, bool was_probe, std::string_view user);
  bool hear(const Answer& answer, std::string_view user);
  bool follow_breaker(const Answer& answer, bool was_probe);
  void outage_begins(TimePoint now);
  bool down() const;
  bool adapt(const Answer& answer);
  bool adapt_to_losses(const Answer& answer);
  bool refused(const Answer& answer, Duration wait);
  bool met_limit(const Answer& answer, Duration wait);
  bool adapt_user(const Answer& answer, std::string_view user);

  PaceSettings settings_;
  std::optional<RateLimiter> limiter_;  ///< the configured limit
  InFlightLimit in_flight_;
  mutable LearnedLimit learned_;  ///< the limit the service was found to have; updated when it is queried
  LossModel losses_;
  UserPace users_;
  RetryBudget budget_;
  Breaker breaker_;
  Holds holds_;
  PaceNews news_;
  mutable std::mutex mutex_;
  std::atomic<bool> interrupted_{true};  ///< the breaker's state, for a thread that only watches
  std::atomic<TimePoint> last_accepted_{TimePoint::min()};
};

}  // namespace koobatch::flow
