#pragma once
#include "cli/commands/command.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Views of the tables of commands and options, shared by help, manual page and completions.
namespace koobatch::cli {

/// The commands that take the option.
std::vector<const Command*> commands_with(const Option& option);
/// The commands that take an option of this name.
std::vector<const Command*> commands_with(std::string_view option);

/// "run, resume, retry"
std::string names_of(const std::vector<const Command*>& commands, std::string_view separator = ", ");

/// The option's help, and its default in parentheses: "Time of one attempt (30s)".
std::string help_with_default(const Option& option);

/// An exit status, its meaning, and the commands it applies to.
struct ExitMeaning {
  ExitRow row;
  std::vector<const Command*> commands;
};
/// The statuses of all commands, each meaning once, in ascending order.
std::vector<ExitMeaning> exit_meanings();

}  // namespace koobatch::cli
