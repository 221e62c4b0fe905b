#include "cli/commands/submit.hpp"

#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/job_files.hpp"
#include "cli/running/ledger_access.hpp"
#include "cli/running/operations_file.hpp"
#include "cli/running/resumed.hpp"
#include "cli/running/submission.hpp"
#include "cli/running/submitted_job.hpp"
#include "cli/settings/recorded.hpp"
#include "koobatch/core/shell_argument.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/http/endpoint.hpp"
#include "koobatch/job/validator.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/process/signals.hpp"
#include "koobatch/process/spool.hpp"
#include "koobatch/report/journal_file.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>

namespace koobatch::cli {
namespace {

/// A shorter one would be spent on renewing it.
constexpr Duration least_lease = std::chrono::seconds(5);

/// What workers need to know. Where the engine is, their own users have told them.
std::string settings_for_workers(std::string recorded) {
  for (const auto* option : {"engine", "passfile", "copies"}) recorded = without_recorded(recorded, option);
  return recorded;
}

/// "5%", as it was given; empty if it was not.
std::string recorded_max_errors(const std::string& recorded) {
  const auto flags = parse_recorded(recorded);
  if (!flags) return {};
  const auto found = flags->find("max-errors");
  return found == flags->end() ? std::string() : found->second.front();
}

fleet::RunDescription description_of(const SubmitSettings& given, const engine::RunSettings& settings) {
  fleet::RunDescription about;
  about.endpoint = settings.endpoint.url();
  about.settings = settings_for_workers(settings.recorded);
  about.lease = given.lease;
  about.hold = given.hold;
  about.rate = given.pace.rate;
  about.burst = given.pace.burst;
  about.max_errors = recorded_max_errors(settings.recorded);
  return about;
}

void print_submitted(const SubmitSettings& given, const engine::RunSettings& settings, const std::string& run_id,
                     const Submitted& submitted) {
  const auto engine = shell_argument(given.ledger.engine);
  observe::log::print(spdlog::level::info,
                      fmt::format("{} submitted as run {}{}; the report {} is its handle",
                                  count_of(submitted.operations, "operation"), run_id,
                                  submitted.recorded == 0 ? ""
                                                          : fmt::format(", {} that cannot be sent have their results",
                                                                        format_count(submitted.recorded)),
                                  settings.report.string()));
  observe::log::print(spdlog::level::info,
                      fmt::format("on each machine: koobatch work --engine {} --endpoint {} --token-file FILE", engine,
                                  settings.endpoint.url()));
  observe::log::print(spdlog::level::info,
                      fmt::format("here: koobatch collect {} --follow", shell_argument(settings.report.string())));
}

Result<std::variant<SubmittedJob, int>> prepare_job(engine::RunSettings settings, const SubmitSettings& given,
                                                    const Call& call) {
  if (!given.retry.empty()) return job_to_repeat(std::move(settings), given.retry, call.origins);
  if (!given.after.empty()) return rest_of_job(std::move(settings), given.after, call.origins);
  return new_job(std::move(settings));
}

/// Waits until nothing that lost workers of the earlier run may have sent can still arrive: it would come after what
/// the new run sends. Returns the signal that ended the wait, or 0.
int wait_for_stragglers(const SubmitSettings& given, const SubmittedJob& job, const process::SignalWatch& signals) {
  const auto until = job.before && !given.machines_are_off ? sends_until(*job.before) : std::nullopt;
  if (!until || *until <= WallClock::now()) return 0;
  spdlog::warn(
      "workers of the earlier run were lost, and may still be sending: waiting until {}, when its hold ends (give "
      "--machines-are-off if that is impossible)",
      timestamp(*until));
  constexpr std::chrono::milliseconds interval{200};
  while (WallClock::now() < *until && signals.received() == 0) std::this_thread::sleep_for(interval);
  return signals.received();
}

int hand_over(const SubmitSettings& given, SubmittedJob job) {
  const process::SignalWatch signals;
  if (const int signal = wait_for_stragglers(given, job, signals)) return exit_by_signal + signal;
  const auto ledger = open_checked_ledger(given.ledger);
  if (!ledger) return fail(ledger.error());
  const job::FileSource source(job.settings.job, job.settings.reader, job.validation);
  const auto submission = describe_submission(source, job, description_of(given, job.settings), given.ledger.engine);
  if (!submission) return fail(submission.error());
  const auto submitted = submit(*submission, **ledger, [&] { return signals.received() != 0; });
  if (!submitted) {
    const int status = fail(submitted.error());
    return signals.received() != 0 ? exit_by_signal + signals.received() : status;
  }
  print_submitted(given, job.settings, submission->record.run_id, *submitted);
  return exit_success;
}

/// As report::check_free(), which advises to resume the run of a report that exists: that of an engine cannot be.
Result<void> check_free(const std::filesystem::path& report) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(report, ignored)) return report::check_free(report);
  return usage_error(report.string() +
                     ": a report of this name exists already and is never overwritten; name another one with --report");
}

