#pragma once
#include "koobatch/cli/command_line.hpp"
#include "koobatch/cli/signals.hpp"
#include "koobatch/control/server.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/observe/console.hpp"
#include "koobatch/sim/simulator.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

/// What the verbs that send have in common: a segment from its start to its summary.
namespace koobatch::cli {

/// Finds out before a long validation what would stop the run after it, and reads the app's secret.
Result<void> check_files(engine::RunSettings& settings);

/// Reads --tokens-file, if it is given.
Result<void> load_user_tokens(engine::RunSettings& settings);

/// What a first signal leaves to the requests under way.
constexpr std::chrono::seconds drain_grace{10};

/// Warns if anybody in between could read along.
void warn_of_insecurity(const engine::RunSettings& settings);

/// Lets other processes ask about the run of this report. Without room or a socket that is told, and the run goes on
/// without.
std::optional<control::Server> open_control(const std::filesystem::path& report, bool has_room);

/// The run could not be started, perhaps because a signal came first. Returns the exit status.
int fail_to_start(const Error& error, const SignalWatch& signals);

/// Starts the embedded service and makes it the endpoint, if it is asked for; otherwise null.
Result<std::unique_ptr<sim::Simulator>> start_embedded(engine::RunSettings& settings,
                                                       const sim::SimulatorSettings& simulator);

/// Starts a segment with the settings as they are at last.
using Start = std::function<Result<std::unique_ptr<engine::Run>>(const engine::RunSettings&)>;

/// Starts the embedded service if it is asked for, starts the segment, shows its progress, hands signals on, prints the
/// summary; then the command of --on-complete has its turn. Returns the exit status.
int execute(engine::RunSettings settings, const Invocation& invocation, std::shared_ptr<observe::Console> console,
            const Start& start);

/// Prints the summary of a run that is over, returns its exit status. `signal`: the one that interrupted it.
int print_result(const engine::RunResult& result, int signal);

}  // namespace koobatch::cli
