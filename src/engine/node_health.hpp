#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/flow/node_doubt.hpp"
#include "koobatch/koodrive/outcome.hpp"

#include <cstdint>
#include <utility>

namespace koobatch::engine {

/// Decides which connections to give up because the node they lead to seems to be down, so that the next ones may lead
/// elsewhere. For use by one thread; no I/O.
class NodeHealth {
 public:
  /// After this many server errors in a row (HTTP 5xx except 503), a connection is given up.
  static constexpr unsigned failures_to_leave = 6;

  struct Advice {
    bool leave_this = false;  ///< whether to give up the connection of the attempt
    bool leave_all = false;   ///< whether to give up all connections that are open now
  };
  /// Handles the end of an attempt. `failures`: the number of consecutive server errors on its connection, updated
  /// here. `interrupted`: the service as a whole is down.
  Advice observe(const koodrive::Outcome& outcome, TimePoint now, unsigned& failures, bool interrupted) {
    const bool throttled = outcome.verdict == koodrive::Verdict::throttled;
    failures = outcome.http >= 500 && !throttled ? failures + 1 : 0;
    const bool doubtful = doubt_.observe(outcome, now);
    const bool down = (throttled || !outcome.service_up()) && interrupted;
    const Advice advice{.leave_this = doubtful || down || failures >= failures_to_leave, .leave_all = doubtful};
    if (advice.leave_this) failures = 0;
    return advice;
  }
  /// Whether the number of `outages` has changed since the last call. After an outage, all open connections may lead to
  /// a node that stays down, while the name leads elsewhere by now.
  bool notice_outages(std::uint64_t outages) { return std::exchange(outages_seen_, outages) != outages; }

 private:
  flow::NodeDoubt doubt_;
  std::uint64_t outages_seen_ = 0;
};

}  // namespace koobatch::engine