int run(const SubmitSettings& given, const Call& call) {
  auto settings = prepare_submit(given, call, WallClock::now());
  if (!settings) return fail(settings.error());
  if (auto free = check_free(settings->report); !free) return fail(free.error());
  auto job = prepare_job(std::move(*settings), given, call);
  if (!job) return fail(job.error());
  if (const auto* status = std::get_if<int>(&*job)) return *status;
  return hand_over(given, std::get<SubmittedJob>(std::move(*job)));
}

Result<void> check_consistent(const SubmitSettings& given, const Call& call) {
  if (!given.retry.empty() && !given.after.empty()) {
    return usage_error("--retry and --after exclude each other: repeat what failed, or send what was never done");
  }
  if (given.endpoint.empty()) return usage_error("where to send is missing: give --endpoint URL");
  if (given.ledger.engine.empty()) {
    return usage_error("the engine is missing: give --engine postgresql://USER@HOST/DATABASE");
  }
  if (given.rate_per_user > 0 && given.pace.rate == 0) {
    return usage_error(call.origins["rate-per-user"] +
                       " needs --rate: a worker's share of the one is its share of the other");
  }
  if (given.pace.burst > 0 && given.pace.rate == 0) return usage_error(call.origins["burst"] + " needs --rate");
  if (given.retries.retry_base > given.retries.retry_cap) {
    return usage_error(fmt::format("{} is longer than {}: the first wait would exceed the longest",
                                   call.origins["retry-base"], call.origins["retry-cap"]));
  }
  return {};
}

/// Names the file and the report of a job that is submitted for the first time.
Result<void> name_new(const SubmitSettings& given, const Call& call, WallTime now, engine::RunSettings& run) {
  if (call.arguments.empty()) return usage_error("submit: JOB is missing");
  run.job = call.arguments.front();
  if (process::is_stream(run.job)) {
    return usage_error(fmt::format("{}: a job is read twice, to validate it and to load it; write it to a file first",
                                   run.job.string()));
  }
  if (auto ok = set_format(run.reader, {run.job, given.format, call.origins}); !ok) return ok;
  run.report = report_path(given.report, run.job, now);
  return {};
}

/// Names those of a job of which an earlier run has done a part.
Result<void> name_again(const SubmitSettings& given, const Call& call, engine::RunSettings& run) {
  const auto& before = given.retry.empty() ? given.after : given.retry;
  const auto recorded = read_run_line(before);
  if (!recorded) return recorded.error();
  if (auto ok = check_sends(*recorded); !ok) return ok;
  run.reader.format = job::format_named(recorded->job.format);
  if (given.format.format && *given.format.format != run.reader.format) {
    return usage_error(fmt::format("{} {}: the run was started with {}; another format is another job",
                                   call.origins["format"], to_string(*given.format.format), recorded->job.format));
  }
  run.job = call.arguments.empty() ? std::filesystem::path(recorded->job.path)
                                   : std::filesystem::path(call.arguments.front());
  run.report = further_report_path(given.report, before, given.retry.empty() ? "rest" : "retry", report::is_taken);
  return {};
}

}  // namespace

