#include "koobatch/cli/on_complete.hpp"

#include "koobatch/cli/signals.hpp"
#include "koobatch/core/child_process.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/core/words.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <boost/algorithm/string/case_conv.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <thread>
#include <utility>

namespace koobatch::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto look_interval = 20ms;
constexpr std::string_view option = "--on-complete";

/// "KOOBATCH_SUCCEEDED"
std::string count_name(std::string_view status) {
  return fmt::format("KOOBATCH_{}", boost::algorithm::to_upper_copy(std::string(status)));
}

struct Variable {
  std::string_view name;
  std::string (*value)(const Completed& run);
};

/// What the command is told, beside the count of each status.
constexpr std::array variables = {
    Variable{
        "KOOBATCH_REPORT",
        [](const Completed& run) { return std::filesystem::absolute(run.summary.report).lexically_normal().string(); }},
    Variable{"KOOBATCH_RUN_ID", [](const Completed& run) { return run.summary.run.run_id; }},
    Variable{completion_mark, [](const Completed& run) { return std::string(to_string(run.summary.outcome)); }},
    Variable{"KOOBATCH_EXIT_STATUS", [](const Completed& run) { return fmt::format("{}", run.exit_status); }},
    Variable{"KOOBATCH_REMAINING",
             [](const Completed& run) { return fmt::format("{}", run.summary.counts.remaining); }},
};

std::string program_of(const std::vector<std::string>& words) {
  return fmt::format("{}: '{}'", option, words.front());
}

/// Waits for its end, and says what it came to if that is not well.
void follow(ChildProcess child, const std::string& program, Duration timeout, const SignalWatch& signals) {
  const TimePoint end = Steady::now() + timeout;
  for (;;) {
    if (const auto status = child.ended()) {
      if (*status != 0) spdlog::warn("{} {}", program, describe_end(*status));
      return;
    }
    if (signals.received() != 0) {
      spdlog::warn("{} was killed, because of a signal", program);
      return;
    }
    if (Steady::now() >= end) {
      spdlog::warn("{} did not end within {} and was killed; give it longer with --on-complete-timeout", program,
                   format_duration(timeout));
      return;
    }
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

std::vector<std::string> completion_environment(const Completed& run, std::span<const char* const> ours,
                                                std::string_view token_env) {
  std::vector<std::string> entries;
  for (const std::string_view entry : ours) {
    const auto name = entry.substr(0, entry.find('='));
    if (name == token_env || is_completion_variable(name)) continue;
    entries.emplace_back(entry);
  }
  for (const auto& [name, value] : variables) entries.push_back(fmt::format("{}={}", name, value(run)));
  for (std::size_t i = 0; i < status_names.size(); ++i) {
    const auto count = run.summary.counts[static_cast<Status>(i)];
    entries.push_back(fmt::format("{}={}", count_name(status_names[i]), count));
  }
  return entries;
}

void run_on_complete(const Options& options, const Completed& run) {
  if (options.schedule.on_complete.empty()) return;
  const auto words = split_words(options.schedule.on_complete, option);
  if (!words) return spdlog::warn("{}", words.error().message);
  auto entries = completion_environment(run, own_environment(), options.run.credentials.token_env);
  std::vector<char*> environment;
  for (auto& entry : entries) environment.push_back(entry.data());
  environment.push_back(nullptr);
  const SignalWatch signals;
  // Standard output is for the run's own summary, which may go into a file.
  auto child = ChildProcess::start({option, *words, STDERR_FILENO, STDERR_FILENO, environment.data()});
  if (!child) return spdlog::warn("{}", child.error().message);
  follow(std::move(*child), program_of(*words), options.schedule.on_complete_timeout, signals);
}

}  // namespace koobatch::cli
