#include "cli/commands/resume.hpp"

#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/execution.hpp"
#include "cli/running/plan_job.hpp"
#include "cli/running/repetition.hpp"
#include "cli/running/resumed.hpp"
#include "cli/running/run_settings.hpp"
#include "cli/running/under_lock.hpp"
#include "cli/running/validation.hpp"
#include "koobatch/core/spelling.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/job/validator.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/report/summary.hpp"
#include "koobatch/report/wording.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace koobatch::cli {
namespace {

int print_finished(const std::filesystem::path& path) {
  observe::log::print(spdlog::level::info,
                      fmt::format("{}: every operation has its result already; nothing to resume", path.string()));
  auto summary = report::summarize(path);
  return summary ? print_result({std::move(*summary), std::nullopt, {}}, 0) : fail(summary.error());
}

/// A run that belongs to an engine: who does what.
Error belongs_to_engine(const std::filesystem::path& path) {
  const NextStep step = {.command = CommandName::collect, .report = path.string()};
  const auto rest = report::submission_of_rest(path.string());
  return with_next_step(
      usage_error(fmt::format("{}: this run belongs to an engine: 'koobatch work' carries it out, and '{}' fetches its "
                              "results; once it has ended, '{}' does what is left",
                              path.string(), spell(step), spell(rest))),
      step);
}

/// A service may have moved. If it is a different one, the user should notice.
void warn_if_moved(const report::Scan& scan, const engine::RunSettings& settings) {
  if (settings.simulated) return;
  const std::string url = settings.endpoint.url();
  const auto& before = scan.segments.back().run.endpoint;
  if (before == url) return;
  spdlog::warn("--endpoint: the run was sent to {} before; it continues with {}, where nothing done before is repeated",
               before, url);
}

int work(const ResumeSettings& given, const Call& call) {
  const std::filesystem::path path = call.arguments.front();
  if (auto same = check_same_kind_of_service(call.recorded, given.running.sending.target); !same) {
    return fail(same.error());
  }
  auto earlier = engine::read_earlier(path);
  if (!earlier) return fail(earlier.error());
  if (earlier->scan.finished()) return print_finished(path);
  const report::RunRecord& recorded = earlier->scan.segments.front().run;
  if (!recorded.engine.empty()) return fail(belongs_to_engine(path));
  auto settings = prepare_resume(given, call, recorded);
  if (!settings) return fail(settings.error());
  const auto validation = reopen_job(*settings, path, recorded, earlier->scan.verified(), call.origins);
  if (!validation) return fail(validation.error());
  if (auto ok = readmit_plan(*settings, given.running.plan, WallClock::now()); !ok) return fail(ok.error());
  if (auto selected = select_again(*settings, recorded); !selected) return fail(selected.error());
  const auto judged = judge_tokens(*settings, [&](std::uint32_t line) {
    return !earlier->scan.done.contains(line) && (!settings->selection || settings->selection->lines.contains(line));
  });
  if (!judged) return fail(judged.error());
  if (*judged) return **judged;
  if (earlier->scan.torn()) {
    spdlog::warn("{}: the last {} bytes are torn, as a crash leaves them; their operations run again", path.string(),
                 earlier->scan.bytes - earlier->scan.valid_bytes);
  }
  read_items(*settings, given.running);
  if (auto ok = recall_dependencies(*settings, path, earlier->scan); !ok) return fail(ok.error());
  warn_if_moved(earlier->scan, *settings);
  const auto source = std::make_shared<job::FileSource>(settings->job, settings->reader, *validation);
  const auto start = [&](const engine::RunSettings& final_settings) {
    return engine::Run::resume(final_settings, source, std::move(*earlier));
  };
  return execute(*settings, given.running, given.presentation, call.console, start);
}

int run(const ResumeSettings& given, const Call& call) {
  return under_lock(given.running.schedule, [&] { return work(given, call); });
}

}  // namespace

Result<void> check_same_kind_of_service(const Flags& recorded, const Target& target) {
  const auto simulate = recorded.find("simulate");
  const bool rehearsed = simulate != recorded.end() && simulate->second.front() == "true";
  if (recorded.empty() || target.simulate == rehearsed) return {};
  return usage_error(rehearsed
                         ? "the run was started with --simulate; it can only continue as it was started. Start a new "
                           "run for --endpoint"
                         : "--simulate: the run was started with --endpoint; it can only continue as it was started");
}

Result<engine::RunSettings> prepare_resume(const ResumeSettings& given, const Call& call,
                                           const report::RunRecord& recorded) {
  auto settings = prepare_again(given.running, given.place, call, recorded);
  if (settings) settings->report = call.arguments.front();
  return settings;
}

const Command& resume_command() {
  static const Command command = {
      .name = "resume",
      .summary = "Resume a run that was interrupted, stopped or killed",
      .group = command_group::runs_jobs,
      .arguments = {{.name = "REPORT",
                     .help = "The report of the run; its settings apply unless flags override them",
                     .is_path = true}},
      .examples = {"koobatch resume rename.report.ndjson --rate 200/s"},
      .statuses = {exits::run_succeeded, exits::not_all, exits::usage, exits::job_invalid, exits::limit,
                   exits::run_stopped, exits::interrupted},
      .sends = true,
      .continues_run = true,
      .begin = task<ResumeSettings, run>};
  return command;
}

}  // namespace koobatch::cli