Result<engine::RunSettings> prepare_submit(const SubmitSettings& given, const Call& call, WallTime now) {
  if (auto ok = check_consistent(given, call); !ok) return ok.error();
  engine::RunSettings run;
  run.reader.default_user = given.defaults.user_id;
  run.reader.default_language = given.defaults.language;
  run.reader.values = given.values;
  run.reader.reading = given.reading;
  run.reader.catalogue = &built_in_operations(Executor::service);
  run.skip_invalid = given.skip_invalid;
  run.operations_path = given.operations.operations;
  run.recorded = call.to_record;
  auto endpoint = http::parse_endpoint(given.endpoint);
  if (!endpoint) return endpoint.error();
  run.endpoint = std::move(*endpoint);
  const bool again = !given.retry.empty() || !given.after.empty();
  if (auto ok = again ? name_again(given, call, run) : name_new(given, call, now, run); !ok) return ok.error();
  if (auto ok = check_report_is_not_job(run.report, run.job); !ok) return ok.error();
  if (run.reader.format != job::Format::plan) return run;
  return usage_error(fmt::format("{}: a plan is carried out by one process, with 'koobatch run'", run.job.string()));
}

const Command& submit_command() {
  static const Command command = {
      .name = "submit",
      .summary = "Validate a job and hand it over to an engine, from which many machines take their work",
      .group = command_group::many_machines,
      .arguments = {{.name = "JOB",
                     .help = "The job file: NDJSON or CSV, also gzip or zstd; not needed with --retry or --after",
                     .is_path = true,
                     .optional = true}},
      .examples =
          {"koobatch submit rename.ndjson --engine postgresql://db/koobatch --endpoint https://HOST --user-id 42",
           "koobatch submit --retry rename.report.ndjson", "koobatch submit --after rename.report.ndjson"},
      .own_options =
          {
              {.name = "endpoint",
               .heading = heading::target,
               .help = "The service, as https://HOST or https://HOST:PORT; workers must be given the same",
               .store = into(&SubmitSettings::endpoint, url()),
               .recorded = true},
              {.name = "lease",
               .heading = heading::engine,
               .help = "Time without a sign of life after which others take over a worker's operations",
               .store = into(&SubmitSettings::lease, duration(least_lease)),
               .recorded = true},
              {.name = "hold",
               .heading = heading::engine,
               .help = "After that, how long an operation that follows one in doubt waits",
               .store = into(&SubmitSettings::hold, duration(Duration::zero())),
               .recorded = true},
              {.name = "skip-invalid",
               .heading = heading::job,
               .help = "Record invalid operations as such, and submit the others",
               .store = into(&SubmitSettings::skip_invalid, on_off()),
               .recorded = true,
               .fixed = true},
              {.name = "report",
               .heading = heading::job,
               .help = "The new report; DIR/ names it by job and time",
               .otherwise = "JOB.report.ndjson, here",
               .store = into(&SubmitSettings::report, file_or_folder())},
              {.name = "retry",
               .heading = heading::job,
               .help = "Submit only what failed or is unknown in the run of this report",
               .store = into(&SubmitSettings::retry, file()),
               .flag_only = true},
              {.name = "after",
               .heading = heading::job,
               .help = "Submit only what has no result in the run of this report, which has ended",
               .store = into(&SubmitSettings::after, file()),
               .flag_only = true},
              {.name = "machines-are-off",
               .heading = heading::job,
               .help = "With --after: certify that no worker of that run can send anything any more",
               .store = into(&SubmitSettings::machines_are_off, on_off()),
               .flag_only = true},
              {.name = "rate-per-user",
               .heading = heading::pace,
               .help = "Maximum rate of requests for each user (X-User-Id), of all workers together",
               .otherwise = "no limit",
               .store = into(&SubmitSettings::rate_per_user, limit()),
               .recorded = true},
          },
      .statuses = {{"0", "submitted, or nothing to submit"},
                   exits::usage,
                   {"3", "the job is invalid; nothing was submitted"},
                   {"5", "the engine or the disk failed; nothing will be sent, unless the message says otherwise"},
                   {"129, 130, 143", "interrupted; nothing will be sent"}},
      .continues_reports = {"retry", "after"},
      .begin = task<SubmitSettings, run>};
  return command;
}

}  // namespace koobatch::cli
