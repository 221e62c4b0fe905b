#include "cli/settings/precedence.hpp"

#include "cli/reference/reference.hpp"
#include "cli/settings/choices.hpp"
#include "cli/settings/proxy_variables.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/nearest.hpp"
#include "koobatch/process/on_complete.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

namespace koobatch::cli {
namespace {

std::optional<Setting> from_flags(const Option& option, const Flags& flags) {
  const auto found = flags.find(option.name);
  if (found == flags.end()) return std::nullopt;
  return Setting{&option, Layer::flag, fmt::format("--{}", option.name), "command line", found->second};
}

std::optional<Setting> from_report(const Option& option, const Flags& recorded) {
  const auto found = recorded.find(option.name);
  if (found == recorded.end()) return std::nullopt;
  return Setting{&option, Layer::recorded, fmt::format("the report's {}", option.name), "the report", found->second};
}

/// Whether this process was started by the command of --on-complete. The variables that describe the finished run are
/// not settings then; and that run's schedule, found in the environment or a configuration file, is not ours: we would
/// wait for the lock it holds, or start the command again.
bool describes_another_run(const Environment& environment) {
  return environment.contains(std::string(process::completion_mark));
}

/// An empty variable counts as not set.
std::optional<Setting> from_environment(const Option& option, const Environment& environment) {
  const auto found = environment.find(variable_name(option.name));
  if (found == environment.end() || found->second.empty() || option.flag_only) return std::nullopt;
  if (describes_another_run(environment) && process::is_completion_variable(found->first)) return std::nullopt;
  return Setting{&option, Layer::variable, found->first, "environment variable " + found->first, {found->second}};
}

std::optional<Setting> from_config(const Option& option, std::string_view section, const Config& config) {
  const auto found = std::find_if(config.entries.begin(), config.entries.end(), [&](const ConfigEntry& entry) {
    return entry.section == section && entry.name == option.name;
  });
  if (found == config.entries.end() || option.flag_only) return std::nullopt;
  const Layer layer = section.empty() ? Layer::config : Layer::section;
  return Setting{&option, layer, fmt::format("{}: {}", config.at(found->place), option.name),
                 fmt::format("{}:{}", config.file, found->place.line), found->values};
}

/// Normalises a switch to "true" or "false".
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

std::string accepted_as_flag(std::string_view option) {
  return fmt::format("{0} is accepted only on the command line; give --{0} there", option);
}

/// What to say of a variable that no option has.
std::string describe_unknown(const std::string& variable) {
  const std::size_t prefix = variable_name({}).size();
  std::vector<std::string> known;
  for (const auto* option : every_option()) {
    if (!option->flag_only) known.push_back(variable_name(option->name));
  }
  // Without what all of them have in common, which would make any two of them look alike.
  std::vector<std::string_view> names;
  for (const auto& name : known) names.push_back(std::string_view(name).substr(prefix));
  const auto meant = nearest(std::string_view(variable).substr(prefix), names);
  return fmt::format("no option has this name, so the variable is ignored{}",
                     meant.empty() ? "" : fmt::format("; did you mean {}{}?", variable.substr(0, prefix), meant));
}

/// Why a variable is ignored; nothing for one that sets an option.
std::optional<std::string> why_ignored(const std::string& variable) {
  std::string_view flag;
  for (const auto* option : every_option()) {
    if (variable_name(option->name) != variable) continue;
    // If several options have this name, one that a variable can set is meant.
    if (!option->flag_only) return std::nullopt;
    flag = option->name;
  }
  return flag.empty() ? describe_unknown(variable) : accepted_as_flag(flag);
}

/// The option that an entry of the file means: if several have its name, one that a file may set. Null if there is
/// none. `command`: the one whose section holds the entry; null: none.
const Option* option_meant(std::string_view name, const Command* command) {
  const Option* meant = nullptr;
  for (const auto* option : command == nullptr ? every_option() : options_of(*command)) {
    if (option->name == name && (meant == nullptr || meant->flag_only)) meant = option;
  }
  return meant;
}

Error unknown_setting(const ConfigEntry& entry, const Command* command) {
  if (command != nullptr) {
    if (const auto others = names_of(commands_with(entry.name)); !others.empty()) {
      return usage_error(fmt::format("'{}' is a setting of {}, not of {}", entry.name, others, command->name));
    }
  }
  if (command == nullptr && command_named(entry.name) != nullptr) {
    return usage_error(fmt::format("'{0}' is a command, not a setting; its own settings go below [{0}]", entry.name));
  }
  std::vector<std::string_view> names;
  for (const auto* option : command == nullptr ? every_option() : options_of(*command)) names.push_back(option->name);
  const auto meant = nearest(entry.name, names);
  return usage_error(fmt::format("unknown setting '{}'; {}", entry.name,
                                 meant.empty() ? "settings are named like the flags, without the dashes"
                                               : fmt::format("did you mean '{}'?", meant)));
}

Result<void> check_entry(const ConfigEntry& entry) {
  const Command* const command = command_named(entry.section);
  const Option* const option = option_meant(entry.name, command);
  if (option == nullptr) return unknown_setting(entry, command);
  if (option->name == config_option) {
    return usage_error(fmt::format("'{}' cannot be set in the configuration file it names", config_option));
  }
  if (option->flag_only) return usage_error(accepted_as_flag(entry.name));
  if (!option->store.is_list && (entry.is_array || entry.values.size() != 1)) {
    return usage_error(fmt::format("{0} takes one value, not a list; write {0} = \"…\"", entry.name));
  }
  if (entry.values.empty()) return usage_error(fmt::format("{}: the list is empty; leave the setting out", entry.name));
  return {};
}

Result<void> check_section(const ConfigSection& section) {
  if (command_named(section.name) != nullptr) return {};
  std::vector<std::string_view> names;
  for (const auto* command : commands()) names.push_back(command->name);
  const auto meant = nearest(section.name, names);
  return usage_error(fmt::format("unknown section [{}]; {}", section.name,
                                 meant.empty() ? "a section is for one command, which is one of " + names_of(commands())
                                               : fmt::format("did you mean [{}]?", meant)));
}

Result<void> check_config(const Config& config) {
  for (const auto& section : config.sections) {
    if (const auto ok = check_section(section); !ok) return config.error_at(section.place, ok.error().message);
  }
  for (const auto& entry : config.entries) {
    if (const auto ok = check_entry(entry); !ok) return config.error_at(entry.place, ok.error().message);
  }
  return {};
}

/// Resumed with other requests, it would be a different run. So a resumed run takes what determines them from its
/// report, and leaves unset what was unset there.
bool is_fixed(const Command& command, const Sources& sources, const Option& option) {
  return (command.continues_run || sources.continues) && option.fixed;
}

Result<void> check_unchanged(const Setting& setting, const Flags& recorded) {
  const auto found = recorded.find(setting.option->name);
  if (found != recorded.end() && found->second == setting.values) return {};
  return usage_error(fmt::format("{}: the run was started {}; it can only continue as it was started", setting.origin,
                                 found == recorded.end() ? "without" : "with " + found->second.front()));
}

/// The setting from the most direct source that has the option. Defines the order of the sources.
std::optional<Setting> most_direct(const Command& command, const Option& option, const Sources& sources) {
  if (auto setting = from_flags(option, sources.flags)) return setting;
  if (auto setting = from_report(option, sources.recorded)) return setting;
  if (is_fixed(command, sources, option)) return std::nullopt;
  if (option.belongs_to<Schedule>() && describes_another_run(sources.environment)) return std::nullopt;
  if (auto setting = from_environment(option, sources.environment)) return setting;
  if (auto setting = from_config(option, command.name, sources.config)) return setting;
  return from_config(option, {}, sources.config);
}

Result<std::vector<Setting>> collect(const Command& command, const Sources& sources) {
  std::vector<Setting> settings;
  for (const auto* option : options_of(command)) {
    auto setting = most_direct(command, *option, sources);
    if (!setting) continue;
    if (option->is_switch()) {
      if (auto ok = normalise_switch(*setting); !ok) return ok.error();
    }
    if (is_fixed(command, sources, *option)) {
      if (auto ok = check_unchanged(*setting, sources.recorded); !ok) return ok.error();
    }
    settings.push_back(std::move(*setting));
  }
  return settings;
}

}  // namespace

Result<std::vector<Setting>> settings_in_force(const Command& command, const Sources& sources) {
  if (auto ok = check_config(sources.config); !ok) return ok.error();
  auto settings = collect(command, sources);
  if (settings) settle_choices(command, *settings);
  return settings;
}

Result<void> store(const std::vector<Setting>& settings, const Groups& groups) {
  for (const auto& setting : settings) {
    void* const group = groups.find(setting.option->store.group);
    assert(group != nullptr);
    for (const auto& value : setting.values) {
      if (auto ok = setting.option->store.set(value, group); !ok) return bad_value(setting, value, ok.error().message);
    }
  }
  return {};
}

std::vector<std::string> ignored_variables(const Environment& environment, std::optional<std::string_view> token_env) {
  std::vector<std::string> warnings;
  for (const auto& [name, value] : environment) {
    if (is_proxy_variable(name)) continue;
    const bool may_hold_token = token_env ? name == *token_env : name.find("TOKEN") != std::string::npos;
    if (may_hold_token || (describes_another_run(environment) && process::is_completion_variable(name))) continue;
    if (const auto why = why_ignored(name)) warnings.push_back(fmt::format("{}: {}", name, *why));
  }
  return warnings;
}

}  // namespace koobatch::cli
