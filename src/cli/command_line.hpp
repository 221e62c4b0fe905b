#pragma once
#include "cli/commands/command.hpp"
#include "cli/settings/setting.hpp"
#include "koobatch/core/error.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace koobatch::cli {

/// A command, ready to run.
struct Invocation {
  const Command* command = nullptr;
  Call call;
  std::shared_ptr<Task> task;  ///< holds its settings
  std::vector<std::string> warnings;
  std::vector<std::string> settings;  ///< the settings in force and their sources: see describe_settings()

  /// The settings of this type; null if the command has none. Valid as long as `task`.
  template <class Group>
  const Group* find() const {
    return task->groups().template find<Group>();
  }
};

/// A text to print, for --help or --version.
struct Information {
  std::string text;
};

/// The files that the command line needs.
struct Files {
  std::function<Result<std::string>(const std::filesystem::path&)> config;  ///< reads a --config file
  std::function<Result<Flags>(const std::filesystem::path&)>
      recorded;  ///< reads the settings that a report was started with
};

/// Parses a command line (without the program's name), the environment and the files it names. An error's message is
/// one sentence and, on a line of its own, where to find help.
Result<std::variant<Invocation, Information>> parse_command_line(const std::vector<std::string>& arguments,
                                                                 const Environment& environment, const Files& files);

}  // namespace koobatch::cli
