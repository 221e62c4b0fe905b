#pragma once
#include "koobatch/cli/command_line.hpp"
#include "koobatch/cli/segment.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/observe/console.hpp"

#include <memory>

/// What the verbs that send have in common: a segment from its start to its summary.
namespace koobatch::cli {

/// Finds out before a long validation what would stop the run after it, and reads the app's secret.
Result<void> check_files(engine::RunSettings& settings);

/// Reads --tokens-file, if it is given.
Result<void> load_user_tokens(engine::RunSettings& settings);

/// Warns if anybody in between could read along.
void warn_of_insecurity(const engine::RunSettings& settings);

/// Starts the embedded service if it is asked for, starts the segment, shows its progress, hands signals on, prints the
/// summary; then the command of --on-complete has its turn. Returns the exit status.
int execute(engine::RunSettings settings, const Invocation& invocation, std::shared_ptr<observe::Console> console,
            const Start& start);

/// Prints the summary of a run that is over, returns its exit status. `signal`: the one that interrupted it.
int print_result(const engine::RunResult& result, int signal);

}  // namespace koobatch::cli
