#include "cli/commands/retry.hpp"

#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/execution.hpp"
#include "cli/running/job_files.hpp"
#include "cli/running/plan_job.hpp"
#include "cli/running/repetition.hpp"
#include "cli/running/resumed.hpp"
#include "cli/running/under_lock.hpp"
#include "cli/running/validation.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/report/journal_file.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace koobatch::cli {
namespace {

/// "3 operations to repeat, 1 of them without the fields newer ones have set; 2 left out, superseded by newer ones"
std::string describe(const retry::Selection& selection) {
  std::string text = count_of(selection.lines.size(), "operation") + " to repeat";
  if (selection.lines.size() == 0) {
    text = "nothing to repeat";
    if (selection.superseded + selection.uncertain == 0) text += ": no operation is failed or unknown";
  }
  return text + describe_left_out(selection);
}

int work(const RetrySettings& given, const Call& call) {
  const std::filesystem::path path = call.arguments.front();
  auto lineage = read_retryable(path);
  if (!lineage) return fail(lineage.error());
  auto settings = prepare_retry(given, call, lineage->run);
  if (!settings) return fail(settings.error());
  if (auto ok = check_report_is_not_job(settings->report, settings->job); !ok) return fail(ok.error());
  const auto validation = reopen_job(*settings, path, lineage->run, lineage->verified, call.origins);
  if (!validation) return fail(validation.error());
  if (auto ok = readmit_plan(*settings, given.running.plan, WallClock::now()); !ok) return fail(ok.error());
  if (auto selected = select_part(*settings, std::move(*lineage), path); !selected) {
    return fail(selected.error());
  }
  observe::log::print(spdlog::level::info, fmt::format("{}: {}", path.string(), describe(*settings->selection)));
  if (settings->selection->lines.size() == 0) return exit_success;
  const auto judged =
      judge_tokens(*settings, [&](std::uint32_t line) { return settings->selection->lines.contains(line); });
  if (!judged) return fail(judged.error());
  if (*judged) return **judged;
  read_items(*settings, given.running);
  const auto source = std::make_shared<job::FileSource>(settings->job, settings->reader, *validation);
  const auto start = [&](const engine::RunSettings& final_settings) {
    return engine::Run::start(final_settings, source);
  };
  return execute(*settings, given.running, given.presentation, call.console, start);
}

int run(const RetrySettings& given, const Call& call) {
  return under_lock(given.running.schedule, [&] { return work(given, call); });
}

}  // namespace

Result<engine::RunSettings> prepare_retry(const RetrySettings& given, const Call& call,
                                          const report::RunRecord& recorded) {
  auto settings = prepare_again(given.running, given.place, call, recorded);
  if (settings) settings->report = further_report_path(given.report, call.arguments.front(), "retry", report::is_taken);
  return settings;
}

const Command& retry_command() {
  static const Command command = {
      .name = "retry",
      .summary = "Repeat what failed or is unknown in a finished run, without undoing newer operations",
      .group = command_group::runs_jobs,
      .arguments = {{.name = "REPORT",
                     .help = "The report of the run; its settings apply unless flags override them",
                     .is_path = true}},
      .examples = {"koobatch retry rename.report.ndjson --max-attempts 10"},
      .own_options = {{.name = "report",
                       .heading = heading::job,
                       .help = "The new report; DIR/ is its folder",
                       .otherwise = "NAME.retry-N.report.ndjson, beside the old one",
                       .store = into(&RetrySettings::report, file_or_folder())}},
      .statuses = {exits::run_succeeded, exits::not_all, exits::usage, exits::job_invalid, exits::limit,
                   exits::run_stopped, exits::interrupted},
      .sends = true,
      .continues_run = true,
      .begin = task<RetrySettings, run>};
  return command;
}

}  // namespace koobatch::cli
