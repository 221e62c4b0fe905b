#include "cli/running/execution.hpp"

#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/run_settings.hpp"
#include "koobatch/auth/credentials.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/spelling.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/job/tokens_file.hpp"
#include "koobatch/net/tls.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/observe/progress_display.hpp"
#include "koobatch/process/on_complete.hpp"
#include "koobatch/report/journal_file.hpp"
#include "koobatch/report/summary.hpp"
#include "koobatch/report/wording.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/details/log_msg.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <string>
#include <utility>

namespace koobatch::cli {
namespace {

int status_of(const engine::RunResult& result, int signal) {
  if (result.error) return exit_status(result.error->kind);
  const report::Summary& summary = result.summary;
  switch (summary.outcome) {
    case report::Outcome::aborted:
      // The last operation may exceed the error limit: the run is finished then.
      if (summary.counts.remaining != 0) return exit_fatal;
      [[fallthrough]];
    case report::Outcome::completed:
      return summary.counts.fulfilled() == summary.counts.finished() && summary.doubtful == 0 ? exit_success
                                                                                              : exit_not_all;
    case report::Outcome::interrupted:
      return exit_by_signal + signal;
    case report::Outcome::unfinished:
      break;
  }
  return exit_fatal;
}

/// The refresh token's file is replaced whenever tokens are renewed, which would destroy an access token in it.
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

observe::ProgressMode progress_mode(const ProgressOutput& progress, const Presentation& presentation) {
  const bool silent = presentation.quiet && progress.mode == observe::ProgressMode::automatic;
  return silent ? observe::ProgressMode::none : progress.mode;
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

namespace {

/// A segment that has ended. No result: it never started.
struct Ended {
  int status = exit_fatal;
  std::optional<engine::RunResult> result{};
};

/// Where a segment shows its progress.
struct Surroundings {
  const Running& running;
  const Presentation& presentation;
  const std::shared_ptr<observe::Console>& console;
};

/// Watches the segment until it ends, and shows its progress.
engine::RunResult follow(engine::Run& run, bool has_descriptors, const Surroundings& around,
                         process::SignalWatch& signals, MetricsOutput& metrics) {
  {
    observe::ProgressDisplay display(progress_mode(around.running.progress, around.presentation), around.console);
    control::Supervisor supervisor(run, run.report().native(), open_control(run.report(), has_descriptors));
    watch(run, {signals, supervisor, metrics, &display});
  }
  return run.finish();
}

/// The message printed when a second signal exits the process: how to resume, once the run has a report.
class ExitNotice {
 public:
  ExitNotice(const Presentation& presentation, std::shared_ptr<observe::Console> console)
      : format_(presentation.log_format), silent_(presentation.quiet), console_(std::move(console)) {}

  /// From here until over(), there is a report to resume from.
  void begin(const engine::Run& run) {
    run_id_ = run.record().run_id;
    const auto again = report::continuation(run.record(), run.report().native());
    text_ = fmt::format("exited immediately; continue with '{}'", spell(again));
    due_.store(true);
  }
  void over() { due_.store(false); }

  /// Called on the thread that watches for signals. Bypasses the console's lock, which may be held by a thread blocked
  /// on standard error, and prints nothing if writing would block.
  void print() const {
    console_->leave();
    pollfd ready{STDERR_FILENO, POLLOUT, 0};
    if (!due_.load() || silent_ || ::poll(&ready, 1, 0) != 1) return;
    const auto line = observe::log::render(format_, {{}, {}, spdlog::level::warn, text_}, {run_id_}) + "\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
  }

 private:
  const observe::log::Format format_;
  const bool silent_;
  const std::shared_ptr<observe::Console> console_;
  std::string run_id_;
  std::string text_;
  std::atomic<bool> due_{false};
};

/// Runs the segment with signals, metrics and progress, all of which end before the command of --on-complete starts.
Ended run_watched(engine::RunSettings settings, const Surroundings& around, const Start& start,
                  const Conclude& conclude) {
  ExitNotice notice(around.presentation, around.console);
  process::SignalWatch signals([&notice] { notice.print(); });
  const auto metrics = MetricsOutput::open(around.running.sending.metrics);
  if (!metrics) return {fail(metrics.error())};
  auto service = simulator_settings(around.running.sending.service);
  service.operations = settings.operations;
  Ended ended;
  ended.status =
      with_segment(settings, service, start, signals, **metrics, [&](engine::Run& run, bool has_descriptors) {
        notice.begin(run);
        ended.result = follow(run, has_descriptors, around, signals, **metrics);
        notice.over();
        return conclude(*ended.result, signals.received());
      });
  (*metrics)->finish(ended.status);
  return ended;
}

process::CompletedRun completed(const report::Summary& summary, int exit_status) {
  return {.report = summary.report,
          .run_id = summary.run.run_id,
          .outcome = to_string(summary.outcome),
          .error = summary.error,
          .by_status = summary.counts.by_status,
          .remaining = summary.counts.remaining,
          .exit_status = exit_status};
}

/// Runs the command of --on-complete. Its failure is only a warning, not a failure of the run.
void run_completion_command(const Running& running, const process::CompletedRun& run) {
  const auto& schedule = running.schedule;
  if (schedule.on_complete.empty()) return;
  const auto result = process::run_on_complete(
      {"--on-complete", schedule.on_complete, schedule.on_complete_timeout, running.sending.credentials.token_env},
      run);
  if (!result) return spdlog::warn("{}", result.error().message);
  switch (result->end) {
    case process::CommandEnd::succeeded:
      return;
    case process::CommandEnd::failed:
      return spdlog::warn("{} {}", result->program, result->how);
    case process::CommandEnd::interrupted:
      return spdlog::warn("{} was killed after a signal", result->program);
    case process::CommandEnd::timed_out:
      return spdlog::warn("{} did not end within {:g} s and was killed; give it longer with --on-complete-timeout",
                          result->program, seconds(schedule.on_complete_timeout));
  }
}

}  // namespace

int execute(engine::RunSettings settings, const Running& running, const Presentation& presentation,
            const std::shared_ptr<observe::Console>& console, const Start& start, const Conclude& conclude) {
  warn_of_insecurity(settings);
  const auto ended = run_watched(std::move(settings), {running, presentation, console}, start, conclude);
  if (ended.result) run_completion_command(running, completed(ended.result->summary, ended.status));
  return ended.status;
}

}  // namespace koobatch::cli
