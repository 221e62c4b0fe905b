#include "engine/operation_log.hpp"

#include "engine/quota_text.hpp"
#include "koobatch/core/describe.hpp"
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

void OperationLog::unsettled(const TraceId& attempt, const koodrive::Outcome& outcome, bool run_ends) const {
  if (!spdlog::should_log(spdlog::level::debug)) return;
  observe::log::write(spdlog::level::debug, attempt,
                      fmt::format("attempt {}: {}; {}", attempt.attempt,
                                  outcome.error.empty() ? fmt::format("HTTP {}", outcome.http) : outcome.error,
                                  run_ends ? "not repeated, since the run ends" : "will be repeated"));
}

void OperationLog::held_back(const TraceId& attempt, const koodrive::Outcome& outcome) const {
  if (!spdlog::should_log(spdlog::level::debug)) return;
  observe::log::write(spdlog::level::debug, attempt,
                      fmt::format("attempt {}: {}; rejected only if the service answers something else after it",
                                  attempt.attempt, koodrive::describe(outcome)));
}

void OperationLog::not_succeeded(const report::ResultRecord& result) {
  const std::uint64_t number = count_.fetch_add(1, std::memory_order_relaxed) + 1;
  const auto level = number <= most_told ? spdlog::level::warn : spdlog::level::debug;
  if (number == most_told + 1) {
    spdlog::warn("more than {} operations did not succeed; the report lists them all, and so does the log with -v",
                 most_told);
  }
  if (result.trace_id && spdlog::should_log(level)) observe::log::write(level, *result.trace_id, describe(result));
}

void OperationLog::user_refused(const TraceId& attempt, std::string_view user, std::string_view place,
                                std::string_view endpoint, const koodrive::Outcome& outcome, std::size_t number) const {
  if (number <= most_told) {
    observe::log::write(spdlog::level::err, attempt,
                        fmt::format("user {}: {} refused the token on {} (HTTP {}{}); nothing more is sent for this "
                                    "user",
                                    quote(user), endpoint, place, outcome.http, outcome.said()));
  } else if (number == most_told + 1) {
    spdlog::error("the tokens of more than {} users are refused; from here on they are only counted", most_told);
  }
}

void OperationLog::quotas_declared(const TraceId& attempt, const DeclaredQuotas& quotas) {
  if (told_quotas_.load(std::memory_order_relaxed)) return;
  const std::string text = engine::describe(quotas);
  if (text.empty() || told_quotas_.exchange(true, std::memory_order_relaxed)) return;
  observe::log::write(spdlog::level::info, attempt, fmt::format("the service declares its limits: {}", text));
}

}  // namespace koobatch::engine
