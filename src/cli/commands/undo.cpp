#include "koobatch/plan/undo.hpp"
#include "cli/commands/command.hpp"
#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/captured_run.hpp"
#include "cli/running/plan_draft.hpp"
#include "cli/running/plan_output.hpp"
#include "cli/running/plan_results.hpp"
#include "cli/running/repetition.hpp"
#include "cli/running/scratch.hpp"
#include "cli/settings/recorded.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/job/byte_source.hpp"
#include "koobatch/plan/effects.hpp"
#include "koobatch/plan/overview.hpp"
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
  JsonOutput output;
  JobPlace place;
  OperationsOption operations;
  std::filesystem::path state;  ///< empty: not given, as the other paths
  std::filesystem::path plan;
  std::filesystem::path html;
  plan::Names names = plan::Names::unique;

  auto parts() { return std::tie(presentation, output, place, operations); }
};

Result<void> check_arguments(const Settings& given) {
  if (given.plan.empty()) return usage_error("--out is missing: the new file for the plan that undoes the run");
  if (given.state.empty()) {
    return usage_error(
        "--state is missing: the file with the present state, which 'koobatch export' reads from the service");
  }
  return check_destinations({given.plan, given.html});
}

/// What a run has done, and to which service.
struct Done {
  std::string endpoint;
  std::unique_ptr<plan::Effects> effects;
};

Result<void> add_line(plan::PlanLine& line, const PlanResults& results, plan::Effects& effects) {
  const auto number = static_cast<std::uint32_t>(line.n + 1);  // the header comes before the lines
  const auto* const stored = results.stored_instead(number);
  if (stored == nullptr) return effects.add(line, results.status_of(number));
  return plan::set_stored(line, *stored) ? effects.add(line, Status::succeeded) : Result<void>();
}

Result<Done> read_plan(const std::filesystem::path& report, const std::filesystem::path& path) {
  const auto results = PlanResults::read(report);
  if (!results) return results.error();
  const auto& kinds = koodrive::service_resources();
  const auto folder = temporary_folder();
  if (!folder) return folder.error();
  auto effects = plan::Effects::create(*folder, kinds);
  if (!effects) return effects.error();
  auto bytes = job::open_file(path);
  if (!bytes) {
    return job_error(bytes.error().message + "; it is the plan that was run: say where it is now with --job FILE");
  }
  const auto& source = **bytes;
  plan::PlanReader reader(std::move(*bytes), kinds, harmless(path.string()));
  auto header = reader.begin();
  if (!header) return header.error();
  const auto read = reader.read_lines([&](plan::PlanLine& line) { return add_line(line, *results, **effects); });
  if (!read) return read.error();
  if (auto same = engine::check_same_job(results->run(), path, source.digest()); !same) return as_invalid(same.error());
  if (auto finished = (*effects)->finish(); !finished) return finished.error();
  return Done{std::move(header->endpoint), std::move(*effects)};
}

Result<Done> read_done(const Settings& given, const std::filesystem::path& report, const report::RunRecord& run,
                       const Origins& origins, const plan::OnLoss& on_loss) {
  if (run.job.format == "plan") {
    if (origins.is_flag("operations")) {
      return usage_error(fmt::format("--operations {}: the job was a plan, which holds no operations from a file",
                                     origins["operations"]));
    }
    return read_plan(report, given.place.job.empty() ? std::filesystem::path(run.job.path) : given.place.job);
  }
  const auto captured = is_captured(run);
  if (!captured) return as_invalid(captured.error());
  if (!*captured) {
    return job_error(harmless(report.string()) +
                     ": the run did not record the earlier values, so it cannot be undone; runs of plans can be "
                     "undone, and other jobs if they are run with --capture");
  }
  auto read = read_captured_run(report, run, {given.place.job, given.operations.operations}, origins, on_loss);
  if (!read) return read.error();
  return Done{std::move(read->endpoint), std::move(read->effects)};
}

/// Undoing changes no more than the run did, which was allowed.
plan::Limits no_limit_of_changes() {
  plan::Limits limits;
  limits.changes = {.percent = 100};
  return limits;
}

Result<int> undo(const Settings& given, const Call& call) {
  const std::filesystem::path report = call.arguments.front();
  if (report::is_locked(report)) {
    return usage_error(harmless(report.string()) +
                       ": the run is in progress; wait until it has ended, or interrupt it");
  }
  const auto run = read_run_line(report);
  if (!run) return as_invalid(run.error());
  auto output = PlanOutput::open({given.plan, given.html, given.output.json});
  if (!output) return output.error();
  plan::OverviewBuilder losses;
  const auto on_loss = [&](const plan::Finding& loss) { losses.on_finding(loss); };
  const auto done = read_done(given, report, *run, call.origins, on_loss);
  if (!done) return done.error();
  auto draft = PlanDraft::open({given.state, done->endpoint, "the run", given.names});
  if (!draft) return draft.error();
  const auto read = plan::read_undo(*done->effects, draft->state(), draft->state_name(), draft->maker(), on_loss);
  if (!read) return read.error();
  if (const auto finished = draft->maker().finish(); !finished) return finished.error();
  const PlanDraft::Rules rules{.limits = no_limit_of_changes()};
  auto overview = draft->make({report.string(), run->job.xxh3}, rules.limits);
  if (!overview) return overview.error();
  overview->unselected = 0;  // what the run has not changed is not missing from it
  overview->add(losses.build({}).causes);
  const auto refused = draft->conclude(*overview, rules, *output);
  if (!refused) return refused.error();
  return refused->value_or(exit_success);
}

int run(const Settings& given, const Call& call) {
  if (auto checked = check_arguments(given); !checked) return fail(checked.error());
  const auto status = undo(given, call);
  return status ? *status : fail(status.error());
}

}  // namespace

const Command& undo_command() {
  static const Command command = {
      .name = "undo",
      .summary = "Plan how to take back what a run has changed; sends nothing",
      .group = command_group::runs_jobs,
      .arguments = {{.name = "REPORT", .help = "The report of the run", .is_path = true}},
      .examples = {"koobatch undo names.report.ndjson --state state.ndjson --out undo.plan"},
      .own_options = {{.name = "state",
                       .heading = heading::job,
                       .help = "NDJSON file with the present state, from 'koobatch export'",
                       .store = into(&Settings::state, file()),
                       .flag_only = true},
                      {.name = "out",
                       .heading = heading::job,
                       .help = "New file for the plan",
                       .store = into(&Settings::plan, new_file()),
                       .flag_only = true},
                      {.name = "names",
                       .heading = heading::job,
                       .help = "Whether two shared folders of an owner may have the same name",
                       .store = into(&Settings::names, one_of<plan::Names>({{"unique", plan::Names::unique},
                                                                            {"free", plan::Names::free}}))},
                      {.name = "html",
                       .heading = heading::output,
                       .help = "New page that shows the plan, self-contained",
                       .store = into(&Settings::html, new_file())}},
      .statuses = {{"0", "planned, also if nothing is left to undo, or values are left alone"},
                   exits::usage,
                   {"3", "the report, the job that was run, or the state cannot be used; nothing was written"},
                   {"4", "refused: the state is empty or incomplete"},
                   exits::fatal},
      .begin = task<Settings, run>};
  return command;
}

}  // namespace koobatch::cli
