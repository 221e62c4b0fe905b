#include "cli/running/planning.hpp"

#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/job_files.hpp"
#include "cli/running/plan_draft.hpp"
#include "cli/running/plan_metrics.hpp"
#include "cli/running/plan_output.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/plan/overview.hpp"
#include "koobatch/plan/readings.hpp"
#include "koobatch/state/reader.hpp"

#include <fmt/format.h>
#include <fnmatch.h>
#include <spdlog/common.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

namespace koobatch::cli {
namespace {

constexpr std::size_t most_listed = 20;

/// What `--max-changes` allows. Its form was checked; types are checked here.
Result<plan::Limits> limits_of(const PlanSettings& given, const Call& call, const koodrive::ResourceCatalogue& kinds) {
  plan::Limits limits;
  for (const auto& text : given.max_changes) {
    if (auto added = plan::add_allowance(text, limits); !added) return added.error();
  }
  std::vector<std::string_view> names;
  for (const auto& kind : kinds.kinds()) names.push_back(kind.name);
  for (const auto& [kind, allowance] : limits.changes_of) {
    if (kinds.find(kind) != nullptr) continue;
    return usage_error(fmt::format("{}: unknown type '{}'; the types are {}", call.origins["max-changes"],
                                   harmless(kind), listed(names)));
  }
  return limits;
}

/// Whether one of the patterns is that of the item: of its identifier, or of its type and identifier.
bool is_selected(const std::vector<std::string>& patterns, std::string_view type, std::string_view id) {
  const std::string name(id);
  const auto full = fmt::format("{}:{}", type, id);
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0 || ::fnmatch(pattern.c_str(), full.c_str(), 0) == 0;
  });
}

int print_faults(const std::string& name, const plan::Faults& faults) {
  for (const auto& fault : faults.first) {
    observe::log::print(spdlog::level::err, fmt::format("{}:{}", name, fault));
  }
  auto text = fmt::format("{}: {} in {} of {}", name, count_of(faults.count, "error"), format_count(faults.invalid),
                          count_of(faults.records, "item"));
  if (faults.count > faults.first.size()) {
    text += fmt::format(" (the first {} are listed; -v lists all)", faults.first.size());
  }
  observe::log::print(spdlog::level::err, text);
  return exit_job_invalid;
}

/// Where the command line has a plan come from.
PlanDraft::Settings draft_of(const PlanSettings& given, const Call& call) {
  PlanDraft::Settings settings{given.state, given.reading.sending.target.endpoint, call.origins["endpoint"],
                               given.names};
  if (given.only.empty()) return settings;
  settings.selects = [&given](const koodrive::ResourceKind& kind, std::string_view id) {
    return is_selected(given.only, kind.name, id);
  };
  return settings;
}

/// Reads the present state from the file that has it. Returns an exit status if the command ends there.
Result<std::optional<int>> read_file(plan::Readings& readings, PlanDraft& draft) {
  if (!readings.needs_present()) return std::optional<int>();
  if (auto done = readings.read_present(draft.state(), draft.state_name()); !done) return done.error();
  return std::optional<int>();
}

/// Does so from the service, but not if nothing can be planned anyway.
Result<std::optional<int>> read_service(const PlanSettings& given, const Call& call, PassingReading reading,
                                        plan::Readings& readings, PlanDraft& draft) {
  if (readings.any_faults()) return std::optional<int>();
  const auto open = [&](const std::filesystem::path& state) { return draft.open_state(state, "the present state"); };
  auto ended = read_passing(std::move(reading), readings.kinds(), given.presentation, call, open);
  if (!ended || *ended) return ended;
  if (auto done = readings.read_present(draft.state(), draft.state_name()); !done) return done.error();
  return ended;
}

int judge(const PlanSettings& given, const plan::Overview& overview) {
  if (overview.missing() > 0 || overview.conflicts() > 0) return exit_not_all;
  if (given.extra == ExtraItems::fail && overview.extra() > 0) return exit_not_all;
  return given.exit_code && overview.changed() > 0 ? exit_not_all : exit_success;
}

Result<int> plan_files(const PlanSettings& given, const Call& call, PlanMetricsFile& metrics) {
  const std::filesystem::path path = call.arguments.front();
  const auto& kinds = koodrive::service_resources();
  std::optional<PassingReading> reading;
  if (given.state.empty()) {
    auto prepared = prepare_passing(given.reading, call);
    if (!prepared) return prepared.error();
    reading.emplace(std::move(*prepared));
  }
  auto limits = limits_of(given, call, kinds);
  if (!limits) return limits.error();
  auto output = PlanOutput::open({given.plan, given.html, given.output.json});
  if (!output) return output.error();
  const auto format = choose_format(given.format, path);
  if (!format) return format.error();
  const auto desired = state::open_items(path, *format, kinds, state::Role::desired);
  if (!desired) return desired.error();
  auto draft = PlanDraft::open(draft_of(given, call));
  if (!draft) return draft.error();
  const auto name = harmless(path.string());
  const auto listed = given.presentation.verbose ? std::numeric_limits<std::size_t>::max() : most_listed;
  plan::Readings readings(draft->maker(), listed);
  if (auto done = readings.read_desired(**desired); !done) return done.error();
  const auto ended =
      reading ? read_service(given, call, std::move(*reading), readings, *draft) : read_file(readings, *draft);
  if (!ended) return ended.error();
  if (*ended) return **ended;
  const auto faults = readings.finish(name);
  if (!faults) return faults.error();
  if (faults->any()) return print_faults(name, *faults);
  auto overview = draft->make({path.string(), (*desired)->digest().xxh3}, *limits);
  if (!overview) return overview.error();
  metrics.show(*overview);
  const PlanDraft::Rules rules{std::move(*limits), given.max_state_age, call.origins["max-state-age"]};
  const auto refused = draft->conclude(*overview, rules, *output);
  if (!refused) return refused.error();
  return *refused ? **refused : judge(given, *overview);
}

}  // namespace

int make_plan(const PlanSettings& given, const Call& call) {
  auto metrics = PlanMetricsFile::open(given.metrics());
  if (!metrics) return fail(metrics.error());
  const auto status = plan_files(given, call, *metrics);
  return metrics->finish(status ? *status : fail(status.error()));
}

}  // namespace koobatch::cli
