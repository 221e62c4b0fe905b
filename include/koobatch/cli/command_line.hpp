#pragma once
#include "koobatch/cli/layers.hpp"
#include "koobatch/cli/options.hpp"
#include "koobatch/cli/verb.hpp"
#include "koobatch/core/error.hpp"

#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace koobatch::cli {

/// A verb with all it needs to know.
struct Invocation {
  Verb verb = Verb::run;
  std::vector<std::string> arguments;  ///< JOB, REPORT, or ID and REPORT…
  Options options;
  std::vector<std::string> warnings;
  std::vector<std::string> settings;  ///< what is in force, and where it comes from: see describe_settings()
};

/// --help or --version: to be printed, and that is all.
struct Information {
  std::string text;
};

/// What the command line needs from files.
struct Files {
  std::function<Result<std::string>(const std::filesystem::path&)> config;  ///< reads a --config file
  std::function<Result<Flags>(const std::filesystem::path&)> recorded;      ///< the settings a report was begun with
};

/// Reads a command line (without the program's name), with the environment and the files it names. An
/// error's message is one sentence and, on a line of its own, where help is to be found.
Result<std::variant<Invocation, Information>> parse_command_line(const std::vector<std::string>& arguments,
                                                                 const Environment& environment, const Files& files);

}  // namespace koobatch::cli
