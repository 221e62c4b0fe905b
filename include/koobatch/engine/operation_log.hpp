#pragma once
#include "koobatch/core/trace_id.hpp"
#include "koobatch/flow/outcome.hpp"
#include "koobatch/report/record.hpp"

#include <atomic>
#include <cstdint>

namespace koobatch::engine {

/// Tells in the log of what happened to single operations. Of those that did not succeed the first are told of one by
/// one, for there may be millions, and the report has them all. From any thread.
class OperationLog {
 public:
  static constexpr std::uint64_t most_told = 20;

  /// An attempt did not settle its operation. There will be another, unless the run ends.
  void unsettled(const TraceId& attempt, const flow::Outcome& outcome, bool run_ends) const;
  /// An operation has its final result, which is not success.
  void not_succeeded(const report::ResultRecord& result);

 private:
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace koobatch::engine
