#include "cli/commands/command.hpp"
#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/plan_output.hpp"
#include "cli/running/planning.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/job/byte_source.hpp"
#include "koobatch/plan/limits.hpp"
#include "koobatch/plan/overview.hpp"
#include "koobatch/plan/plan_file.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

namespace koobatch::cli {
namespace {

using Settings = PlanSettings;

Result<void> check_shown(const Settings& given, const Call& call) {
  if (!call.arguments.empty()) return usage_error("--show needs no desired state: it shows a plan that was made");
  for (const auto* option : {"state", "out", "only", "max-changes", "names", "extra", "max-state-age", "endpoint"}) {
    if (call.origins.is_flag(option))
      return usage_error(fmt::format("--{} is for making a plan, not for --show", option));
  }
  if (const auto flag = first_reading_flag(call.origins); !flag.empty()) {
    return usage_error(flag + " is for making a plan, not for --show");
  }
  return given.metrics().path.empty() || !call.origins.is_flag("metrics-file")
             ? Result<void>()
             : usage_error("--metrics-file is for making a plan, not for --show");
}

/// The present state is in a file, or read from the service.
Result<void> check_state(const Settings& given, const Call& call) {
  const auto& target = given.reading.sending.target;
  if (given.state.empty()) {
    if (!target.endpoint.empty() || target.simulate) return {};
    return usage_error(
        "--state is missing: the file with the present state, which 'koobatch export' has written; or give --endpoint "
        "URL, and --users FILE or --user-id ID, to read it now");
  }
  const auto flag = first_reading_flag(call.origins);
  if (flag.empty()) return {};
  return usage_error(flag + " is for reading the state from the service, and --state names one that was read");
}

Result<void> check_arguments(const Settings& given, const Call& call) {
  if (!given.show.empty()) return check_shown(given, call);
  if (call.arguments.empty()) return usage_error("DESIRED is missing: the file with the desired state");
  if (auto ok = check_state(given, call); !ok) return ok;
  if (auto ok = check_destinations({given.plan, given.html}); !ok) return ok;
  if (given.metrics().labels.empty() || !given.metrics().path.empty()) return {};
  return usage_error(call.origins["metrics-label"] + " needs --metrics-file: the metrics that it labels");
}

/// Reads a plan to its end, and shows it only if it is as it was made.
Result<int> show_plan(const Settings& given) {
  auto output = PlanOutput::open({{}, given.html, given.output.json});
  if (!output) return output.error();
  auto source = job::open_file(given.show);
  if (!source) return source.error();
  plan::PlanReader reader(std::move(*source), koodrive::service_resources(), harmless(given.show.string()));
  auto header = reader.begin();
  if (!header) return header.error();
  plan::OverviewBuilder builder;
  if (auto read = reader.read_lines([&](const plan::PlanLine& line) { return builder.on_line(line); }); !read) {
    return read.error();
  }
  auto overview = builder.build(std::move(*header));
  overview.is_made_earlier = true;
  overview.file = {given.show.string(), reader.digest()};
  if (auto shown = output->show(overview); !shown) return shown.error();
  return given.exit_code && overview.lines > 0 ? exit_not_all : exit_success;
}

int run(const Settings& given, const Call& call) {
  if (auto checked = check_arguments(given, call); !checked) return fail(checked.error());
  if (!given.show.empty()) {
    const auto status = show_plan(given);
    return status ? *status : fail(status.error());
  }
  return make_plan(given, call);
}

Result<void> check_allowance(const std::string& text) {
  plan::Limits ignored;
  return plan::add_allowance(text, ignored);
}

std::vector<Option> plan_options() {
  return {users_option(),
          {.name = "state",
           .heading = heading::job,
           .help = "NDJSON file with the present state, from 'koobatch export'",
           .otherwise = "read now",
           .store = into(&Settings::state, file()),
           .flag_only = true},
          {.name = "out",
           .heading = heading::job,
           .help = "New file for the plan",
           .otherwise = "shown, not kept",
           .store = into(&Settings::plan, new_file()),
           .flag_only = true},
          {.name = "show",
           .heading = heading::job,
           .help = "Show this plan again instead of making one, whatever its age",
           .store = into(&Settings::show, file()),
           .flag_only = true},
          {.name = "only",
           .heading = heading::job,
           .help = "Plan only items whose ID, or TYPE:ID, matches, e.g. 'album:*'; repeatable",
           .otherwise = "all",
           .store = into(&Settings::only, text("GLOB")),
           .flag_only = true},
          {.name = "names",
           .heading = heading::job,
           .help = "Whether two shared folders of an owner may have the same name",
           .store = into(&Settings::names,
                         one_of<plan::Names>({{"unique", plan::Names::unique}, {"free", plan::Names::free}}))},
          {.name = "max-changes",
           .heading = heading::job,
           .help = "Maximum number of items of a type to change; repeatable",
           .otherwise = "30%",
           .parts = {{"N", "a number of items"},
                     {"P%", "a share of the existing ones, if there are at least 50"},
                     {"TYPE=N, TYPE=P%", "of one type"}},
           .store = into(&Settings::max_changes, checked_text("LIMIT", check_allowance))},
          {.name = "max-state-age",
           .heading = heading::job,
           .help = "Refuse a state that was read longer ago",
           .otherwise = "any age",
           .store = into(&Settings::max_state_age, duration())},
          {.name = "extra",
           .heading = heading::job,
           .help = "Count items that the desired state does not mention, or exit with 1, too",
           .store = into(&Settings::extra,
                         one_of<ExtraItems>({{"report", ExtraItems::report}, {"fail", ExtraItems::fail}}))},
          {.name = "exit-code",
           .heading = heading::output,
           .help = "Also exit with 1 if there is something to change",
           .store = into(&Settings::exit_code, on_off())},
          {.name = "html",
           .heading = heading::output,
           .help = "New page that shows the plan, self-contained",
           .store = into(&Settings::html, new_file())}};
}

}  // namespace

const Command& plan_command() {
  static const Command command = {
      .name = "plan",
      .summary = "Compare the present state with the desired one, and plan what to change; changes nothing",
      .group = command_group::runs_jobs,
      .arguments = {{.name = "DESIRED",
                     .help = "How items should be: NDJSON, or an exported CSV with its new_ columns filled in",
                     .is_path = true,
                     .optional = true}},
      .examples =
          {"koobatch plan names.csv --state state.ndjson --out names.plan",
           "koobatch plan names.csv --users users.txt --endpoint https://HOST --tokens-file tokens.csv --exit-code",
           "koobatch plan --show names.plan"},
      .own_options = plan_options(),
      .statuses = {{"0", "planned, also if there is nothing to change"},
                   {"1", "some items cannot be made as desired; with --exit-code, or --extra fail: there are any"},
                   exits::usage,
                   {"3", "the desired state is invalid, or the plan was damaged; nothing was written"},
                   {"4", "refused: more changes than allowed, or the state is empty, incomplete or too old"},
                   {"5", "could not continue: a file or the service cannot be read, or the plan cannot be written"},
                   exits::interrupted},
      .sends = true,
      .begin = task<Settings, run>};
  return command;
}

}  // namespace koobatch::cli
