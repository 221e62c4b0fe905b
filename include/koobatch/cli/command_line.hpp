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
};

/// --help or --version: to be printed, and that is all.
struct Information {
  std::string text;
};

/// Reads the --config file of that name.
using ConfigReader = std::function<Result<std::string>(const std::filesystem::path&)>;

/// Reads a command line (without the program's name), with the environment and the configuration file it names. An
/// error's message is one sentence and, on a line of its own, where help is to be found.
Result<std::variant<Invocation, Information>> parse_command_line(const std::vector<std::string>& arguments,
                                                                 const Environment& environment,
                                                                 const ConfigReader& read);

}  // namespace koobatch::cli
