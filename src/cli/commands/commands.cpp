#include "cli/commands/command.hpp"
#include "cli/settings/option_table.hpp"

#include <algorithm>

/// The commands, in the order in which help lists them. To add one, add its line here and define it in its own file,
/// commands/NAME.cpp.
#define KOOBATCH_COMMANDS(COMMAND) \
  COMMAND(run)                     \
  COMMAND(resume)                  \
  COMMAND(retry)                   \
  COMMAND(verify)                  \
  COMMAND(validate)                \
  COMMAND(export)                  \
  COMMAND(plan)                    \
  COMMAND(undo)                    \
  COMMAND(report)                  \
  COMMAND(simulate)                \
  COMMAND(bench)                   \
  COMMAND(trace)                   \
  COMMAND(status)                  \
  COMMAND(set)                     \
  COMMAND(engine)                  \
  COMMAND(submit)                  \
  COMMAND(work)                    \
  COMMAND(collect)                 \
  COMMAND(stop)                    \
  COMMAND(fence)                   \
  COMMAND(forget)                  \
  COMMAND(operations)              \
  COMMAND(generate)

namespace koobatch::cli {

#define DECLARE(name) const Command& name##_command();
KOOBATCH_COMMANDS(DECLARE)
#undef DECLARE

const std::vector<const Command*>& commands() {
#define LISTED(name) &name##_command(),
  static const std::vector<const Command*> all = {KOOBATCH_COMMANDS(LISTED)};
#undef LISTED
  return all;
}

const Command* command_named(std::string_view name) {
  for (const auto* command : commands()) {
    if (command->name == name) return command;
  }
  return nullptr;
}

std::vector<const Option*> options_of(const Command& command) {
  std::vector<const Option*> options;
  for (const auto& option : command.own_options) options.push_back(&option);
  const auto task = command.begin();
  const Groups groups = task->groups();
  for (const auto& option : option_table()) {
    if (groups.find(option.store.group) != nullptr) options.push_back(&option);
  }
  sort_by_heading(options);
  return options;
}

const Option* option_named(const Command& command, std::string_view name) {
  for (const auto* option : options_of(command)) {
    if (option->name == name) return option;
  }
  return nullptr;
}

std::vector<const Option*> every_option() {
  std::vector<const Option*> options;
  for (const auto& option : option_table()) options.push_back(&option);
  for (const auto* command : commands()) {
    for (const auto& option : command->own_options) options.push_back(&option);
  }
  sort_by_heading(options);
  return options;
}

std::string Argument::label() const {
  return words.empty() ? std::string(name) : listed(words, "|");
}

}  // namespace koobatch::cli
