#pragma once
#include "cli/commands/command.hpp"
#include "cli/running/segment.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/observe/console.hpp"

#include <memory>

/// Shared by the commands that send: a segment from its start to its summary.
namespace koobatch::cli {

/// Checks, before a long validation, what would stop the run after it, and reads the app's secret.
Result<void> check_files(engine::RunSettings& settings);

/// Reads --tokens-file, if it is given.
Result<void> load_user_tokens(engine::RunSettings& settings);

/// Warns if, with these settings, anybody on the network path could read the token.
void warn_of_insecurity(const engine::RunSettings& settings);

/// Starts the embedded service if requested, runs the segment with progress and signal handling, and prints the
/// summary; then runs the command of --on-complete. Returns the exit status.
int execute(engine::RunSettings settings, const Running& running, const Presentation& presentation,
            const std::shared_ptr<observe::Console>& console, const Start& start);

/// Prints the summary of a run that has ended, and returns its exit status. `signal`: the one that interrupted it, or
/// 0.
int print_result(const engine::RunResult& result, int signal);

}  // namespace koobatch::cli
