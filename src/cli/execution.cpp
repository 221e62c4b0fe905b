#include "koobatch/cli/execution.hpp"

#include "koobatch/auth/credentials.hpp"
#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/on_complete.hpp"
#include "koobatch/cli/output.hpp"
#include "koobatch/job/tokens_file.hpp"
#include "koobatch/net/tls.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/observe/progress_display.hpp"
#include "koobatch/report/journal_file.hpp"
#include "koobatch/report/summary.hpp"

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

/// A segment that has come to its end. No result: it was never begun.
struct Ended {
  int status = exit_fatal;
  std::optional<engine::RunResult> result{};
};

/// Follows the segment to its end, with its progress shown.
engine::RunResult follow(engine::Run& run, bool may_be_asked, const Invocation& invocation,
                         std::shared_ptr<observe::Console> console, SignalWatch& signals, MetricsOutput& metrics) {
  const auto& presentation = invocation.options.presentation;
  const bool silent = presentation.quiet && presentation.progress == observe::ProgressMode::automatic;
  {
    observe::ProgressDisplay display(silent ? observe::ProgressMode::none : presentation.progress, std::move(console));
    control::Supervisor supervisor(run, run.report().native(), open_control(run.report(), may_be_asked));
    watch(run, {signals, supervisor, metrics, &display});
  }
  return run.finish();
}

/// What is said when a second signal ends the process: how to go on, once the run has a report.
class Farewell {
 public:
  Farewell(const Presentation& presentation, std::shared_ptr<observe::Console> console)
      : format_(presentation.log_format), silent_(presentation.quiet), console_(std::move(console)) {}

  /// From here on there is a report to go on with; `over` says that there is nothing to go on with any more.
  void begin(const engine::Run& run) {
    run_id_ = run.record().run_id;
    text_ = fmt::format("left at once; go on with '{}'", report::resume_command(run.report().native()));
    due_.store(true);
  }
  void over() { due_.store(false); }

  /// Called by the thread that watches for signals. Written past the console's lock, which a thread may hold that
  /// waits for a reader of standard error, and not if nobody reads there.
  void say() const {
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

/// With all that watches over a run and is over before it is told that the run has ended.
Ended run_watched(engine::RunSettings settings, const Invocation& invocation, std::shared_ptr<observe::Console> console,
                  const Start& start) {
  Farewell farewell(invocation.options.presentation, console);
  SignalWatch signals([&farewell] { farewell.say(); });
  const auto metrics = MetricsOutput::open(invocation.options.metrics);
  if (!metrics) return {fail(metrics.error())};
  Ended ended;
  ended.status = with_segment(settings, invocation.options.simulator, start, signals, **metrics,
                              [&](engine::Run& run, bool may_be_asked) {
                                farewell.begin(run);
                                ended.result = follow(run, may_be_asked, invocation, console, signals, **metrics);
                                farewell.over();
                                return print_result(*ended.result, signals.received());
                              });
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
