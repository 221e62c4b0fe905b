#include "cli/commands/command.hpp"
#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/control_replies.hpp"
#include "cli/running/ledger_access.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/shell_argument.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/report/reader.hpp"

#include <fmt/format.h>

#include <string>
#include <tuple>

namespace koobatch::cli {
namespace {

struct Settings {
  Presentation presentation;
  LedgerOptions ledger;
  bool discard_results = false;

  auto parts() { return std::tie(presentation, ledger); }
};

/// Whether nothing would be lost that only the engine has.
Result<void> check_collected(const FleetRun& run) {
  const auto row = run.ledger->run(run.number);
  if (!row) return row.error().error;
  if (row->state == fleet::RunState::loading) return {};
  const auto scan = report::scan(run.report);
  if (!scan) return scan.error();
  if (scan->ended()) return {};
  const std::string path = shell_argument(run.report.string());
  return usage_error(fmt::format(
      "{0}: the engine may have results that this report lacks: collect them first, with 'koobatch collect {0}' once "
      "the run has ended ('koobatch stop {0}' ends it), or give --discard-results",
      path));
}

int run(const Settings& given, const Call& call) {
  const auto run = open_fleet_run(call.arguments.front(), given.ledger);
  if (!run) return fail(run.error());
  if (!given.discard_results) {
    if (auto collected = check_collected(*run); !collected) return fail(collected.error());
  }
  if (auto forgotten = run->ledger->forget(run->number); !forgotten) return fail(forgotten.error().error);
  return print_answer(fmt::format("run {}: removed from the engine; the report stays\n", run->record.run_id));
}

}  // namespace

const Command& forget_command() {
  static const Command command = {
      .name = "forget",
      .summary = "Remove a run that has ended from its engine; the report stays",
      .group = command_group::many_machines,
      .arguments = {{.name = "REPORT", .help = "The report of the run", .is_path = true}},
      .examples = {"koobatch forget rename.report.ndjson"},
      .own_options = {{.name = "discard-results",
                       .heading = heading::engine,
                       .help = "Forget the run even if the engine has results that the report lacks",
                       .store = into(&Settings::discard_results, on_off()),
                       .flag_only = true}},
      .statuses = {exits::done, {"2", "wrong usage, or results would be lost"}, exits::engine_failed},
      .begin = task<Settings, run>};
  return command;
}

}  // namespace koobatch::cli
