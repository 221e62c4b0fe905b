#include "koobatch/engine/operation_log.hpp"

#include "koobatch/observe/log.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace koobatch::engine {
namespace {

/// "rename_shared_folder 1757156480072657793: rejected (HTTP 400, code 13000201: no such folder)"
std::string describe(const report::ResultRecord& result) {
  std::string cause = result.http == 0 ? std::string(result.error) : fmt::format("HTTP {}", result.http);
  if (result.code) cause += fmt::format(", code {}", *result.code);
  if (!result.msg.empty()) cause += fmt::format(": {}", result.msg);
  if (result.http != 0 && !result.error.empty()) cause += fmt::format(": {}", result.error);
  return fmt::format("{} {}: {} ({})", result.op, result.id, to_string(result.status), cause);
}

}  // namespace

void OperationLog::unsettled(const TraceId& attempt, const flow::Outcome& outcome, bool run_ends) const {
  if (!spdlog::should_log(spdlog::level::debug)) return;
  observe::log::write(spdlog::level::debug, attempt,
                      fmt::format("attempt {}: {}; {}", attempt.attempt,
                                  outcome.error.empty() ? fmt::format("HTTP {}", outcome.http) : outcome.error,
                                  run_ends ? "not repeated, since the run ends" : "will be repeated"));
}

void OperationLog::not_succeeded(const report::ResultRecord& result) {
  const std::uint64_t number = count_.fetch_add(1, std::memory_order_relaxed) + 1;
  const auto level = number <= most_told ? spdlog::level::warn : spdlog::level::debug;
  if (number == most_told + 1) {
    spdlog::warn("more than {} operations did not succeed; the report tells of all, and so does the log with -v",
                 most_told);
  }
  if (result.trace_id && spdlog::should_log(level)) observe::log::write(level, *result.trace_id, describe(result));
}

}  // namespace koobatch::engine
