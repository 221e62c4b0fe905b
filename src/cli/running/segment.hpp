#pragma once
#include "cli/running/metrics_output.hpp"
#include "koobatch/control/server.hpp"
#include "koobatch/control/supervisor.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/observe/progress_display.hpp"
#include "koobatch/process/descriptor_budget.hpp"
#include "koobatch/process/signals.hpp"
#include "koobatch/sim/simulator.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

/// The life of a segment, from what it needs before its start to its end, whatever it sends.
namespace koobatch::cli {

/// How long requests in flight may take after a first signal.
constexpr std::chrono::seconds drain_grace{10};

/// Starts a segment with the settings in their final form.
using Start = std::function<Result<std::unique_ptr<engine::Run>>(const engine::RunSettings&)>;
/// Works with a started segment; returns the exit status. `has_descriptors`: whether enough are left for a control
/// socket.
using Work = std::function<int(engine::Run& run, bool has_descriptors)>;

/// Starts the embedded service if requested, then the segment with its metrics, and passes it to `work`. Returns the
/// exit status, also if the segment could not be started.
int with_segment(engine::RunSettings& settings, const sim::SimulatorSettings& simulator, const Start& start,
                 const process::SignalWatch& signals, MetricsOutput& metrics, const Work& work);

/// Lowers the number of connections to what the limit on open files allows, with a warning. An error if that is less
/// than one per thread.
Result<process::DescriptorBudget> fit_connections(engine::RunSettings& settings);

/// Opens the control socket for this report's run. If it lacks descriptors or cannot be opened, prints a warning and
/// returns nothing: the run continues without.
std::optional<control::Server> open_control(const std::filesystem::path& report, bool has_descriptors);

/// The observers of a segment in progress, some of which may end it.
struct Observers {
  process::SignalWatch& signals;
  control::Supervisor& supervisor;
  MetricsOutput& metrics;
  observe::ProgressDisplay* display = nullptr;  ///< null: progress is not shown
};

/// Waits for the segment's end; meanwhile handles signals and control requests, and shows the progress. After
/// `duration` nothing more is sent; zero: no limit.
void watch(engine::Run& run, const Observers& observers, Duration duration = Duration::zero());

}  // namespace koobatch::cli
