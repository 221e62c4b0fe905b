#include "koobatch/cli/layers.hpp"

#include "koobatch/cli/choices.hpp"
#include "koobatch/cli/on_complete.hpp"
#include "koobatch/cli/recorded.hpp"
#include "koobatch/cli/setting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace koobatch::cli {
namespace {

std::optional<Setting> from_flags(const OptionRow& row, const Flags& flags) {
  const auto found = flags.find(row.name);
  if (found == flags.end()) return std::nullopt;
  return Setting{&row, Layer::flag, fmt::format("--{}", row.name), "command line", found->second};
}

std::optional<Setting> from_report(const OptionRow& row, const Flags& recorded) {
  const auto found = recorded.find(row.name);
  if (found == recorded.end()) return std::nullopt;
  return Setting{&row, Layer::recorded, fmt::format("the report's {}", row.name), "the report", found->second};
}

/// Were we started by the command of --on-complete? Then variables tell of another run, and are no settings; and what
/// belongs to that run's schedule, found in the environment or a configuration file, is not ours: we would wait for the
/// lock it has, or start the command once more.
bool tells_of_another_run(const Environment& environment) {
  return environment.contains(std::string(completion_mark));
}

/// An empty variable is taken as not set.
std::optional<Setting> from_environment(const OptionRow& row, const Environment& environment) {
  const auto found = environment.find(variable_name(row.name));
  if (found == environment.end() || found->second.empty() || row.flag_only) return std::nullopt;
  if (tells_of_another_run(environment) && is_completion_variable(found->first)) return std::nullopt;
  return Setting{&row, Layer::variable, found->first, "environment variable " + found->first, {found->second}};
}

std::optional<Setting> from_config(const OptionRow& row, std::string_view section, const Layers& layers) {
  const auto found = std::find_if(layers.config.begin(), layers.config.end(), [&](const ConfigEntry& entry) {
    return entry.section == section && entry.name == row.name;
  });
  if (found == layers.config.end() || row.flag_only) return std::nullopt;
  const auto source = fmt::format("{}:{}", layers.config_name, found->line);
  const Layer layer = section.empty() ? Layer::config : Layer::section;
  return Setting{&row, layer, fmt::format("{}: {}", source, row.name), source, found->values};
}

/// Brings a switch into the form "true" or "false".
Result<void> normalise_switch(Setting& setting) {
  auto& value = setting.values.front();
  if (value == "1" || value == "true" || value == "yes" || value == "on") {
    value = "true";
  } else if (value == "0" || value == "false" || value == "no" || value == "off") {
    value = "false";
  } else {
    return bad_value(setting, value, "must be true or false");
  }
  return {};
}

std::string said_as_flag(std::string_view option) {
  return fmt::format("{0} is said on the command line alone; give --{0} there", option);
}

/// Nothing for a variable that sets an option.
std::optional<std::string> why_ignored(const std::string& variable) {
  std::string_view flag;
  for (const auto& row : option_table()) {
    if (variable_name(row.name) != variable) continue;
    // Of several options of this name, one that a variable sets is meant.
    if (!row.flag_only) return std::nullopt;
    flag = row.name;
  }
  return flag.empty() ? "no option has this name, so the variable is ignored" : said_as_flag(flag);
}

Result<void> check_entry(const ConfigEntry& entry) {
  const VerbRow* const verb = verb_named(entry.section);
  const Verbs verbs = verb == nullptr ? every_verb : only(verb->verb);
  const OptionRow* row = nullptr;
  for (const auto& candidate : option_table()) {
    if (candidate.name != entry.name || (candidate.verbs & verbs) == 0) continue;
    // Of several options of this name, one that may stand here is meant.
    if (row == nullptr || row->flag_only) row = &candidate;
  }
  if (row == nullptr || row->name == config_option) {
    return usage_error(
        fmt::format("'{}' is no setting{}; they are named like the flags, without the dashes: see {}", entry.name,
                    verb == nullptr ? "" : " of " + entry.section,
                    verb == nullptr ? "'koobatch VERB --help'" : fmt::format("'koobatch {} --help'", entry.section)));
  }
  if (row->flag_only) {
    return usage_error(said_as_flag(entry.name));
  }
  if (!row->repeatable && (entry.is_array || entry.values.size() != 1)) {
    return usage_error(fmt::format("{0} takes one value, not a list; write {0} = \"…\"", entry.name));
  }
  if (entry.values.empty()) return usage_error(fmt::format("{}: the list is empty; leave the setting out", entry.name));
  return {};
}

Result<void> check_config(const Layers& layers) {
  for (const auto& entry : layers.config) {
    if (const auto ok = check_entry(entry); !ok) {
      return usage_error(fmt::format("{}:{}: {}", layers.config_name, entry.line, ok.error().message));
    }
  }
  return {};
}

/// What decides which requests a job means. A run that goes on with another value would be another run, so it takes
/// these from its report, and goes on without those it was begun without.
constexpr std::array<std::string_view, 3> fixed_for_a_run = {"user-id", "language", "skip-invalid"};

bool is_fixed(Verb verb, const OptionRow& row) {
  return (verb == Verb::resume || verb == Verb::retry) &&
         std::find(fixed_for_a_run.begin(), fixed_for_a_run.end(), row.name) != fixed_for_a_run.end();
}

Result<void> check_unchanged(const Setting& setting, const Flags& recorded) {
  const auto found = recorded.find(setting.row->name);
  if (found != recorded.end() && found->second == setting.values) return {};
  return usage_error(fmt::format("{}: the run was begun {}; it can only go on as it was begun", setting.origin,
                                 found == recorded.end() ? "without" : "with " + found->second.front()));
}

/// What was rehearsed on the embedded service is not done, and what the service has done is not there to go on with.
Result<void> check_same_kind_of_service(const Flags& recorded, const Options& options) {
  if (recorded.empty()) return {};
  const auto simulate = recorded.find("simulate");
  const bool rehearsed = simulate != recorded.end() && simulate->second.front() == "true";
  if (options.simulate == rehearsed) return {};
  return usage_error(rehearsed ? "the run was begun with --simulate; it can only go on as it was begun. Begin a new "
                                 "run for --endpoint"
                               : "--simulate: the run was begun with --endpoint; it can only go on as it was begun");
}

/// What the most direct of the sources that name the option says.
std::optional<Setting> most_direct(Verb verb, const OptionRow& row, const Layers& layers) {
  if (auto setting = from_flags(row, layers.flags)) return setting;
  if (auto setting = from_report(row, layers.recorded)) return setting;
  if (is_fixed(verb, row)) return std::nullopt;
  if (row.group == schedule_group && tells_of_another_run(layers.environment)) return std::nullopt;
  if (auto setting = from_environment(row, layers.environment)) return setting;
  if (auto setting = from_config(row, row_of(verb).name, layers)) return setting;
  return from_config(row, "", layers);
}

Result<std::vector<Setting>> collect(Verb verb, const Layers& layers) {
  std::vector<Setting> settings;
  for (const auto& row : option_table()) {
    if (!contains(row.verbs, verb)) continue;
    auto setting = most_direct(verb, row, layers);
    if (!setting) continue;
    if (row.is_switch()) {
      if (auto ok = normalise_switch(*setting); !ok) return ok.error();
    }
    if (is_fixed(verb, row)) {
      if (auto ok = check_unchanged(*setting, layers.recorded); !ok) return ok.error();
    }
    settings.push_back(std::move(*setting));
  }
  return settings;
}

/// The simulator's options on the command line of `run`: without --simulate they are a slip. Elsewhere they may wait
/// for a run that uses them.
bool is_simulator_flag(const Setting& setting) {
  return setting.layer == Layer::flag && contains(setting.row->verbs, Verb::run) &&
         contains(setting.row->verbs, Verb::simulate) && setting.row->group == "Embedded service";
}

}  // namespace

