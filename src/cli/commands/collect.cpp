#include "cli/commands/command.hpp"
#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/collecting.hpp"
#include "cli/running/execution.hpp"
#include "cli/running/ledger_access.hpp"
#include "cli/settings/recorded.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/shell_argument.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/process/signals.hpp"
#include "koobatch/report/reader.hpp"
#include "koobatch/report/summary.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace koobatch::cli {
namespace {

struct Settings {
  Presentation presentation;
  LedgerOptions ledger;
  bool follow = false;
  std::string run_id;  ///< of a run of which another machine has the first report; empty: none
  std::filesystem::path report;

  auto parts() { return std::tie(presentation, ledger); }
};

/// The run that is meant, with a report: an earlier one, or a new one.
Result<FleetRun> find_run(const Settings& given, const Call& call) {
  if (!call.arguments.empty()) {
    if (!given.run_id.empty() || !given.report.empty()) {
      return usage_error(
          "REPORT says which run is meant; --run and --report are for a machine that has no report of it");
    }
    return open_fleet_run(call.arguments.front(), given.ledger);
  }
  if (given.run_id.empty() || given.report.empty()) {
    return usage_error("collect: REPORT is missing; without one, give --engine URL, --run ID and --report NEW");
  }
  auto ledger = open_ledger(given.ledger);
  if (!ledger) return ledger.error();
  const auto number = find_fleet_run(**ledger, given.run_id);
  if (!number) return number.error();
  if (auto created = create_further_report(given.report, **ledger, *number); !created) return created.error();
  auto record = read_run_line(given.report);
  if (!record) return record.error();
  return FleetRun{given.report, std::move(*record), std::move(*ledger), *number};
}

/// Whether there is nothing left to be fetched: the engine may have forgotten the run since.
Result<bool> is_complete(const std::filesystem::path& report) {
  const auto scan = report::scan(report);
  if (!scan) return scan.error();
  return scan->ended() && !scan->segments.front().run.engine.empty();
}

/// The summary of a run that has ended.
int print_ended(const std::filesystem::path& report) {
  auto summary = report::summarize(report);
  if (!summary) return fail(summary.error());
  std::optional<Error> error;
  // As for a run in one process: if everything has a result, the results decide.
  if (summary->outcome != report::Outcome::completed && summary->counts.remaining != 0)
    error = fatal_error(summary->error);
  return print_result({std::move(*summary), std::move(error), {}}, 0);
}

int print_not_ended(const FleetRun& run) {
  const auto summary = report::summarize(run.report);
  if (!summary) return fail(summary.error());
  const auto& counts = summary->counts;
  observe::log::print(
      spdlog::level::info,
      fmt::format("{}: {} of {} have their results; the run has not ended: 'koobatch collect {} "
                  "--follow' waits for its end",
                  run.report.string(), format_count(counts.finished()),
                  count_of(counts.finished() + counts.remaining, "operation"), shell_argument(run.report.string())));
  return exit_success;
}

int run(const Settings& given, const Call& call) {
  if (!call.arguments.empty()) {
    const auto complete = is_complete(call.arguments.front());
    if (!complete) return fail(complete.error());
    if (*complete) return print_ended(call.arguments.front());
  }
  const process::SignalWatch signals;
  const auto run = find_run(given, call);
  if (!run) return fail(run.error());
  const auto end =
      collect_into(run->report, *run->ledger, run->number, given.follow, [&] { return signals.received() != 0; });
  if (!end) return fail(end.error());
  switch (*end) {
    case fleet::CollectionEnd::closed:
      return print_ended(run->report);
    case fleet::CollectionEnd::up_to_date:
      return print_not_ended(*run);
    case fleet::CollectionEnd::interrupted:
      break;
  }
  print_not_ended(*run);
  return exit_by_signal + signals.received();
}

}  // namespace

const Command& collect_command() {
  static const Command command = {
      .name = "collect",
      .summary = "Fetch the results of a run on many machines into its report",
      .group = command_group::many_machines,
      .arguments = {{.name = "REPORT",
                     .help = "The report of the run; may be left out with --run and --report",
                     .is_path = true,
                     .optional = true}},
      .examples =
          {"koobatch collect rename.report.ndjson --follow",
           "koobatch collect --engine postgresql://batch@db1/koobatch --run 6aa388ad0ff88f0b --report copy.ndjson"},
      .own_options = {{.name = "follow",
                       .heading = heading::engine,
                       .help = "Wait for the end of the run, and print its summary",
                       .store = into(&Settings::follow, on_off())},
                      {.name = "run",
                       .heading = heading::engine,
                       .help = "Without REPORT: the run, as submit printed it",
                       .store = into(&Settings::run_id, text("ID")),
                       .flag_only = true},
                      {.name = "report",
                       .heading = heading::job,
                       .help = "Without REPORT: the new report",
                       .store = into(&Settings::report, new_file()),
                       .flag_only = true}},
      .statuses = {{"0", "all succeeded; or, without --follow, the run has not ended"},
                   exits::not_all,
                   exits::usage,
                   {"5", "the run was stopped or aborted, or the engine or the disk failed"},
                   {"129, 130, 143", "interrupted; what was collected is kept"}},
      .begin = task<Settings, run>};
  return command;
}

}  // namespace koobatch::cli
