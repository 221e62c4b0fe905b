#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/core/status.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::process {

/// A run whose report is closed.
struct CompletedRun {
  std::filesystem::path report;
  std::string run_id;
  std::string_view outcome;
  std::string error;  ///< what stopped the run; empty: nothing did
  std::array<std::uint64_t, status_names.size()> by_status{};
  std::uint64_t remaining = 0;
  int exit_status = 0;
};

/// The environment of the command started at the end of a run: `ours`, with the variables that describe the run, and
/// without the access token, whose variable `token_env` names (empty: it is in none).
std::vector<std::string> completion_environment(const CompletedRun& run, std::span<const char* const> ours,
                                                std::string_view token_env);

/// Whether the variable describes a run to such a command.
bool is_completion_variable(std::string_view name);
/// The variable that only such a command has.
constexpr std::string_view completion_mark = "KOOBATCH_OUTCOME";

/// How to start the command.
struct CompletionCommand {
  std::string_view option;  ///< what asked for it, for messages
  std::string_view words;   ///< the program and its arguments, as split_words() reads them
  Duration timeout{};       ///< it is killed once this is over
  std::string_view token_env;
};

enum class CommandEnd {
  succeeded,
  failed,       ///< with another status than 0, or by a signal of its own
  interrupted,  ///< killed, because a signal asked this process to end
  timed_out,    ///< killed, because its time was over
};

/// How the command ended.
struct CompletionResult {
  CommandEnd end = CommandEnd::succeeded;
  std::string program;  ///< as messages name it: "OPTION: 'PROGRAM'"
  std::string how;      ///< of a failed one: "ended with status 3"
};

/// Runs the command, and waits for its end. Its output goes to standard error, because standard output is for the
/// summary of the run. An error (usage) if it cannot be started.
Result<CompletionResult> run_on_complete(const CompletionCommand& command, const CompletedRun& run);

}  // namespace koobatch::process