Result<Resolved> resolve(Verb verb, const Layers& layers) {
  if (auto ok = check_config(layers); !ok) return ok.error();
  auto settings = collect(verb, layers);
  if (!settings) return settings.error();
  settle_choices(verb, *settings);
  Options options;
  for (const auto& setting : *settings) {
    for (const auto& value : setting.values) {
      if (auto ok = setting.row->apply(value, options); !ok) return bad_value(setting, value, ok.error().message);
    }
    options.origins.emplace(setting.row->name, setting.origin);
    if (is_simulator_flag(setting) && options.simulator_flag.empty()) options.simulator_flag = setting.origin;
  }
  if (verb == Verb::resume) {
    if (auto ok = check_same_kind_of_service(layers.recorded, options); !ok) return ok.error();
  }
  auto recorded = record_settings(*settings);
  if (!recorded) return recorded.error();
  options.run.recorded = std::move(*recorded);
  return Resolved{std::move(options), describe_settings(verb, *settings)};
}

std::vector<std::string> ignored_variables(const Environment& environment, const std::string& token_env) {
  std::vector<std::string> warnings;
  for (const auto& [name, value] : environment) {
    if (name == token_env || (tells_of_another_run(environment) && is_completion_variable(name))) continue;
    if (const auto why = why_ignored(name)) warnings.push_back(fmt::format("{}: {}", name, *why));
  }
  return warnings;
}

}  // namespace koobatch::cli
