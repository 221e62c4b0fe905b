#include "cli/commands/command.hpp"
#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/exporting.hpp"
#include "cli/running/operations_file.hpp"
#include "cli/running/run_settings.hpp"
#include "cli/running/state_reading.hpp"
#include "cli/running/under_lock.hpp"
#include "cli/settings/domain_values.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/units.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace koobatch::cli {
namespace {

struct ExportSettings {
  StateReading reading;
  OperationsOption operations;
  Schedule schedule;
  Presentation presentation;
  std::string types;  ///< separated by commas; empty: all
  std::filesystem::path out;

  auto parts() { return std::tie(reading, reading.sending.metrics, operations, schedule, presentation); }
};

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> names;
  for (std::size_t from = 0; from < list.size();) {
    const auto comma = std::min(list.find(',', from), list.size());
    if (comma > from) names.push_back(list.substr(from, comma - from));
    from = comma + 1;
  }
  return names;
}

Result<job::Format> format_of_output(const std::filesystem::path& out) {
  if (out.empty()) return usage_error("the file to write is missing: give --out STATE.ndjson, or STATE.csv");
  if (const auto format = job::format_of(out)) return *format;
  return usage_error(
      fmt::format("--out {}: the name must end in .ndjson or .csv, also with .gz or .zst after it", out.string()));
}

/// The kinds of resources: those of the service, or those of a file, which has them, too.
Result<std::shared_ptr<const koodrive::ResourceCatalogue>> load_resources(engine::RunSettings& settings) {
  if (settings.operations_path.empty()) return service_kinds();
  auto loaded = read_operations_file(settings.operations_path, executor_of(settings));
  if (!loaded) return loaded.error();
  settings.operations_file = std::move(loaded->file);
  return std::move(loaded->resources);
}

Result<StateFile> wanted_file(const ExportSettings& given, const Call& call, engine::RunSettings& settings) {
  const auto format = format_of_output(given.out);
  if (!format) return format.error();
  auto users = users_of(given.reading, call.origins);
  if (!users) return users.error();
  auto resources = load_resources(settings);
  if (!resources) return resources.error();
  auto kinds = kinds_to_read(**resources, split(given.types));
  if (!kinds) return kinds.error();
  return StateFile{given.out, *format, std::move(*resources), std::move(*kinds), std::move(*users)};
}

int print_written(const std::filesystem::path& out, const Collected& collected) {
  warn_of_gaps(collected);
  const auto& summary = collected.summary;
  const auto written =
      write_output(fmt::format("{}: {} of {}, {}\n", harmless(out.string()), count_of(summary.items, "item"),
                               count_of(summary.users, "user"), summary.is_complete ? "complete" : "not complete"));
  if (!written) return fail(written.error());
  if (collected.unstable_lists > 0) return exit_limit;
  if (summary.is_complete && summary.items == 0) {
    spdlog::warn("no items at all: is it the right service, and are these the right users?");
    return exit_limit;
  }
  return summary.is_complete ? exit_success : exit_not_all;
}

int work(const ExportSettings& given, const Call& call) {
  auto running = running_of(given.reading);
  running.operations = given.operations;
  running.schedule = given.schedule;
  if (auto ok = check_schedule(given.schedule, call.origins); !ok) return fail(ok.error());
  auto settings = prepare_reading(running, call);
  if (!settings) return fail(settings.error());
  const auto wanted = wanted_file(given, call, *settings);
  if (!wanted) return fail(wanted.error());
  const auto written = [&](const Collected& collected) { return print_written(wanted->path, collected); };
  return export_state(std::move(*settings), running, given.presentation, call.console, *wanted, written);
}

int run(const ExportSettings& given, const Call& call) {
  return under_lock(given.schedule, [&] { return work(given, call); });
}

}  // namespace

const Command& export_command() {
  static const Command command = {
      .name = "export",
      .summary = "Read the shared folders and albums of users into a file; changes nothing",
      .group = command_group::runs_jobs,
      .examples = {"koobatch export --user-id 42 --out state.ndjson --endpoint https://HOST --token-file token",
                   "koobatch export --users users.txt --types shared_folder --out state.csv --endpoint https://HOST \\",
                   "  --tokens-file tokens.csv --rate 100/s"},
      .own_options = {{.name = "out",
                       .heading = heading::job,
                       .help = "New file: NDJSON or CSV by its name, also .gz or .zst; FILE.part is its journal",
                       .store = into(&ExportSettings::out, new_file()),
                       .flag_only = true},
                      users_option(),
                      {.name = "types",
                       .heading = heading::job,
                       .help = "Types of items to read, separated by commas, e.g. shared_folder,album",
                       .otherwise = "all",
                       .store = into(&ExportSettings::types, text("TYPES")),
                       .flag_only = true}},
      .statuses = {{"0", "complete, or another run holds the lock"},
                   {"1", "written, but some lists or items cannot be read"},
                   exits::usage,
                   {"4", "no items at all, or lists that kept changing; or stopped because too much went wrong"},
                   exits::run_stopped,
                   exits::interrupted},
      .sends = true,
      .begin = task<ExportSettings, run>};
  return command;
}

}  // namespace koobatch::cli
