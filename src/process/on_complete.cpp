#include "koobatch/process/on_complete.hpp"

#include "koobatch/core/child_process.hpp"
#include "koobatch/core/words.hpp"
#include "koobatch/process/signals.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <boost/algorithm/string/case_conv.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <thread>
#include <utility>

namespace koobatch::process {
namespace {

using namespace std::chrono_literals;

constexpr auto look_interval = 20ms;

/// "KOOBATCH_SUCCEEDED"
std::string count_name(std::string_view status) {
  return fmt::format("KOOBATCH_{}", boost::algorithm::to_upper_copy(std::string(status)));
}

struct Variable {
  std::string_view name;
  std::string (*value)(const CompletedRun& run);
};

/// The variables that describe the run, besides the count of each status.
constexpr std::array variables = {
    Variable{"KOOBATCH_REPORT",
             [](const CompletedRun& run) { return std::filesystem::absolute(run.report).lexically_normal().string(); }},
    Variable{"KOOBATCH_RUN_ID", [](const CompletedRun& run) { return run.run_id; }},
    Variable{completion_mark, [](const CompletedRun& run) { return std::string(run.outcome); }},
    Variable{"KOOBATCH_ERROR", [](const CompletedRun& run) { return run.error; }},
    Variable{"KOOBATCH_EXIT_STATUS", [](const CompletedRun& run) { return fmt::format("{}", run.exit_status); }},
    Variable{"KOOBATCH_REMAINING", [](const CompletedRun& run) { return fmt::format("{}", run.remaining); }},
};

/// Waits for the child's end, or kills it.
CompletionResult follow(ChildProcess child, Duration timeout, const SignalWatch& signals) {
  const TimePoint end = Steady::now() + timeout;
  for (;;) {
    if (const auto status = child.ended()) {
      if (*status == 0) return {};
      return {CommandEnd::failed, {}, describe_end(*status)};
    }
    if (signals.received() != 0) return {CommandEnd::interrupted, {}, {}};
    if (Steady::now() >= end) return {CommandEnd::timed_out, {}, {}};
    std::this_thread::sleep_for(look_interval);
  }
}

std::vector<const char*> own_environment() {
  std::vector<const char*> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) entries.push_back(*entry);
  return entries;
}

}  // namespace

bool is_completion_variable(std::string_view name) {
  return std::any_of(variables.begin(), variables.end(), [&](const Variable& it) { return it.name == name; }) ||
         std::any_of(status_names.begin(), status_names.end(),
                     [&](std::string_view status) { return count_name(status) == name; });
}

std::vector<std::string> completion_environment(const CompletedRun& run, std::span<const char* const> ours,
                                                std::string_view token_env) {
  std::vector<std::string> entries;
  for (const std::string_view entry : ours) {
    const auto name = entry.substr(0, entry.find('='));
    if (name == token_env || is_completion_variable(name)) continue;
    entries.emplace_back(entry);
  }
  for (const auto& [name, value] : variables) entries.push_back(fmt::format("{}={}", name, value(run)));
  for (std::size_t i = 0; i < status_names.size(); ++i) {
    entries.push_back(fmt::format("{}={}", count_name(status_names[i]), run.by_status[i]));
  }
  return entries;
}

Result<CompletionResult> run_on_complete(const CompletionCommand& command, const CompletedRun& run) {
  const auto words = split_words(command.words, command.option);
  if (!words) return words.error();
  auto entries = completion_environment(run, own_environment(), command.token_env);
  std::vector<char*> environment;
  for (auto& entry : entries) environment.push_back(entry.data());
  environment.push_back(nullptr);
  const SignalWatch signals;
  auto child = ChildProcess::start({command.option, *words, STDERR_FILENO, STDERR_FILENO, environment.data()});
  if (!child) return child.error();
  auto result = follow(std::move(*child), command.timeout, signals);
  result.program = fmt::format("{}: '{}'", command.option, words->front());
  return result;
}

}  // namespace koobatch::process
