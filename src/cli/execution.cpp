#include "koobatch/cli/execution.hpp"

#include "koobatch/auth/credentials.hpp"
#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/metrics_output.hpp"
#include "koobatch/cli/on_complete.hpp"
#include "koobatch/cli/output.hpp"
#include "koobatch/cli/room.hpp"
#include "koobatch/cli/signals.hpp"
#include "koobatch/control/supervisor.hpp"
#include "koobatch/job/tokens_file.hpp"
#include "koobatch/net/tls.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/observe/progress_display.hpp"
#include "koobatch/report/summary.hpp"
#include "koobatch/sim/simulator.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <optional>
#include <utility>

namespace koobatch::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto draw_interval = 100ms;

/// Waits for the run's end, shows how it goes, and hands on signals and what others ask for.
void watch(engine::Run& run, const SignalWatch& signals, control::Supervisor& supervisor,
           observe::ProgressDisplay& display, MetricsOutput& metrics) {
  bool interrupted = false;
  for (;;) {
    if (!interrupted && signals.received() != 0) {
      interrupted = true;
      spdlog::warn(
          "interrupted: sending nothing more, waiting up to 10 s for what is under way; once more to leave at once");
      run.interrupt(drain_grace);
    }
    if (run.wait(draw_interval)) return;
    const TimePoint now = Steady::now();
    supervisor.tick(now);
    if (signals.take_question()) supervisor.print_status();
    display.show(supervisor.progress(), now);
    metrics.update(now);
  }
}

int status_of(const engine::RunResult& result, int signal) {
  if (result.error) return exit_status(result.error->kind);
  const report::Summary& summary = result.summary;
  switch (summary.outcome) {
    case report::Outcome::completed:
      return summary.counts[Status::succeeded] == summary.counts.finished() ? exit_success : exit_not_all;
    case report::Outcome::interrupted:
      return exit_by_signal + signal;
    case report::Outcome::aborted:
    case report::Outcome::unfinished:
      break;
  }
  return exit_fatal;
}

/// The refresh token's file is replaced as tokens are renewed: the access token in it would be lost.
Result<void> check_two_files(const auth::CredentialSettings& credentials) {
  const auto& token = credentials.token_file;
  const auto& refresh = credentials.refresh_token_file;
  std::error_code ignored;
  if (token.empty() || refresh.empty() || !std::filesystem::equivalent(token, refresh, ignored)) return {};
  return usage_error(fmt::format("--token-file {} and --refresh-token-file {} must be two different files",
                                 token.string(), refresh.string()));
}

}  // namespace

Result<void> check_files(engine::RunSettings& settings) {
  if (auto ok = check_two_files(settings.credentials); !ok) return ok;
  if (settings.credentials.any() && settings.credentials.tokens_file.empty()) {
    if (const auto checked = auth::Credentials::check(settings.credentials); !checked) return checked.error();
  }
  auto app_key = auth::AppKey::load(settings.app);
  if (!app_key) return app_key.error();
  settings.app_key = std::move(*app_key);
  if (settings.endpoint.tls && !settings.simulated) {
    if (const auto context = net::make_tls_context(settings.tls); !context) return context.error();
  }
  return {};
}

Result<void> load_user_tokens(engine::RunSettings& settings) {
  if (settings.credentials.tokens_file.empty()) return {};
  auto tokens = job::read_tokens_file(settings.credentials.tokens_file);
  if (!tokens) return usage_error("--tokens-file " + tokens.error().message);
  settings.user_tokens = std::move(*tokens);
  return {};
}

std::optional<control::Server> open_control(const std::filesystem::path& report, bool has_room) {
  constexpr std::string_view consequence = "'koobatch status' and 'koobatch set' will not reach this run";
  if (!has_room) {
    spdlog::warn("the limit on open files leaves no room to be asked: {}; raise it (ulimit -n)", consequence);
    return std::nullopt;
  }
  auto server = control::Server::open(report);
  if (server) return std::move(*server);
  spdlog::warn("{}; {}", server.error().message, consequence);
  return std::nullopt;
}

int fail_to_start(const Error& error, const SignalWatch& signals) {
  const int status = fail(error);
  return signals.received() != 0 ? exit_by_signal + signals.received() : status;
}

int print_result(const engine::RunResult& result, int signal) {
  const auto style = output_style();
  const auto written = write_output(report::summary_text(result.summary, style.colour, style.width));
  if (!written) observe::log::print(spdlog::level::err, "koobatch: " + written.error().message);
  return status_of(result, signal);
}

void warn_of_insecurity(const engine::RunSettings& settings) {
  if (!settings.tls.insecure) return;
  spdlog::warn("--insecure: the service's certificate is not checked; anybody in between can read the token");
}

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

namespace {

/// A segment that has come to its end. No result: it was never begun.
struct Ended {
  int status = exit_fatal;
  std::optional<engine::RunResult> result{};
};

Ended run_segment(engine::RunSettings& settings, const Invocation& invocation,
                  std::shared_ptr<observe::Console> console, const Start& start, const SignalWatch& signals,
                  MetricsOutput& metrics) {
  const auto simulator = start_embedded(settings, invocation.options.simulator);
  if (!simulator) return {fail(simulator.error())};
  if (auto fitted = fit_connections(settings); !fitted) return {fail(fitted.error())};
  const bool may_be_asked = has_room_to_be_asked();
  settings.interrupted = [&signals] { return signals.received() != 0; };
  auto run = start(settings);
  if (!run) return {fail_to_start(run.error(), signals)};
  const MetricsOutput::Following following(metrics, **run);
  const auto& presentation = invocation.options.presentation;
  const bool silent = presentation.quiet && presentation.progress == observe::ProgressMode::automatic;
  {
    observe::ProgressDisplay display(silent ? observe::ProgressMode::none : presentation.progress, std::move(console));
    control::Supervisor supervisor(**run, (*run)->report().native(), open_control((*run)->report(), may_be_asked));
    watch(**run, signals, supervisor, display, metrics);
  }
  auto result = (*run)->finish();
  const int status = print_result(result, signals.received());
  return {status, std::move(result)};
}

/// With all that watches over a run and is over before it is told that the run has ended.
Ended run_watched(engine::RunSettings settings, const Invocation& invocation, std::shared_ptr<observe::Console> console,
                  const Start& start) {
  const SignalWatch signals([console] { console->leave(); });
  const auto metrics = MetricsOutput::open(invocation.options.metrics);
  if (!metrics) return {fail(metrics.error())};
  auto ended = run_segment(settings, invocation, std::move(console), start, signals, **metrics);
  (*metrics)->finish(ended.status);
  return ended;
}

}  // namespace

int execute(engine::RunSettings settings, const Invocation& invocation, std::shared_ptr<observe::Console> console,
            const Start& start) {
  warn_of_insecurity(settings);
  const auto ended = run_watched(std::move(settings), invocation, std::move(console), start);
  if (ended.result) run_on_complete(invocation.options, {ended.result->summary, ended.status});
  return ended.status;
}

}  // namespace koobatch::cli
