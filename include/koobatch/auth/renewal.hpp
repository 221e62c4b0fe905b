#pragma once
#include "koobatch/core/clock.hpp"

#include <optional>

namespace koobatch::auth {

/// Decides when the token in use is renewed, and what a refusal by the service means. Pure: no I/O, the time is passed
/// in. One renewal at a time, for all users. Not thread-safe: the caller locks.
class Renewal {
 public:
  /// A token unused for this long is dead; each use restarts the period (the service's reference).
  static constexpr Duration idle_lifetime = std::chrono::minutes(20);
  /// Minimum time between renewals caused by a 400, which may have had another reason.
  static constexpr Duration suspicion_pause = std::chrono::minutes(1);

  enum class Cause {
    refused,    ///< the service answered 401
    suspected,  ///< the service answered in a way that may have been about the token
    due,        ///< the token would expire soon
  };
  struct Settings {
    bool renewable = false;  ///< there is a source that may give another token
    bool refreshes = false;  ///< by the service's refresh call, which reports how long a token lives
    Duration patience = std::chrono::minutes(10);  ///< how long a renewal may fail before it is given up
  };

  Renewal(const Settings& settings, TimePoint now) : settings_(settings), last_use_(now) {}

  /// Reports that the token in use was refused. True: repeat the refused request once no renewal is in progress; this
  /// call begins one if necessary. False: a renewal cannot help, because there is no source, or because the token came
  /// from a renewal and was never accepted.
  bool refused();
  /// Reports an answer that may have been about the token. False: take the answer at face value.
  bool suspected(TimePoint now);
  /// Reports that the token in use was accepted.
  void accepted(TimePoint now);

  /// When a renewal is due; TimePoint::max() if never.
  TimePoint due() const;
  /// Begins a renewal if one is due.
  bool begin_if_due(TimePoint now);

  bool under_way() const { return under_way_; }
  /// Of the renewal in progress.
  Cause cause() const { return cause_; }
  /// Reports a failure that may pass. `down_since`: since when the service has answered no request, if so. Returns
  /// whether to try again at `again`.
  bool may_retry(TimePoint now, TimePoint again, std::optional<TimePoint> down_since);
  /// Ends the renewal with another token. `lifetime`: how long it lives, if reported.
  void renewed(TimePoint now, std::optional<Duration> lifetime);
  /// Ends the renewal without another token.
  void given_up();
  /// Reports that the token's owner replaced it, which also ends a renewal in progress. If the new one is refused,
  /// renewals may still help.
  void replaced(TimePoint now);

 private:
  void begin(Cause cause);
  void start_anew(TimePoint now, std::optional<Duration> lifetime);

  Settings settings_;
  bool under_way_ = false;
  Cause cause_ = Cause::due;
  bool unproven_ = false;  ///< the token came from a renewal, and was never accepted
  TimePoint last_use_;
  TimePoint expires_ = TimePoint::max();  ///< less the margin
  TimePoint suspect_after_ = TimePoint::min();
  std::optional<TimePoint> failing_since_;
};

}  // namespace koobatch::auth
