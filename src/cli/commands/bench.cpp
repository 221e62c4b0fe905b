#include "cli/commands/bench.hpp"

#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/execution.hpp"
#include "cli/running/job_files.hpp"
#include "cli/running/run_settings.hpp"
#include "cli/running/scratch.hpp"
#include "cli/settings/domain_values.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace koobatch::cli {
namespace {

Result<std::unique_ptr<engine::Run>> start(const engine::RunSettings& settings, const job::SyntheticJob& job) {
  const auto source = std::make_shared<job::SyntheticSource>(job, settings.reader);
  if (!settings.report.empty()) return engine::Run::start(settings, source);
  // Removed even if the process is killed: the run has its report open without a name, so the folder may be removed
  // before the run ends.
  const auto scratch = Scratch::create("bench", ", or name --report");
  if (!scratch) return scratch.error();
  auto placed = settings;
  placed.report = scratch->path() / "bench.report.ndjson";
  placed.report_unnamed = true;
  return engine::Run::start(placed, source);
}

int status_of(const BenchResult& result, int signal) {
  if (result.run.error) return exit_status(result.run.error->kind);
  if (signal != 0) return exit_by_signal + signal;
  return result.succeeded() ? exit_success : exit_not_all;
}

int print_result(const BenchResult& result, bool as_json, int signal) {
  const auto written = write_output(as_json ? bench_json(result) + "\n" : bench_text(result));
  return written ? status_of(result, signal) : fail(written.error());
}

int measure(const BenchSettings& given, BenchPlan& plan, process::SignalWatch& signals, MetricsOutput& metrics) {
  engine::RunSettings& settings = plan.run;
  const auto work = [&](engine::Run& run, bool has_descriptors) {
    {
      // A temporary report has no name by which another process could find its control socket.
      auto server = settings.report.empty() ? std::nullopt : open_control(run.report(), has_descriptors);
      control::Supervisor supervisor(run, run.report().native(), std::move(server));
      watch(run, {signals, supervisor, metrics}, plan.duration);
    }
    const auto counters = run.snapshot();
    const auto result = run.finish();
    return print_result({settings, result, counters, signals.received() != 0}, given.output.json, signals.received());
  };
  const auto begin = [&](const engine::RunSettings& final_settings) { return start(final_settings, plan.job); };
  return with_segment(settings, simulator_settings(given.sending.service), begin, signals, metrics, work);
}

int run(const BenchSettings& given, const Call& call) {
  auto plan = prepare_bench(given, call, WallClock::now());
  if (!plan) return fail(plan.error());
  if (auto ok = check_files(plan->run); !ok) return fail(ok.error());
  warn_of_insecurity(plan->run);
  process::SignalWatch signals;
  const auto metrics = MetricsOutput::open(given.sending.metrics);
  if (!metrics) return fail(metrics.error());
  return (*metrics)->finish(measure(given, *plan, signals, **metrics));
}

/// Takes the place of the job's file name.
constexpr const char* bench_job = "bench";

Result<void> check_bench(const BenchSettings& given, const Origins& origins) {
  if (given.operations != 0 && origins.is_set("duration")) {
    return usage_error(fmt::format("{} and {} exclude each other: the benchmark ends after one of them",
                                   origins["operations"], origins["duration"]));
  }
  const Target& target = given.sending.target;
  if (target.endpoint.empty() || target.simulate) return {};
  if (!given.confirmed) {
    return usage_error(
        fmt::format("{} '{}': a benchmark renames folders and albums there again and again; give --yes if "
                    "that is meant, or --simulate to measure with the embedded service",
                    origins["endpoint"], target.endpoint));
  }
  if (given.sending.operations.user_id.empty()) return usage_error("--user-id is missing: the user to send as");
  return {};
}

job::SyntheticJob synthetic_job(const BenchSettings& given) {
  job::SyntheticJob job;
  job.folders = given.folders;
  job.albums = given.albums;
  if (given.operations != 0) job.operations = given.operations;
  return job;
}

}  // namespace

Result<BenchPlan> prepare_bench(const BenchSettings& given, const Call& call, WallTime now) {
  if (auto ok = check_bench(given, call.origins); !ok) return ok.error();
  auto settings = to_run_settings(given.sending);
  settings.pace.rate = given.rate;
  auto run = complete(std::move(settings), given.sending, call);
  if (!run) return run.error();
  run->benchmark = true;
  run->pace.catch_up = true;
  if (!given.report.empty()) run->report = report_path(given.report, bench_job, now);
  run->report_numbered = names_folder(given.report);
  return BenchPlan{std::move(*run), synthetic_job(given), given.operations != 0 ? Duration::zero() : given.duration};
}

const Command& bench_command() {
  using S = BenchSettings;
  static const Command command = {
      .name = "bench",
      .summary = "Measure throughput and latency with a synthetic job on the embedded service or another",
      .group = command_group::tries,
      .examples = {"koobatch bench --duration 30s --connections 64",
                   "koobatch bench --rate 2000/s --latency 5ms --json",
                   "koobatch bench --operations 5000 --rate 50/s --endpoint https://HOST --yes --token-file token "
                   "--user-id 42 \\",
                   "  --folder 1757156480072657793 --album 1795607640592646273"},
      .own_options = {{.name = "yes",
                       .heading = heading::target,
                       .help = "Yes, send to --endpoint, and rename things there",
                       .store = into(&S::confirmed, on_off()),
                       .flag_only = true},
                      {.name = "report",
                       .heading = heading::job,
                       .help = "Keep the report; DIR/ names it by time",
                       .otherwise = "a temporary file",
                       .store = into(&S::report, file_or_folder())},
                      {.name = "duration",
                       .heading = heading::job,
                       .help = "How long to measure",
                       .store = into(&S::duration, duration()),
                       .choice = Choice::end},
                      {.name = "operations",
                       .heading = heading::job,
                       .help = "How many operations to send, instead of for how long",
                       .otherwise = "as many as there is time for",
                       .store = into(&S::operations, count<std::uint64_t>(1, job::SyntheticJob::most_operations)),
                       .choice = Choice::end,
                       // Elsewhere, a setting of this name is the file of run and others.
                       .flag_only = true},
                      {.name = "folder",
                       .heading = heading::job,
                       .help = "Rename this shared folder; repeatable",
                       .otherwise = "made-up IDs",
                       .store = into(&S::folders, resource_id("rename_shared_folder"))},
                      {.name = "album",
                       .heading = heading::job,
                       .help = "Rename this album; repeatable",
                       .otherwise = "made-up IDs",
                       .store = into(&S::albums, resource_id("update_album"))},
                      {.name = "rate",
                       .heading = heading::pace,
                       .help = "Requests to send at even intervals, e.g. 500/s; late ones are made up for",
                       .otherwise = "no limit",
                       .store = into(&S::rate, limit())}},
      .statuses = {{"0", "all succeeded"},
                   {"1", "finished, but some did not succeed, or nothing was sent"},
                   exits::usage,
                   exits::limit,
                   {"5",
                    "stopped: credentials refused, TLS, disk, no answer for --max-outage; or its result cannot be "
                    "printed"},
                   exits::interrupted},
      .sends = true,
      .implied = {{.option = "simulate", .value = "true", .unless = "endpoint"},
                  {.option = "user-id", .value = "bench", .unless = "endpoint"}},
      .begin = task<BenchSettings, run>};
  return command;
}

}  // namespace koobatch::cli
