#include "koobatch/cli/commands.hpp"
#include "koobatch/cli/dry_run.hpp"
#include "koobatch/cli/execution.hpp"
#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/output.hpp"
#include "koobatch/cli/signals.hpp"
#include "koobatch/cli/spool.hpp"
#include "koobatch/cli/validation.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/job/validator.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/report/journal_file.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <optional>
#include <utility>

namespace koobatch::cli {
namespace {

constexpr std::string_view all_listed = "; 'koobatch validate -v' lists all";

/// Standard input as a job. While this lives, a signal does not end the process but what it does, so that no spool is
/// left.
struct Intake {
  explicit Intake(Spool s) : spool(std::move(s)) {}

  Spool spool;
  std::optional<SignalWatch> signals{std::in_place};
};

std::filesystem::path name_of_job(const engine::RunSettings& settings) {
  return settings.reader.name.empty() ? settings.job : std::filesystem::path(settings.reader.name);
}

/// Prints what validation found. An exit status if that is the end of it.
std::optional<int> judge(const engine::RunSettings& settings, const job::Validation& validation) {
  if (validation.cut_short && settings.skip_invalid) {
    print_violations(name_of_job(settings), validation, spdlog::level::err, all_listed);
    observe::log::print(spdlog::level::err,
                        "koobatch: nothing was sent; --skip-invalid cannot tell which operations the last error hides");
    return exit_job_invalid;
  }
  if (validation.invalid > 0 && !settings.skip_invalid) {
    print_violations(name_of_job(settings), validation, spdlog::level::err, all_listed);
    observe::log::print(spdlog::level::err,
                        "koobatch: nothing was sent; correct the job, or run the rest with --skip-invalid");
    return exit_job_invalid;
  }
  if (validation.invalid > 0) print_violations(name_of_job(settings), validation, spdlog::level::warn, all_listed);
  if (validation.operations > 0) return std::nullopt;
  observe::log::print(spdlog::level::info, fmt::format("{}: no operations in it, so there is nothing to do",
                                                       name_of_job(settings).string()));
  return exit_success;
}

int print_requests(const engine::RunSettings& settings) {
  const auto printed = dry_run(settings);
  if (!printed) return fail(printed.error());
  observe::log::print(spdlog::level::info, fmt::format("dry run: {}, nothing was sent", count_of(*printed, "request")));
  return exit_success;
}

int interrupted(int signal) {
  observe::log::print(spdlog::level::err, "koobatch: interrupted; nothing was sent");
  return exit_by_signal + signal;
}

/// `intake`: of standard input; nullptr if the job is a file.
int run_job(const engine::RunSettings& settings, const Invocation& invocation,
            std::shared_ptr<observe::Console> console, Intake* intake) {
  const auto validation = job::validate(settings.job, settings.reader, token_check(settings));
  if (!validation) return fail(validation.error());
  if (const auto status = judge(settings, *validation)) return *status;
  if (intake != nullptr) {
    if (const int signal = intake->signals->received()) return interrupted(signal);
    // From here on the run watches for signals itself.
    intake->signals.reset();
  }
  if (invocation.options.dry_run) return print_requests(settings);
  return execute(settings, invocation, std::move(console), [&](const engine::RunSettings& final_settings) {
    auto run = engine::Run::start(final_settings, *validation);
    if (run && intake != nullptr) intake->spool.keep();
    return run;
  });
}

Result<Spool> spool_beside(const std::filesystem::path& report) {
  if (auto free = report::check_free(report); !free) return free.error();
  return Spool::beside(report);
}

/// The spool of the report. With it the report has its name, so that both have the same.
Result<Spool> spool_of_report(engine::RunSettings& settings) {
  const std::filesystem::path wanted = settings.report;
  const bool numbered = std::exchange(settings.report_numbered, false);
  for (unsigned number = 1;; ++number) {
    settings.report = report::numbered_name(wanted, number);
    auto spool = spool_beside(settings.report);
    const auto taken = [&] {
      return report::is_taken(settings.report) || report::is_taken(spool_path(settings.report));
    };
    if (spool || !numbered || !taken()) return spool;
  }
}

/// A run reads its job twice, and once more when it is resumed: what can be read only once is kept in a file.
int run_standard_input(engine::RunSettings settings, const Invocation& invocation,
                       std::shared_ptr<observe::Console> console) {
  const bool dry_run = invocation.options.dry_run;
  auto spool = dry_run ? Spool::temporary() : spool_of_report(settings);
  if (!spool) return fail(spool.error());
  Intake intake(std::move(*spool));
  const auto filled = intake.spool.fill(STDIN_FILENO, [&] { return intake.signals->received() != 0; });
  if (!filled) return fail(filled.error());
  if (!*filled) return interrupted(intake.signals->received());
  settings.job = intake.spool.path();
  settings.reader.name = standard_input_name;
  return run_job(settings, invocation, std::move(console), &intake);
}

}  // namespace

int run_command(const Invocation& invocation, std::shared_ptr<observe::Console> console) {
  auto settings = finish_run(invocation.options, invocation.arguments.front(), WallClock::now());
  if (!settings) return fail(settings.error());
  if (auto ok = check_files(*settings); !ok) return fail(ok.error());
  if (auto ok = load_user_tokens(*settings); !ok) return fail(ok.error());
  if (settings->job == standard_input_argument) return run_standard_input(*settings, invocation, std::move(console));
  return run_job(*settings, invocation, std::move(console), nullptr);
}

}  // namespace koobatch::cli
