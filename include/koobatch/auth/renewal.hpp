#pragma once
#include "koobatch/core/clock.hpp"

#include <optional>

namespace koobatch::auth {

/// When the token in use is renewed, and what it means when the service refuses it. Pure: no I/O, the time is passed
/// in. One renewal at a time, for everybody; whoever uses this from several threads guards it.
class Renewal {
 public:
  /// A token that was not used for so long is dead; each use gives it that time anew (the reference).
  static constexpr Duration idle_lifetime = std::chrono::minutes(20);
  /// A renewal because of a 400, which may have had another reason, is tried again only after so long.
  static constexpr Duration suspicion_pause = std::chrono::minutes(1);

  enum class Cause {
    refused,    ///< the service answered 401
    suspected,  ///< the service answered in a way that may have been about the token
    due,        ///< the token would die before long
  };
  struct Settings {
    bool renewable = false;                        ///< there is a source that may give another token
    bool refreshes = false;                        ///< by the service's own call, which tells how long a token lives
    Duration patience = std::chrono::minutes(10);  ///< how long a renewal may fail before it is given up
  };

  Renewal(const Settings& settings, TimePoint now) : settings_(settings), last_use_(now) {}

  /// The token in use was refused. True: what was refused is to be repeated once no renewal is under way; one begins
  /// with this if none was. False: it is hopeless, for the token came from a renewal and was never taken.
  bool refused();
  /// The same for an answer that may have been about the token. False: it is to be taken at its word.
  bool suspected(TimePoint now);
  /// The token in use was taken.
  void accepted(TimePoint now);

  /// When a renewal is due; TimePoint::max() if never.
  TimePoint due() const;
  /// Begins a renewal if one is due.
  bool begin_if_due(TimePoint now);

  bool under_way() const { return under_way_; }
  /// Of the renewal under way.
  Cause cause() const { return cause_; }
  /// It failed for a reason that may pass; `down_since`: since when the service has not answered anybody, if so. May it
  /// be tried again at `again`?
  bool may_retry(TimePoint now, TimePoint again, std::optional<TimePoint> down_since);
  /// It ended with another token; `lifetime`: how long that lives, if it was said.
  void renewed(TimePoint now, std::optional<Duration> lifetime);
  /// It ended without another token.
  void given_up();
  /// The token was replaced by its owner, which ends a renewal, too. If this one is refused, others may still help.
  void replaced(TimePoint now);

 private:
  void begin(Cause cause);
  void start_anew(TimePoint now, std::optional<Duration> lifetime);

  Settings settings_;
  bool under_way_ = false;
  Cause cause_ = Cause::due;
  bool unproven_ = false;  ///< the token came from a renewal, and was never taken
  TimePoint last_use_;
  TimePoint expires_ = TimePoint::max();  ///< less the margin
  TimePoint suspect_after_ = TimePoint::min();
  std::optional<TimePoint> failing_since_;
};

}  // namespace koobatch::auth
