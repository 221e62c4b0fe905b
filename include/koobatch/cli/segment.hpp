#pragma once
#include "koobatch/cli/metrics_output.hpp"
#include "koobatch/cli/signals.hpp"
#include "koobatch/control/server.hpp"
#include "koobatch/control/supervisor.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/observe/progress_display.hpp"
#include "koobatch/sim/simulator.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

/// A segment from what has to be there before it to its end: the same for whatever is sent.
namespace koobatch::cli {

/// What a first signal leaves to the requests under way.
constexpr std::chrono::seconds drain_grace{10};

/// Starts a segment with the settings as they are at last.
using Start = std::function<Result<std::unique_ptr<engine::Run>>(const engine::RunSettings&)>;
/// Works with a segment that has been started; returns the exit status. `may_be_asked`: there is room for a socket.
using Work = std::function<int(engine::Run& run, bool may_be_asked)>;

/// Starts the embedded service if it is asked for, then the segment, and hands it to `work`, with its metrics followed.
/// Returns the exit status, also when it could not be started.
int with_segment(engine::RunSettings& settings, const sim::SimulatorSettings& simulator, const Start& start,
                 const SignalWatch& signals, MetricsOutput& metrics, const Work& work);

/// Lets other processes ask about the run of this report. Without room or a socket that is told, and the run goes on
/// without.
std::optional<control::Server> open_control(const std::filesystem::path& report, bool may_be_asked);

/// Who is told how a segment goes on, and may end it.
struct Onlookers {
  SignalWatch& signals;
  control::Supervisor& supervisor;
  MetricsOutput& metrics;
  observe::ProgressDisplay* display = nullptr;  ///< none: nobody watches
};

/// Waits for the segment's end, hands on signals and what others ask for, and shows how it goes. When `duration` is
/// over nothing more is sent; zero: it has all the time it needs.
void watch(engine::Run& run, const Onlookers& onlookers, Duration duration = Duration::zero());

}  // namespace koobatch::cli
