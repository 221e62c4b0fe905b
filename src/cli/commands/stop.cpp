#include "cli/commands/command.hpp"
#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/control_replies.hpp"
#include "cli/running/ledger_access.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/shell_argument.hpp"
#include "koobatch/core/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <tuple>

namespace koobatch::cli {
namespace {

using fleet::RunState;

struct Settings {
  Presentation presentation;
  LedgerOptions ledger;

  auto parts() { return std::tie(presentation, ledger); }
};

/// The state after the request, in a sentence.
Result<std::string> stop(const FleetRun& run) {
  // Without a reason, because the user wants it.
  if (auto asked = run.ledger->stop_run(run.number, RunState::stopping, {}); !asked) return asked.error().error;
  auto survey = run.ledger->survey(run.number);
  if (!survey) return survey.error().error;
  const auto state = survey->run.state;
  if (state != RunState::stopping) return fmt::format("the run is {} already", to_string(state));
  const auto at_work = static_cast<std::uint64_t>(
      std::ranges::count(survey->workers, fleet::WorkerState::alive, &fleet::WorkerRow::state));
  if (at_work != 0) return fmt::format("stopping: {} may finish the requests in flight", count_of(at_work, "worker"));
  if (auto stopped = run.ledger->stop_run(run.number, RunState::stopped, {}); !stopped) return stopped.error().error;
  return std::string("stopped: no worker was at work");
}

int run(const Settings& given, const Call& call) {
  const std::filesystem::path path = call.arguments.front();
  const auto run = open_fleet_run(path, given.ledger);
  if (!run) return fail(run.error());
  const auto state = stop(*run);
  if (!state) return fail(state.error());
  return print_answer(fmt::format("{}: {}; 'koobatch collect {} --follow' fetches the last results\n", path.string(),
                                  *state, shell_argument(path.string())));
}

}  // namespace

const Command& stop_command() {
  static const Command command = {.name = "stop",
                                  .summary = "Stop a run on many machines; requests in flight may finish",
                                  .group = command_group::many_machines,
                                  .arguments = {{.name = "REPORT", .help = "The report of the run", .is_path = true}},
                                  .examples = {"koobatch stop rename.report.ndjson"},
                                  .statuses = {exits::done, exits::usage, exits::engine_failed},
                                  .begin = task<Settings, run>};
  return command;
}

}  // namespace koobatch::cli
