#include "cli/running/segment.hpp"

#include "cli/exit_status.hpp"
#include "cli/output.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace koobatch::cli {
namespace {

using namespace std::chrono_literals;

/// How long a signal may go unnoticed, and how old the displayed progress may be.
constexpr auto look_interval = 100ms;

Result<std::unique_ptr<sim::Simulator>> start_embedded(engine::RunSettings& settings,
                                                       const sim::SimulatorSettings& simulator) {
  if (!settings.simulated) return std::unique_ptr<sim::Simulator>();
  sim::SimulatorSettings embedded = simulator;
  embedded.app_key = settings.app_key;
  auto started = sim::Simulator::start(embedded);
  if (!started) return started.error();
  const auto endpoint = http::parse_endpoint((*started)->url());
  if (!endpoint) return endpoint.error();
  settings.endpoint = *endpoint;
  return started;
}

/// Descriptors that an io_context opens for itself.
constexpr std::uint64_t per_thread = 3;
/// Job, report, resolver and token file.
constexpr std::uint64_t per_run = 8;
/// Clients of the metrics server, and the metrics file.
constexpr std::uint64_t for_metrics = observe::MetricsServer::descriptors + 1;

process::DescriptorNeeds needs_of(const engine::RunSettings& settings) {
  return {.connections = settings.connections,
          // The embedded service holds the other end of each connection.
          .per_connection = settings.simulated ? 2U : 1U,
          .fixed = per_thread * settings.threads + per_run + (settings.metrics ? for_metrics : 0),
          .control = control::Server::descriptors};
}

/// Reports that the segment could not be started, perhaps because a signal came first.
int fail_to_start(const Error& error, const process::SignalWatch& signals) {
  const int status = fail(error);
  return signals.received() != 0 ? exit_by_signal + signals.received() : status;
}

/// Ends the segment if a signal or the time limit requires it. Returns whether it did.
bool end_if_due(engine::Run& run, const process::SignalWatch& signals, TimePoint over) {
  const bool interrupted = signals.received() != 0;
  if (!interrupted && Steady::now() < over) return false;
  if (interrupted) {
    const bool hung_up = signals.received() == SIGHUP;
    spdlog::warn("{}stopping; waiting up to 10 s for requests in flight{}", hung_up ? "the terminal is gone: " : "",
                 hung_up ? "" : " (press Ctrl-C again to exit now)");
  }
  run.interrupt(drain_grace);
  return true;
}

}  // namespace

Result<process::DescriptorBudget> fit_connections(engine::RunSettings& settings) {
  const auto budget = process::share_descriptors(process::free_descriptors(), needs_of(settings));
  if (budget.connections >= settings.connections) return budget;
  if (budget.connections < settings.threads) {
    return usage_error(fmt::format(
        "the limit on open files is too low for --threads {} with a connection each; raise it, e.g. ulimit -n 1024",
        settings.threads));
  }
  spdlog::warn("the limit on open files allows {} of {} connections; raise it (ulimit -n) or lower --connections",
               budget.connections, settings.connections);
  settings.connections = static_cast<unsigned>(budget.connections);
  return budget;
}

int with_segment(engine::RunSettings& settings, const sim::SimulatorSettings& simulator, const Start& start,
                 const process::SignalWatch& signals, MetricsOutput& metrics, const Work& work) {
  const auto embedded = start_embedded(settings, simulator);
  if (!embedded) return fail(embedded.error());
  const auto budget = fit_connections(settings);
  if (!budget) return fail(budget.error());
  settings.interrupted = [&signals] { return signals.received() != 0; };
  const auto run = start(settings);
  if (!run) return fail_to_start(run.error(), signals);
  const MetricsOutput::Following following(metrics, **run);
  return work(**run, budget->control);
}

std::optional<control::Server> open_control(const std::filesystem::path& report, bool has_descriptors) {
  constexpr std::string_view consequence = "'koobatch status' and 'koobatch set' will not reach this run";
  if (!has_descriptors) {
    spdlog::warn("the limit on open files is too low for a control socket: {}; raise it (ulimit -n)", consequence);
    return std::nullopt;
  }
  auto server = control::Server::open(report);
  if (server) return std::move(*server);
  spdlog::warn("{}; {}", server.error().message, consequence);
  return std::nullopt;
}

void watch(engine::Run& run, const Observers& observers, Duration duration) {
  const TimePoint over = duration > Duration::zero() ? Steady::now() + duration : TimePoint::max();
  bool ending = false;
  for (;;) {
    ending = ending || end_if_due(run, observers.signals, over);
    const Duration left = ending ? Duration(look_interval) : over - Steady::now();
    const auto patience = std::clamp<Duration>(left, Duration::zero(), look_interval);
    if (run.wait(std::chrono::ceil<std::chrono::milliseconds>(patience))) return;
    const TimePoint now = Steady::now();
    observers.supervisor.tick(now);
    if (observers.signals.take_question()) observers.supervisor.print_status();
    if (observers.display != nullptr) observers.display->show(observers.supervisor.progress(), now);
    observers.metrics.update(now);
  }
}

}  // namespace koobatch::cli
