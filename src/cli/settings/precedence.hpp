#pragma once
#include "cli/commands/command.hpp"
#include "cli/settings/config_file.hpp"
#include "cli/settings/setting.hpp"
#include "koobatch/core/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace koobatch::cli {

/// The sources of settings, most direct first.
struct Sources {
  Flags flags;
  Flags recorded;  ///< of a command that continues a run: the settings that the report was started with
  Environment environment;
  Config config;
  bool continues = false;  ///< whether one of Command::continues_reports was given
};

/// The settings of `command` that are in force: for each option the most direct source that has it. In the
/// configuration file, a section is more direct than what precedes all sections. Settings of other commands are skipped
/// in environment and configuration file; unknown ones in the file are an error. Values are not parsed yet.
Result<std::vector<Setting>> settings_in_force(const Command& command, const Sources& sources);

/// Parses the settings and stores them into the groups. An error names the value and its source. Precondition: each
/// setting's option stores into one of the groups.
Result<void> store(const std::vector<Setting>& settings, const Groups& groups);

/// A warning for each KOOBATCH_… variable that matches no option: most likely a typing error. `token_env`: the variable
/// that holds the token, which may have any name; nothing if it is unknown, because the command needs no token: then
/// none with TOKEN in its name is warned about.
std::vector<std::string> ignored_variables(const Environment& environment, std::optional<std::string_view> token_env);

}  // namespace koobatch::cli
