#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/flow/asking.hpp"
#include "koobatch/flow/delivery_rate.hpp"

#include <cstdint>
#include <optional>

namespace koobatch::flow {

/// When an attempt was sent and answered.
struct Moment {
  TimePoint sent;
  TimePoint now;
  /// Like `now`, but excluding the time in which nothing could be sent: pauses, outages.
  Duration active{};
};

/// A model of a quota, inferred from what it admits and refuses: requests a second, however they are counted (per
/// second of the clock, in a sliding window, by a token bucket, or by what is in flight).
///
/// From the first refusal on, one request at a time asks whether requests are admitted again, at growing intervals:
/// that costs a handful of refusals whatever the quota. Between one exhaustion and the next, a quota admits exactly its
/// rate, so the number admitted between two reopenings, divided by the time, is the rate (the renewal theorem). A
/// reopening within the time of a few requests means that the rate was hardly too high. Then, between an estimate that
/// is admitted and a rate that is not, it follows the shape of CUBIC (RFC 9438), though of a higher power: immediately
/// back to just below the rate that was refused, a plateau there, and faster and faster growth beyond, so that a
/// doubled quota is found within seconds. Unlike in CUBIC, the scale is relative, because quotas range from a few to
/// tens of thousands a second.
///
/// Answers to requests sent before the last change say nothing about the rate after it: the next cut waits for a round
/// trip. And time in which less was sent than the limit permits says nothing about it either: the limit does not grow
/// in it (as in RFC 9438, 5.8), and little admitted is no sign of a small quota.
class LimitModel {
 public:
  struct Change {
    std::optional<double> from;  ///< requests a second; nothing: there was no limit
    double to;
    bool declared = false;  ///< see is_declared()
  };

  /// The lowest limit, in requests a second: it must remain possible to find out that the quota has risen.
  static constexpr double lowest = 0.2;

  /// `ceiling`: a limit known in advance, in requests a second; 0: none. `first_guess`: the lowest initial estimate of
  /// a quota.
  explicit LimitModel(double ceiling, double first_guess = 0) : ceiling_(ceiling), first_guess_(first_guess) {}
  void change_ceiling(double ceiling) { ceiling_ = ceiling; }

  /// Reports that the service did not refuse the request for its rate. Returns the change if this changes the limit.
  std::optional<Change> admitted(const Moment& at);
  /// Reports that the service refused the request. `wait`: the pause it asked for. Returns whether that is news.
  bool refused(const Moment& at, Duration wait);
  /// Reports that the service admitted the request and declares that its quota is used up by that. `reset`: how long it
  /// will certainly be, by the service's account. Returns whether that is news.
  bool used_up(const Moment& at, Duration reset);
  /// Reports how long the service declares a used-up quota to stay so.
  void expect_reset(Duration active, Duration reset) { asking_.expect(active + reset); }
  /// Proposes a limit, in requests a second, that the service declares. It holds for a second and grows in the next; if
  /// nothing was refused by then, it grows fast. Without effect if there is a better estimate. If the quota is used up,
  /// that turns out when it is open again.
  void propose(Duration active, double rate);
  /// Reports that what the service declares has proven wrong: if there is no better reason for a limit, there is none.
  void distrust(Duration active);
  /// Sets how long a quota about which nothing is known is probably used up once it is; 0: no idea.
  void expect_shut(Duration shut) { probably_shut_ = shut; }
  /// Reports that the request was sent and not answered: the service may have counted it.
  void lost(const Moment& at);
  /// Reports that in the time until `active`, for so long nothing was sent although the limit permitted it.
  void unused(Duration active, Duration time);
  /// Saves the present state, because the failures that follow may not be refusals. `steady`: the limit must stay
  /// constant until end_trial(), and certainly not be too high.
  void begin_trial(Duration active, bool steady);
  /// Ends the trial. If the failures were not refusals, restores the saved state; otherwise discards it.
  void end_trial(Duration active, bool refused);
  /// Reports that the service accepts again after an outage: its refusals during the outage say nothing about a quota.
  void resume(Duration active);

  /// The limit in requests a second at the active time `active`; nothing if there is none but the ceiling.
  std::optional<double> rate(Duration active) const;
  /// Whether the limit is only what the service declares: nothing was refused.
  bool is_declared() const { return only_declared_; }
  /// Whether the quota is used up, so that only one request at a time is sent.
  bool exhausted() const { return exhausted_; }
  /// When the next request may ask whether it still is. Precondition: exhausted().
  Duration ask_at() const { return asking_.due(); }
  /// Reports that this request is sent.
  void ask(Duration active);
  /// Whether that request is in flight, and its answer is still awaited.
  bool asked(Duration active) const { return asking_.is_awaited(active); }
  /// How long the quota was used up by the time `active`. Precondition: exhausted().
  Duration shut(Duration active) const { return active - exhausted_since_; }
  Duration round_trip() const { return round_trip_; }
  /// Whether the limit is a first guess that grows with each round trip.
  bool exploring() const { return doubling_ > 0; }
  /// Whether the limit is what the service declares, which is soon doubted.
  bool proposed() const { return proposed_; }

 private:
  struct Estimate {
    double low, peak;
    double doubling = 0;  ///< the doubling time in seconds, of an estimate that is only a first guess
  };

  void reopen(const Estimate& estimate, const Moment& at);
  Estimate for_trial(const Estimate& estimate, Duration active) const;
  void exhaust(const Moment& at);
  void believe(Duration active, double rate);
  Estimate first_estimate(const Moment& at) const;
  Estimate next_estimate(const Moment& at, double before) const;
  Estimate at_least_delivered(const Estimate& estimate, const Moment& at) const;
  double delivered_in_last_second(const Moment& at) const;
  void count(const Moment& at);
  double time_on_curve(double beyond) const;

  double ceiling_;
  double first_guess_;
  DeliveryRate delivered_;
  double unused_ = 0;               ///< requests that could have been sent, not yet counted
  std::optional<double> before_;    ///< the rate when it was exhausted
  std::optional<double> declared_;  ///< what was proposed since it is exhausted, if nothing better is known
  double delivered_when_refused_ = 0, delivered_when_exhausted_ = 0;
  double low_ = 0;      ///< the limit right after the last change; 0: none
  double peak_ = 0;     ///< the limit at the plateau
  double stretch_ = 1;  ///< factor of the time scale
  Duration changed_{};  ///< when the limit was changed
  Duration exhausted_since_{}, refused_at_{}, reopened_{};
  Asking asking_;  ///< while it is exhausted
  Duration probably_shut_{};
  Duration round_trip_{};
  Duration counted_from_{};  ///< what `admitted_` counts
  std::uint64_t admitted_ = 0;
  struct Kept {
    Estimate estimate;
    Duration changed, at;
    bool steady;
  };
  std::optional<Kept> kept_;              ///< the state before a trial
  TimePoint reacted_ = TimePoint::min();  ///< requests sent before say nothing about the rate since
  bool exhausted_ = false;
  bool paused_ = false;    ///< the service asked for a pause when the quota was exhausted
  double doubling_ = 0;    ///< see Estimate
  bool proposed_ = false;  ///< the limit is what the service declares, and nothing was refused yet
  bool only_declared_ = false;
  bool certain_ = false;   ///< at least one refusal was unambiguous
  bool explored_ = false;  ///< whether it was exploring when the quota was exhausted
};

}  // namespace koobatch::flow
