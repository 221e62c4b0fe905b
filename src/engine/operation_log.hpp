#pragma once
#include "koobatch/core/trace_id.hpp"
#include "koobatch/koodrive/outcome.hpp"
#include "koobatch/report/record.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace koobatch::engine {

/// Logs events of single operations. Only the first unsuccessful operations are logged individually: there may be
/// millions, and the report has them all. Safe to call from any thread.
class OperationLog {
 public:
  static constexpr std::uint64_t most_told = 20;

  /// An attempt did not settle its operation. Another will follow, unless the run ends.
  void unsettled(const TraceId& attempt, const koodrive::Outcome& outcome, bool run_ends) const;
  /// An operation was refused, and its result depends on the service's further answers (flow::RefusalStreak).
  void held_back(const TraceId& attempt, const koodrive::Outcome& outcome) const;
  /// An operation has a final result other than success.
  void not_succeeded(const report::ResultRecord& result);

  /// The service refused a user's token, which is at `place`, for good; `number` counts such users so far. Only the
  /// first are logged individually.
  void user_refused(const TraceId& attempt, std::string_view user, std::string_view place, std::string_view endpoint,
                    const koodrive::Outcome& outcome, std::size_t number) const;

  /// An answer declared quotas. Only the first such answer is logged.
  void quotas_declared(const TraceId& attempt, const DeclaredQuotas& quotas);

 private:
  std::atomic<std::uint64_t> count_{0};
  std::atomic<bool> told_quotas_{false};
};

}  // namespace koobatch::engine
