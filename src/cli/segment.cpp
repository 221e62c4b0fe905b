#include "koobatch/cli/segment.hpp"

#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/output.hpp"
#include "koobatch/cli/room.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace koobatch::cli {
namespace {

using namespace std::chrono_literals;

/// How long a signal may go unnoticed, and what is shown be old.
constexpr auto look_interval = 100ms;

Result<std::unique_ptr<sim::Simulator>> start_embedded(engine::RunSettings& settings,
                                                       const sim::SimulatorSettings& simulator) {
  if (!settings.simulated) return std::unique_ptr<sim::Simulator>();
  sim::SimulatorSettings embedded = simulator;
  embedded.app_key = settings.app_key;
  auto started = sim::Simulator::start(embedded);
  if (!started) return started.error();
  const auto endpoint = net::parse_endpoint((*started)->url());
  if (!endpoint) return endpoint.error();
  settings.endpoint = *endpoint;
  return started;
}

/// The segment could not be started, perhaps because a signal came first.
int fail_to_start(const Error& error, const SignalWatch& signals) {
  const int status = fail(error);
  return signals.received() != 0 ? exit_by_signal + signals.received() : status;
}

/// Ends the segment when there is reason to. Whether it has.
bool end_if_due(engine::Run& run, const SignalWatch& signals, TimePoint over) {
  const bool interrupted = signals.received() != 0;
  if (!interrupted && Steady::now() < over) return false;
  if (interrupted) {
    spdlog::warn(
        "interrupted: sending nothing more, waiting up to 10 s for what is under way; once more to leave at once");
  }
  run.interrupt(drain_grace);
  return true;
}

}  // namespace

int with_segment(engine::RunSettings& settings, const sim::SimulatorSettings& simulator, const Start& start,
                 const SignalWatch& signals, MetricsOutput& metrics, const Work& work) {
  const auto embedded = start_embedded(settings, simulator);
  if (!embedded) return fail(embedded.error());
  if (auto fitted = fit_connections(settings); !fitted) return fail(fitted.error());
  const bool may_be_asked = has_room_to_be_asked();
  settings.interrupted = [&signals] { return signals.received() != 0; };
  const auto run = start(settings);
  if (!run) return fail_to_start(run.error(), signals);
  const MetricsOutput::Following following(metrics, **run);
  return work(**run, may_be_asked);
}

std::optional<control::Server> open_control(const std::filesystem::path& report, bool may_be_asked) {
  constexpr std::string_view consequence = "'koobatch status' and 'koobatch set' will not reach this run";
  if (!may_be_asked) {
    spdlog::warn("the limit on open files leaves no room to be asked: {}; raise it (ulimit -n)", consequence);
    return std::nullopt;
  }
  auto server = control::Server::open(report);
  if (server) return std::move(*server);
  spdlog::warn("{}; {}", server.error().message, consequence);
  return std::nullopt;
}

void watch(engine::Run& run, const Onlookers& onlookers, Duration duration) {
  const TimePoint over = duration > Duration::zero() ? Steady::now() + duration : TimePoint::max();
  bool ending = false;
  for (;;) {
    ending = ending || end_if_due(run, onlookers.signals, over);
    const Duration left = ending ? Duration(look_interval) : over - Steady::now();
    const auto patience = std::clamp<Duration>(left, Duration::zero(), look_interval);
    if (run.wait(std::chrono::ceil<std::chrono::milliseconds>(patience))) return;
    const TimePoint now = Steady::now();
    onlookers.supervisor.tick(now);
    if (onlookers.signals.take_question()) onlookers.supervisor.print_status();
    if (onlookers.display != nullptr) onlookers.display->show(onlookers.supervisor.progress(), now);
    onlookers.metrics.update(now);
  }
}

}  // namespace koobatch::cli
