#pragma once
#include "cli/commands/command.hpp"
#include "cli/running/segment.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/observe/console.hpp"

#include <functional>
#include <memory>

/// Shared by the commands that send: a segment from its start to its summary.
namespace koobatch::cli {

/// Checks, before a long validation, what would stop the run after it, and reads the app's secret.
Result<void> check_files(engine::RunSettings& settings);

/// Reads --tokens-file, if it is given.
Result<void> load_user_tokens(engine::RunSettings& settings);

/// Warns if, with these settings, anybody on the network path could read the token.
void warn_of_insecurity(const engine::RunSettings& settings);

/// The mode of --progress; --quiet turns progress off unless the mode is given.
observe::ProgressMode progress_mode(const ProgressOutput& progress, const Presentation& presentation);

/// Prints the summary of a run that has ended, and returns its exit status. `signal`: the one that interrupted it, or
/// 0.
int print_result(const engine::RunResult& result, int signal);

/// Does what print_result() does for a run whose result is more than its summary. May change the summary's report,
/// which the command of --on-complete is told.
using Conclude = std::function<int(engine::RunResult& result, int signal)>;

/// Starts the embedded service if requested, runs the segment with progress and signal handling, and prints the
/// summary, or concludes otherwise; then runs the command of --on-complete. Returns the exit status.
int execute(engine::RunSettings settings, const Running& running, const Presentation& presentation,
            const std::shared_ptr<observe::Console>& console, const Start& start,
            const Conclude& conclude = print_result);

}  // namespace koobatch::cli
