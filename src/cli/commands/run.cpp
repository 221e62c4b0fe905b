#include "cli/commands/run.hpp"

#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/capture_forecast.hpp"
#include "cli/running/dry_run.hpp"
#include "cli/running/execution.hpp"
#include "cli/running/job_files.hpp"
#include "cli/running/judgement.hpp"
#include "cli/running/operations_file.hpp"
#include "cli/running/plan_job.hpp"
#include "cli/running/run_settings.hpp"
#include "cli/running/under_lock.hpp"
#include "cli/running/validation.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/job/validator.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/process/signals.hpp"
#include "koobatch/process/spool.hpp"
#include "koobatch/report/journal_file.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <optional>
#include <string_view>
#include <utility>

namespace koobatch::cli {
namespace {

/// A job that can be read only once. While this lives, a signal stops the work instead of killing the process, so that
/// the spool is removed.
struct Intake {
  explicit Intake(process::Spool s) : spool(std::move(s)) {}

  process::Spool spool;
  std::optional<process::SignalWatch> signals{std::in_place};
};

/// `forecast`: null if no item is to be read.
int print_requests(const engine::RunSettings& settings, const CaptureForecast* forecast) {
  const auto printed = dry_run(settings);
  if (!printed) return fail(printed.error());
  auto text = fmt::format("dry run: {}, nothing was sent", count_of(*printed, "request"));
  if (forecast != nullptr) text += fmt::format("; --capture: {}", forecast->describe());
  observe::log::print(spdlog::level::info, text);
  return exit_success;
}

int interrupted(int signal) {
  observe::log::print(spdlog::level::err, "koobatch: interrupted; nothing was sent");
  return exit_by_signal + signal;
}

/// `intake`: present if the job could be read only once; nullptr if it is a file.
int run_job(engine::RunSettings settings, const RunCommandSettings& given, const Call& call, Intake* intake) {
  CaptureForecast forecast;
  const bool captures = given.running.treatment.capture && settings.reader.format != job::Format::plan;
  const auto check = captures ? forecast.counting(token_check(settings)) : token_check(settings);
  const auto validation = job::validate(settings.job, settings.reader, check);
  if (!validation) return fail(validation.error());
  settings.reader.expected = validation->fingerprint;
  if (auto ok = admit_plan(settings, {given.expect, given.running.plan.max_plan_age}, call.origins, WallClock::now());
      !ok) {
    return fail(ok.error());
  }
  if (const auto status = judge(settings, *validation)) return *status;
  if (intake != nullptr) {
    if (const int signal = intake->signals->received()) return interrupted(signal);
    // The run watches for signals itself from here on.
    intake->signals.reset();
  }
  if (captures) forecast.warn();
  if (given.dry_run) return print_requests(settings, captures ? &forecast : nullptr);
  if (const auto warning = describe_unrecordable_name(settings.job); !warning.empty()) spdlog::warn("{}", warning);
  read_items(settings, given.running);
  const auto source = std::make_shared<job::FileSource>(settings.job, settings.reader, *validation);
  const auto start = [&](const engine::RunSettings& final_settings) {
    auto run = engine::Run::start(final_settings, source);
    if (run && intake != nullptr) intake->spool.keep();
    return run;
  };
  return execute(settings, given.running, given.presentation, call.console, start);
}

Result<process::Spool> spool_beside(const std::filesystem::path& report, const std::string& source) {
  if (auto free = report::check_free(report); !free) return free.error();
  return process::Spool::beside(report, source);
}

/// Creates the report's spool. Fixes the report's name, so that both share it.
Result<process::Spool> spool_of_report(engine::RunSettings& settings) {
  const std::filesystem::path wanted = settings.report;
  const bool numbered = std::exchange(settings.report_numbered, false);
  for (unsigned number = 1;; ++number) {
    settings.report = report::numbered_name(wanted, number);
    auto spool = spool_beside(settings.report, settings.reader.name);
    const auto taken = [&] {
      return report::is_taken(settings.report) || report::is_taken(process::spool_path(settings.report));
    };
    if (spool || !numbered || !taken()) return spool;
  }
}

/// The run has the spool open, and does not need its name.
void warn_of_lost_spool(const process::Spool& spool, const std::string& source) {
  if (!spool.kept() || spool.is_in_place()) return;
  spdlog::warn(
      "{}: the copy of {} was removed or replaced during the run; 'koobatch resume' and "
      "'koobatch retry' need the same input: keep it in a file and name that with --job",
      spool.path().native(), source);
}

/// A run reads its job twice, and again when it is resumed, so what can be read only once is copied to a file.
int run_stream(engine::RunSettings settings, const RunCommandSettings& given, const Call& call) {
  const std::filesystem::path job = settings.job;
  settings.reader.name = process::stream_name(job);
  auto spool = given.dry_run ? process::Spool::temporary(settings.reader.name) : spool_of_report(settings);
  if (!spool) return fail(spool.error());
  Intake intake(std::move(*spool));
  const auto stream = process::open_stream(job);
  if (!stream) return fail(stream.error());
  const auto filled = intake.spool.fill(stream->get(), [&] { return intake.signals->received() != 0; });
  if (!filled) return fail(filled.error());
  if (!*filled) return interrupted(intake.signals->received());
  settings.job = intake.spool.path();
  const GivenJob given_job{job, given.running.format, call.origins};
  if (auto ok = set_format_of_copy(settings.reader, given_job, settings.job); !ok) return fail(ok.error());
  const int status = run_job(settings, given, call, &intake);
  // If everything succeeded, the copy is no longer needed.
  if (!given.dry_run && status != exit_success) warn_of_lost_spool(intake.spool, settings.reader.name);
  return status;
}

int work(const RunCommandSettings& given, const Call& call) {
  auto settings = prepare_run(given, call, WallClock::now());
  if (!settings) return fail(settings.error());
  if (auto ok = check_files(*settings); !ok) return fail(ok.error());
  if (auto ok = load_user_tokens(*settings); !ok) return fail(ok.error());
  if (auto ok = load_operations(*settings); !ok) return fail(ok.error());
  if (process::is_stream(settings->job)) return run_stream(*settings, given, call);
  return run_job(*settings, given, call, nullptr);
}

int run(const RunCommandSettings& given, const Call& call) {
  return under_lock(given.running.schedule, [&] { return work(given, call); });
}

}  // namespace

Result<engine::RunSettings> prepare_run(const RunCommandSettings& given, const Call& call, WallTime now) {
  const std::filesystem::path job = call.arguments.front();
  auto settings = to_run_settings(given.running);
  settings.job = job;
  if (auto ok = set_format(settings.reader, {job, given.running.format, call.origins}); !ok) return ok.error();
  if (auto ok = check_schedule(given.running.schedule, call.origins); !ok) return ok.error();
  settings.report = report_path(given.report, job, now);
  settings.report_numbered = names_folder(given.report);
  if (auto ok = check_report_is_not_job(settings.report, job); !ok) return ok.error();
  return complete(std::move(settings), given.running.sending, call, given.dry_run);
}

const Command& run_command() {
  static const Command command = {
      .name = "run",
      .summary = "Validate a job, then execute it, with one result per operation in a report",
      .group = command_group::runs_jobs,
      .arguments = {{.name = "JOB",
                     .help = "The job file or pipe: NDJSON or CSV, also gzip or zstd; - is standard input",
                     .is_path = true}},
      .examples =
          {"koobatch run jobs/rename.ndjson --endpoint https://HOST --token-file token --user-id 42 --rate 500/s",
           "koobatch run jobs/rename.ndjson --simulate --user-id 42"},
      .own_options =
          {
              {.name = "dry-run",
               .heading = heading::target,
               .help = "Print each request that would be sent, and send nothing",
               .store = into(&RunCommandSettings::dry_run, on_off())},
              {.name = "expect",
               .heading = heading::job,
               .help = "Of a plan: carry it out only if its digest begins with these digits, at least 12",
               .store = into(&RunCommandSettings::expect, text("DIGEST"))},
              {.name = "report",
               .heading = heading::job,
               .help = "The new report; DIR/ names it by job and time",
               .otherwise = "JOB.report.ndjson, here",
               .store = into(&RunCommandSettings::report, file_or_folder())},
          },
      .statuses = {exits::run_succeeded, exits::not_all, exits::usage, exits::job_invalid, exits::limit,
                   exits::run_stopped, exits::interrupted},
      .sends = true,
      .begin = task<RunCommandSettings, run>};
  return command;
}

}  // namespace koobatch::cli
