#include "koobatch/auth/credentials.hpp"
#include "koobatch/cli/commands.hpp"
#include "koobatch/cli/dry_run.hpp"
#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/output.hpp"
#include "koobatch/cli/signals.hpp"
#include "koobatch/cli/validation.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/job/validator.hpp"
#include "koobatch/net/tls.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/observe/progress_display.hpp"
#include "koobatch/report/summary.hpp"
#include "koobatch/sim/simulator.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <optional>

namespace koobatch::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto draw_interval = 100ms;
/// What a first signal leaves to the requests under way.
constexpr auto drain_grace = 10s;

/// Finds out before a long validation what would stop the run after it.
Result<void> check_files(const engine::RunSettings& settings) {
  std::error_code ignored;
  if (std::filesystem::is_directory(settings.report, ignored)) {
    return usage_error(fmt::format("--report {}: is a directory; write {}/ to have the report named in it",
                                   settings.report.string(), settings.report.string()));
  }
  if (settings.credentials.any()) {
    if (const auto loaded = auth::Credentials::load(settings.credentials); !loaded) return loaded.error();
  }
  if (settings.endpoint.tls && !settings.simulated) {
    if (const auto context = net::make_tls_context(settings.tls); !context) return context.error();
  }
  return {};
}

/// Prints what validation found. An exit status if that is the end of it.
std::optional<int> judge(const engine::RunSettings& settings, const job::Validation& validation) {
  if (validation.invalid > 0 && !settings.skip_invalid) {
    print_violations(settings.job, validation, spdlog::level::err);
    observe::log::print(spdlog::level::err,
                        "koobatch: nothing was sent; correct the job, or run the rest with --skip-invalid");
    return exit_job_invalid;
  }
  if (validation.invalid > 0) print_violations(settings.job, validation, spdlog::level::warn);
  if (validation.operations > 0) return std::nullopt;
  observe::log::print(spdlog::level::info,
                      fmt::format("{}: no operations in it, so there is nothing to do", settings.job.string()));
  return exit_success;
}

int print_requests(const engine::RunSettings& settings) {
  const auto printed = dry_run(settings);
  if (!printed) return fail(printed.error());
  observe::log::print(spdlog::level::info, fmt::format("dry run: {}, nothing was sent", count_of(*printed, "request")));
  return exit_success;
}

/// Waits for the run's end, shows how it goes, and hands signals on.
void watch(engine::Run& run, const SignalWatch& signals, observe::ProgressDisplay& display) {
  bool interrupted = false;
  while (!run.wait(draw_interval)) {
    display.update(run.snapshot(), Steady::now());
    if (interrupted || signals.received() == 0) continue;
    interrupted = true;
    spdlog::warn(
        "interrupted: sending nothing more, waiting up to 10 s for what is under way; once more to leave at once");
    run.interrupt(drain_grace);
  }
}

int status_of(const engine::RunResult& result, int signal) {
  switch (result.summary.outcome) {
    case report::Outcome::completed:
      return result.summary.counts[Status::succeeded] == result.summary.counts.finished() ? exit_success : exit_not_all;
    case report::Outcome::interrupted:
      return exit_by_signal + signal;
    case report::Outcome::aborted:
    case report::Outcome::unfinished:
      break;
  }
  return exit_fatal;
}

int print_result(const engine::RunResult& result, int signal) {
  const auto style = output_style();
  const auto written = write_output(report::summary_text(result.summary, style.colour, style.width));
  if (!written) observe::log::print(spdlog::level::err, "koobatch: " + written.error().message);
  return status_of(result, signal);
}

/// The segment itself: embedded service, run, progress, result.
int execute(engine::RunSettings settings, const Invocation& invocation, const job::Validation& validation,
            std::shared_ptr<observe::Console> console) {
  const SignalWatch signals;
  std::unique_ptr<sim::Simulator> simulator;
  if (settings.simulated) {
    auto started = sim::Simulator::start(invocation.options.simulator);
    if (!started) return fail(started.error());
    simulator = std::move(*started);
    const auto endpoint = net::parse_endpoint(simulator->url());
    if (!endpoint) return fail(endpoint.error());
    settings.endpoint = *endpoint;
  }
  auto run = engine::Run::start(settings, validation);
  if (!run) return fail(run.error());
  const auto& presentation = invocation.options.presentation;
  const bool silent = presentation.quiet && presentation.progress == observe::ProgressMode::automatic;
  {
    observe::ProgressDisplay display(silent ? observe::ProgressMode::none : presentation.progress, std::move(console));
    watch(**run, signals, display);
  }
  return print_result((*run)->finish(), signals.received());
}

}  // namespace

int run_command(const Invocation& invocation, std::shared_ptr<observe::Console> console) {
  const auto settings = finish_run(invocation.options, invocation.arguments.front(), WallClock::now());
  if (!settings) return fail(settings.error());
  if (auto ok = check_files(*settings); !ok) return fail(ok.error());
  if (settings->tls.insecure) spdlog::warn("--insecure: the service's certificate is not checked");
  const auto validation = job::validate(settings->job, settings->reader);
  if (!validation) return fail(validation.error());
  if (const auto status = judge(*settings, *validation)) return *status;
  if (invocation.options.dry_run) return print_requests(*settings);
  return execute(*settings, invocation, *validation, std::move(console));
}

}  // namespace koobatch::cli
