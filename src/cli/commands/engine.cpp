#include "cli/commands/command.hpp"
#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/control_replies.hpp"
#include "cli/running/ledger_access.hpp"
#include "cli/settings/shared_settings.hpp"

#include <fmt/format.h>

#include <tuple>

namespace koobatch::cli {
namespace {

struct Settings {
  Presentation presentation;
  LedgerOptions ledger;
  bool print = false;

  auto parts() { return std::tie(presentation, ledger); }
};

int run(const Settings& given, const Call&) {
  const auto ledger = open_ledger(given.ledger);
  if (!ledger) return fail(ledger.error());
  if (given.print) return print_answer((*ledger)->table_script());
  if (const auto created = (*ledger)->create_tables(); !created) return fail(created.error().error);
  const auto properties = (*ledger)->check(given.ledger.copies);
  if (!properties) return fail(properties.error().error);
  return print_answer(fmt::format("{}: ready; {}\n", properties->server, describe(*properties)));
}

}  // namespace

const Command& engine_command() {
  static const Command command = {
      .name = "engine",
      .summary = "Set up the PostgreSQL through which many machines work on one run",
      .group = command_group::many_machines,
      .arguments = {{.name = "ACTION",
                     .help = "Create the tables, or check that they are as they should be",
                     .words = {"init"}}},
      .examples = {"koobatch engine init --engine postgresql://admin@db1,db2/koobatch",
                   "koobatch engine init --engine postgresql://admin@db1,db2/koobatch --print"},
      .own_options = {{.name = "print",
                       .heading = heading::engine,
                       .help = "Print the statements instead, for an administrator",
                       .store = into(&Settings::print, on_off()),
                       .flag_only = true}},
      .statuses = {exits::done, exits::usage, {"5", "the engine cannot be reached, or is not what a run needs"}},
      .begin = task<Settings, run>};
  return command;
}

}  // namespace koobatch::cli
