#include "cli/commands/set.hpp"

#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/control_replies.hpp"
#include "cli/running/ledger_access.hpp"
#include "koobatch/core/spelling.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/report/summary.hpp"
#include "koobatch/report/wording.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace koobatch::cli {
namespace {

using control::AtWork;
using control::Silence;

/// Why no run received the request.
Error no_run_there(const std::filesystem::path& path, Silence silence) {
  const auto summary = report::summarize(path);
  if (!summary) return summary.error();
  switch (who_is_at_work(path, *summary, silence)) {
    case AtWork::nobody:
      break;
    case AtWork::a_process:
      return fatal_error(path.native() +
                         ": the run cannot be changed: it is just starting or ending, or has no socket");
    case AtWork::another_users_process:
      return fatal_error(path.native() + ": only the user who started the run, or root, can change it");
  }
  const bool over = summary->outcome != report::Outcome::unfinished && summary->counts.remaining == 0;
  const auto none = fmt::format("{}: there is no run in progress to change; ", path.native());
  if (over) return usage_error(none + "every operation has its result");
  const auto step = report::continuation(summary->run, path.native());
  return with_next_step(usage_error(none + "continue with " + spell(step)), step);
}

/// Changes a run that belongs to an engine; its workers follow with their next beat.
Result<void> change(const FleetRun& run, const control::Request& request) {
  const auto row = run.ledger->run(run.number);
  if (!row) return row.error().error;
  if (fleet::has_ended(row->state) || row->state == fleet::RunState::stopping) {
    return usage_error(
        fmt::format("{}: the run is {}; nothing can be changed", run.report.string(), to_string(row->state)));
  }
  if (request.rate) {
    if (auto done = run.ledger->change_rate(run.number, *request.rate); !done) return done.error().error;
  }
  if (request.pause) {
    if (auto done = run.ledger->pause(run.number, *request.pause); !done) return done.error().error;
  }
  return {};
}

std::string describe_change(const control::Request& request) {
  std::vector<std::string> changes;
  if (request.rate) {
    changes.push_back(*request.rate > 0 ? fmt::format("at most {} of all workers together", format_rate(*request.rate))
                                        : std::string("no limit"));
  }
  if (request.pause) {
    changes.emplace_back(*request.pause ? "paused: nothing new is sent until --go" : "continued");
  }
  return fmt::format("{}", fmt::join(changes, "; "));
}

int change_in_engine(const std::filesystem::path& path, const SetSettings& given, const control::Request& request) {
  const auto run = open_fleet_run(path, given.ledger);
  if (!run) return fail(run.error());
  if (auto changed = change(*run, request); !changed) return fail(changed.error());
  return print_answer(fmt::format("{}: {}\n", path.string(), describe_change(request)));
}

int run(const SetSettings& given, const Call& call) {
  const std::filesystem::path path = call.arguments.front();
  const auto request = prepare_set(given);
  if (!request) return fail(request.error());
  // Whatever is wrong with the report is said below.
  if (const auto of_fleet = is_of_fleet(path); of_fleet && *of_fleet) return change_in_engine(path, given, *request);
  const auto reply = control::ask(path, *request);
  if (!reply) return fail(reply.error());
  if (const auto* silence = std::get_if<Silence>(&*reply)) return fail(no_run_there(path, *silence));
  return print_answer(reply_text(path, std::get<control::Reply>(*reply)));
}

}  // namespace

Result<control::Request> prepare_set(const SetSettings& given) {
  control::Request request;
  request.rate = given.rate;
  if (given.pause && given.go) return usage_error("--pause and --go exclude each other");
  if (given.pause || given.go) request.pause = given.pause;
  if (!request.changes()) return usage_error("what to change is missing: give --rate RATE, --pause or --go");
  return request;
}

const Command& set_command() {
  static const Command command = {
      .name = "set",
      .summary = "Change the pace of a run in progress, or pause it",
      .group = command_group::runs_jobs,
      .arguments = {{.name = "REPORT", .help = "The report of the run", .is_path = true}},
      .examples = {"koobatch set rename.report.ndjson --rate 200/s", "koobatch set rename.report.ndjson --pause",
                   "koobatch set rename.report.ndjson --go"},
      .own_options = {{.name = "rate",
                       .heading = heading::pace,
                       .help = "Requests allowed from now on, e.g. 200/s, or none for no limit",
                       .store = into(&SetSettings::rate, limit()),
                       .flag_only = true},
                      {.name = "pause",
                       .heading = heading::pace,
                       .help = "Send nothing more until --go; requests in flight may finish",
                       .store = into(&SetSettings::pause, on_off()),
                       .flag_only = true},
                      {.name = "go",
                       .heading = heading::pace,
                       .help = "End a pause",
                       .store = into(&SetSettings::go, on_off()),
                       .flag_only = true}},
      .statuses = {exits::done, exits::usage, exits::fatal},
      .begin = task<SetSettings, run>};
  return command;
}

}  // namespace koobatch::cli
