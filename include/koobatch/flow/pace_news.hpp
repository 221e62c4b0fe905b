#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/pace_counts.hpp"
#include "koobatch/core/pace_findings.hpp"
#include "koobatch/core/pace_state.hpp"
#include "koobatch/flow/breaker.hpp"
#include "koobatch/flow/limit_model.hpp"
#include "koobatch/flow/pace_event.hpp"
#include "koobatch/koodrive/outcome.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace koobatch::flow {

/// Decides which changes of the pace are reported, and counts them. A limit is reported when it is found, and whenever
/// it has moved by more than a quarter since the last report; all other changes are details.
class PaceNews {
 public:
  /// Reports the HTTP status with which the service refused requests beyond its limit, or a user's: the reason given in
  /// the next event about it, unless that is that the service declared the limit.
  void limit_met(int http) { limit_http_ = http; }
  void user_limit_met(int http) { user_http_ = http; }
  void limit_changed(const LimitModel::Change& change, TimePoint now);
  void paused(Duration wait, int http);
  void user_limited(const LimitModel::Change& change, bool minor);
  void user_paused(Duration wait, int http, bool minor);
  void failed(const koodrive::Outcome& outcome);
  /// Reports the beginning and the end of an outage, once each. `down_since`: the breaker's value before `outcome`.
  /// Returns whether there was anything to report.
  bool follow_outage(const Breaker& breaker, const koodrive::Outcome& outcome, TimePoint down_since, TimePoint now);

  std::vector<PaceEvent> take();
  const PaceCounts& counts() const { return counts_; }
  /// Every reported change of the limit, or every second, fourth, … one if there are many.
  std::vector<LimitChange> limit_changes(TimePoint since) const;
  const std::string& last_failure() const { return last_failure_; }
  /// Fills in the reasons. The other members of `state` are set already.
  void explain(PaceState& state) const;

 private:
  struct Limit {
    TimePoint at;
    double limit;
  };
  static constexpr std::size_t most_limits = 100;

  static PaceEvent limited(PaceEvent::Kind kind, const LimitModel::Change& change, int http, bool minor);
  void happened(PaceEvent event, std::uint64_t& count);
  void remember_limit(double limit, TimePoint now);

  std::vector<PaceEvent> events_;
  PaceCounts counts_;
  std::string last_failure_;
  std::optional<double> told_limit_;
  std::vector<Limit> limits_;
  std::uint32_t limits_told_ = 0, limits_apart_ = 1;
  bool down_ = false;  ///< the beginning of an outage was reported, and its end was not
  int limit_http_ = 0, user_http_ = 0, wait_http_ = 0, down_http_ = 0;
};

}  // namespace koobatch::flow
