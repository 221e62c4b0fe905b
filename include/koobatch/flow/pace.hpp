#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/pace_counts.hpp"
#include "koobatch/core/pace_state.hpp"
#include "koobatch/flow/breaker.hpp"
#include "koobatch/flow/learned_limit.hpp"
#include "koobatch/flow/outcome.hpp"
#include "koobatch/flow/rate_limiter.hpp"
#include "koobatch/flow/retry_budget.hpp"
#include "koobatch/flow/user_pace.hpp"

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
  /// Keeps to the schedule of `rate` instead of its limit: what could not be sent in its time is made up for as fast as
  /// can be. For measuring, where a server that stalls must not lower the load it is measured under.
  bool catch_up = false;
  double rate_per_user = 0;  ///< requests a second for each user; 0: no limit
  Duration max_outage = std::chrono::minutes(10);
  bool shared = false;  ///< used by several threads
};

/// Something that changed how fast a run may go, and why.
struct PaceEvent {
  enum class Kind {
    cut,          ///< the service throttled: the rate is `to` now, and was `from` (nothing: without limit)
    paused,       ///< the service asked everybody to wait for `wait`
    user_cut,     ///< as `cut`, for one user
    user_paused,  ///< as `paused`, for one user
    down,         ///< the service does not answer: nothing is sent but probes
    up,           ///< it answers again
  };
  Kind kind;
  std::optional<double> from = {};
  double to = 0;
  Duration wait = {};  ///< of `up`: how long it was down
  int http = 0;        ///< the answer that was the reason; 0: there was none
  bool minor = false;  ///< more of the same for a user, or one of many users
};
/// For people: "the service throttles (HTTP 429): at most 140/s from now on, before 200/s".
std::string describe(const PaceEvent& event);

/// May something be sent now, and if not, when to ask again? Limiters, pauses, budget and breaker in one place, because
/// the service sees the run as one client: shared by all threads. Locks only if it is really shared.
class Pace {
 public:
  struct Permit {
    bool granted = false;
    bool probe = false;      ///< granted as the one request that goes alone
    TimePoint ask_at = {};   ///< if not granted
    Duration downtime = {};  ///< Breaker::downtime, if granted
    TimePoint due = {};      ///< if granted: when the schedule had it, not after now; without a schedule, now
    /// If not granted: does that hold only for requests of this user, or only for retries?
    bool only_user = false;
    bool only_retries = false;
  };
  /// What is to be sent.
  struct Request {
    enum class Kind {
      first,   ///< an operation's first attempt
      repeat,  ///< an attempt that is not counted, or was asked for by the service
      retry,   ///< after a failure: goes on the retry budget
    };
    Kind kind = Kind::first;
    std::string_view user = {};
  };

  Pace(const PaceSettings& settings, TimePoint now);

  /// May a connection be opened? Takes no permit of the limiter. With `probe` set the caller now holds the probe.
  Permit may_connect(TimePoint now);
  /// May a request be sent? `holds_probe`: the caller was granted the probe before; it still holds it only if the
  /// permit says so.
  Permit acquire(TimePoint now, bool holds_probe, const Request& request);
  /// Gives the probe back unused. Only for who holds it.
  void release_probe(TimePoint now);
  /// An attempt for `user` ended. `was_probe`: it held the probe, which is given back with this. True if permissions
  /// may have changed for others, who should ask again.
  bool observe(const Outcome& outcome, TimePoint now, bool was_probe, std::string_view user = {});

  enum class Hold : unsigned {
    credentials = 1,  ///< new ones are on their way, and what the old ones would send may be in vain
    user = 2,         ///< the user wants a pause
  };
  /// Nothing leaves until release(), and that of each hold. Operations do not answer for the time, it is no outage, and
  /// tells nothing about the rate the service allows.
  void hold(TimePoint now, Hold why = Hold::credentials);
  void release(TimePoint now, Hold why = Hold::credentials);
  /// May the request for new credentials leave? It asks neither their hold nor the breaker.
  Permit acquire_within_hold(TimePoint now);
  bool held() const { return holds_.load(std::memory_order_relaxed) != 0; }
  /// How long the user's pauses have been so far, all together.
  Duration paused_time(TimePoint now) const;

  /// The rate is another from now on; 0: no limit. What was saved up under the old one is not handed out, and what was
  /// late on its schedule is late no more.
  void change_rate(double rate, TimePoint now);

  /// Of a pace that catches up: requests that should have been sent by now, and were not.
  std::uint64_t overdue(TimePoint now) const;

  /// What changed since the last call.
  std::vector<PaceEvent> take_events();
  PaceCounts counts() const;
  PaceState state(TimePoint now);

  /// See Breaker::downtime; holds are in it.
  Duration downtime(TimePoint now) const;
  /// The same without holds.
  Duration outage_time(TimePoint now) const;
  /// How long the service has not answered, the user's pauses not counted; nothing if it does.
  std::optional<Duration> down_for(TimePoint now) const;
  /// Has the service been silent for longer than max_outage?
  bool outage_exceeded(TimePoint now) const;
  /// Is traffic held back because the service does not answer?
  bool interrupted() const { return interrupted_.load(std::memory_order_relaxed); }
  /// Was the last that was heard of the service a failure, so that it may turn out to be an outage?
  bool failing() const;

 private:
  std::unique_lock<std::mutex> lock() const;
  std::optional<Permit> gate(TimePoint now);
  std::optional<TimePoint> limiters_due(TimePoint now);
  Duration time_down(TimePoint now) const;
  std::optional<Permit> refuse(TimePoint now, const Request& request);
  void take(TimePoint now, const Request& request);
  void skip_pause(TimePoint now);
  bool adapt(const Outcome& outcome, TimePoint now);
  bool adapt_user(const Outcome& outcome, TimePoint now, std::string_view user);
  bool held_for(Hold why) const;
  bool follow_outage(const Outcome& outcome, TimePoint down_since, TimePoint now);
  void happened(const PaceEvent& event, std::uint64_t& count);

  PaceSettings settings_;
  std::optional<RateLimiter> limiter_;  ///< what the user allows
  LearnedLimit learned_;                ///< what the service was found to allow
  UserPace users_;
  RetryBudget budget_;
  Breaker breaker_;
  TimePoint held_since_;
  Duration down_before_hold_{};  ///< Breaker::downtime when the hold began
  Duration held_time_{};         ///< of ended holds, less what of it the breaker counts
  TimePoint paused_since_;
  Duration paused_time_{};  ///< of pauses that are over
  bool down_ = false;       ///< an outage was told of, and its end was not
  std::vector<PaceEvent> events_;
  PaceCounts counts_;
  int cut_http_ = 0, wait_http_ = 0, down_http_ = 0;  ///< the answers that were the reasons
  mutable std::mutex mutex_;
  std::atomic<unsigned> holds_{0};       ///< a set of Hold
  std::atomic<bool> interrupted_{true};  ///< what the breaker says, for a thread that only watches
};

}  // namespace koobatch::flow
