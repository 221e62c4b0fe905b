#pragma once
#include "koobatch/core/clock.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace koobatch::flow {

/// Finds out how many requests a second a service that throttles accepts. The first throttling limits the rate to what
/// was accepted over the last second; later ones cut it. In between, once something is accepted again, it rises:
/// quickly to just below where it was cut, then slowly beyond, for the service may have more to give by now.
///
/// Time here is *active* time, without pauses and outages, in which nothing could have been accepted. Only the time
/// between two cuts is all the time: what is answered after a pause was sent after the cut before it.
class AdaptiveRate {
 public:
  static constexpr double cut_factor = 0.7;
  /// At most one cut in this time: answers to what was sent before a cut say nothing about the rate after it.
  static constexpr Duration cut_interval = std::chrono::seconds(1);
  /// How close to the rate that was too much it rises quickly, within a cut_interval or a few requests.
  static constexpr double quick_share = 0.95;
  /// By what factor it rises slowly in a second.
  static constexpr double slow_growth = 1.02;
  /// The same after a limit that was estimated from less than a second, as long as nothing is throttled: it may be far
  /// too low.
  static constexpr double exploring_growth = 2;
  /// A service that answers 503 without saying for how long is taken to throttle from this share of answers on: single
  /// ones are an instance that is restarted, or bad luck. If as many are when the rate has been cut, it is not cut
  /// again as long as the service accepts anything: they have another cause, and the run would starve.
  static constexpr double unavailable_share = 0.1;
  /// No limit is lower, in requests a second: it must be possible to find out that it is higher now.
  static constexpr double lowest = 0.2;

  enum class Signal {
    accepted,     ///< the service did its work on the request, whatever came of it
    throttled,    ///< too many requests
    unavailable,  ///< 503 that asks for no wait
    other,        ///< tells nothing about the rate
  };

  struct Cut {
    std::optional<double> from;  ///< requests a second; nothing: there was no limit
    double to;
  };

  /// `ceiling`: a limit that is known beforehand, in requests a second; 0: none. `first_guess`: the limit to explore
  /// from when the service throttles and was never seen to accept anything; 0: none.
  explicit AdaptiveRate(double ceiling, double first_guess = 0) : ceiling_(ceiling), first_guess_(first_guess) {}

  /// The limit known beforehand is another now.
  void change_ceiling(double ceiling) { ceiling_ = ceiling; }
  /// An answer came. A Cut if that was one too many.
  std::optional<Cut> observe(Signal signal, Duration active, TimePoint now);
  /// The limit in requests a second; nothing if there is none but the ceiling.
  std::optional<double> limit(Duration active) const;

 private:
  static constexpr std::size_t buckets = 10;
  static constexpr Duration bucket_length = std::chrono::milliseconds(100);
  struct Bucket {
    std::int64_t number = -1;  ///< which tenth of a second of active time it counts
    std::uint64_t accepted = 0, unavailable = 0, answers = 0;
  };

  void count(Signal signal, Duration active);
  /// The sum of the last so many buckets.
  Bucket last(std::size_t count, Duration active) const;
  bool is_too_much(Signal signal, Duration active);
  std::optional<Cut> cut(Duration active, TimePoint now);
  /// Is anything accepted at all just now, other than what was under way when the rate was cut?
  bool is_open(Duration active) const;
  /// Requests accepted a second, over the last so many buckets or since the first answer.
  double accepted_rate(std::size_t count, Duration active) const;

  double ceiling_;
  double first_guess_;
  std::array<Bucket, buckets> window_;
  std::optional<Duration> first_;  ///< when the first answer came
  std::optional<Duration> cut_at_;
  TimePoint cut_time_;                    ///< when that was, in all the time
  std::optional<Duration> rising_since_;  ///< the first request accepted after the cut
  Duration last_accepted_{};
  TimePoint last_accepted_time_;
  double low_ = 0;          ///< the limit right after the cut
  double high_ = 0;         ///< the rate that was too much
  bool exploring_ = false;  ///< the limit is an estimate from less than a second
  bool strained_ = false;   ///< cut because many answers were 503, and they still are
};

}  // namespace koobatch::flow
