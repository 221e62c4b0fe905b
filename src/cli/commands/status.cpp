#include "cli/commands/command.hpp"
#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/control_replies.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/report/summary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <string>
#include <tuple>
#include <variant>

namespace koobatch::cli {
namespace {

using control::Silence;

struct Settings {
  Presentation presentation;
  JsonOutput output;

  auto parts() { return std::tie(presentation, output); }
};

/// Prints the status of a run that did not answer, from its report.
int print_recorded(const std::filesystem::path& path, Silence silence, bool json) {
  const auto summary = report::summarize(path);
  if (!summary) return fail(summary.error());
  const auto at_work = who_is_at_work(path, *summary, silence);
  return print_answer(json ? control::status_json(*summary, at_work) + "\n"
                           : fmt::format("{}\n", fmt::join(control::status_lines(*summary, at_work), "\n")));
}

int run(const Settings& given, const Call& call) {
  const std::filesystem::path path = call.arguments.front();
  const bool json = given.output.json;
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
