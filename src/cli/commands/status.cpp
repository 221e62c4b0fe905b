#include "cli/commands/command.hpp"
#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/control_replies.hpp"
#include "cli/running/fleet_status.hpp"
#include "cli/running/ledger_access.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/report/reader.hpp"
#include "koobatch/report/summary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <string>
#include <tuple>
#include <utility>
#include <variant>

namespace koobatch::cli {
namespace {

using control::Silence;

struct Settings {
  Presentation presentation;
  JsonOutput output;
  LedgerOptions ledger;

  auto parts() { return std::tie(presentation, output, ledger); }
};

/// Prints the status of a run that did not answer, from its report.
int print_recorded(const std::filesystem::path& path, Silence silence, bool json) {
  const auto summary = report::summarize(path);
  if (!summary) return fail(summary.error());
  const auto at_work = who_is_at_work(path, *summary, silence);
  return print_answer(json ? control::status_json(*summary, at_work) + "\n"
                           : fmt::format("{}\n", fmt::join(control::status_lines(*summary, at_work), "\n")));
}

/// Asks the engine to which the run belongs.
Result<FleetStatus> ask_engine(const std::filesystem::path& path, const LedgerOptions& given) {
  const auto run = open_fleet_run(path, given);
  if (!run) return run.error();
  auto survey = run->ledger->survey(run->number);
  if (!survey) return survey.error().error;
  auto parts = run->ledger->parts(run->number);
  if (!parts) return parts.error().error;
  auto properties = run->ledger->check(run->copies);
  if (!properties) return properties.error().error;
  return FleetStatus{path.string(), std::move(*survey), std::move(*parts), std::move(*properties)};
}

int print_of_engine(const std::filesystem::path& path, const Settings& given) {
  const auto status = ask_engine(path, given.ledger);
  if (!status) return fail(status.error());
  return print_answer(given.output.json ? status_json(*status) + "\n"
                                        : fmt::format("{}\n", fmt::join(status_lines(*status), "\n")));
}

int run(const Settings& given, const Call& call) {
  const std::filesystem::path path = call.arguments.front();
  const bool json = given.output.json;
  // Whatever is wrong with the report is said below.
  if (const auto of_fleet = is_of_fleet(path); of_fleet && *of_fleet) {
    // What has ended is all in the report, and its engine may have forgotten it.
    const auto scan = report::scan(path);
    if (scan && scan->ended()) return print_recorded(path, Silence::nobody, json);
    return print_of_engine(path, given);
  }
  const auto reply = control::ask(path, {});
  if (!reply) return fail(reply.error());
  if (const auto* silence = std::get_if<Silence>(&*reply)) return print_recorded(path, *silence, json);
  const auto& status = std::get<control::Reply>(*reply);
  return print_answer(json ? status.status + "\n" : reply_text(path, status));
}

}  // namespace

const Command& status_command() {
  static const Command command = {
      .name = "status",
      .summary = "Show the status of a run: live if it is in progress, otherwise from its report",
      .group = command_group::looks_back,
      .arguments = {{.name = "REPORT", .help = "The report of the run", .is_path = true}},
      .examples = {"koobatch status rename.report.ndjson", "koobatch status rename.report.ndjson --json"},
      .statuses = {exits::done, exits::usage, exits::fatal},
      .begin = task<Settings, run>};
  return command;
}

}  // namespace koobatch::cli
