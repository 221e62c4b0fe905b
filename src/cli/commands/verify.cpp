#include "cli/commands/command.hpp"
#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/execution.hpp"
#include "cli/running/job_files.hpp"
#include "cli/running/repetition.hpp"
#include "cli/running/resumed.hpp"
#include "cli/running/under_lock.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/plan/verification.hpp"
#include "koobatch/report/journal_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

namespace koobatch::cli {
namespace {

struct Settings {
  Presentation presentation;
  Running running;
  JobPlace place;
  std::string report;  ///< FILE or DIR/; empty: a name derived from the old one

  auto parts() { return std::tie(presentation, running, place); }
};

/// The operations that have, or may have, changed something that can be read.
Result<retry::Selection> select_readable(const engine::RunSettings& settings, const retry::LineStates& states) {
  auto job = job::open_job(settings.job, settings.reader);
  if (!job) return job.error();
  return retry::select_applied(**job, states, [](const koodrive::OperationRow& operation) {
    return plan::is_readable(operation, koodrive::service_resources());
  });
}

void announce(const std::string& report, const retry::Selection& selection) {
  const auto count = selection.lines.size();
  std::string text = count == 0 ? "nothing to verify: no operation changed anything that can be read"
                                : count_of(count, "operation") + " to verify";
  if (selection.superseded != 0) text += fmt::format("; {} superseded by newer ones", selection.superseded);
  observe::log::print(spdlog::level::info, fmt::format("{}: {}", report, text));
}

int work(const Settings& given, const Call& call) {
  const std::filesystem::path path = call.arguments.front();
  auto lineage = retry::read_lineage(path, {Status::unknown});
  if (!lineage) return fail(lineage.error());
  auto settings = prepare_again(given.running, given.place, call, lineage->run);
  if (!settings) return fail(settings.error());
  settings->report = further_report_path(given.report, path, "verify", report::is_taken);
  if (auto ok = check_report_is_not_job(settings->report, settings->job); !ok) return fail(ok.error());
  const auto validation = reopen_job(*settings, path, lineage->run, lineage->verified, call.origins);
  if (!validation) return fail(validation.error());
  auto selection = select_readable(*settings, lineage->states);
  if (!selection) return fail(selection.error());
  announce(path.string(), *selection);
  if (selection->lines.size() == 0) return exit_success;
  restrict_to(*settings, std::move(*selection), lineage->run, path);
  settings->dialogues = std::make_shared<plan::Verifications>(koodrive::service_resources());
  settings->verifies = true;
  const auto source = std::make_shared<job::FileSource>(settings->job, settings->reader, *validation);
  return execute(*settings, given.running, given.presentation, call.console,
                 [&](const engine::RunSettings& final_settings) { return engine::Run::start(final_settings, source); });
}

int run(const Settings& given, const Call& call) {
  return under_lock(given.running.schedule, [&] { return work(given, call); });
}

}  // namespace

const Command& verify_command() {
  static const Command command = {
      .name = "verify",
      .summary = "Read back what a run has changed, and whether what is unknown was applied; sends no operation",
      .group = command_group::runs_jobs,
      .arguments = {{.name = "REPORT",
                     .help = "The report of the run; its settings apply unless flags override them",
                     .is_path = true}},
      .examples = {"koobatch verify rename.report.ndjson"},
      .own_options = {{.name = "report",
                       .heading = heading::job,
                       .help = "The new report; DIR/ is its folder",
                       .otherwise = "NAME.verify-N.report.ndjson, beside the old one",
                       .store = into(&Settings::report, file_or_folder())}},
      .statuses = {{"0", "everything is as the operations want it"},
                   {"1", "something is not, or could not be read"},
                   exits::usage,
                   exits::job_invalid,
                   exits::limit,
                   exits::run_stopped,
                   exits::interrupted},
      .sends = true,
      .continues_run = true,
      .begin = task<Settings, run>};
  return command;
}

}  // namespace koobatch::cli
