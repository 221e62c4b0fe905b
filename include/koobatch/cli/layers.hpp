#pragma once
#include "koobatch/cli/config_file.hpp"
#include "koobatch/cli/option_table.hpp"
#include "koobatch/cli/options.hpp"
#include "koobatch/cli/verb.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace koobatch::cli {

/// The KOOBATCH_… variables, by their whole names.
using Environment = std::map<std::string, std::string>;

/// What the command line says, by the names of the options: a switch is "true".
using Flags = std::map<std::string, std::vector<std::string>, std::less<>>;

/// The sources of settings, the more direct first.
struct Layers {
  Flags flags;
  Flags recorded;  ///< of `resume` and `retry`: what the report was begun with
  Environment environment;
  std::vector<ConfigEntry> config;
  std::string config_name;  ///< for messages
};

/// What the sources come to.
struct Resolved {
  Options options;
  std::vector<std::string> settings;  ///< each with where it comes from: see describe_settings()
};

/// Puts the options of `verb` together: for each the most direct source that names it, where in the configuration file
/// a section is more direct than what stands above all sections. Settings of other verbs are passed over in environment
/// and configuration file, unknown ones in the file are an error.
Result<Resolved> resolve(Verb verb, const Layers& layers);

/// A warning for each of the KOOBATCH_… variables that no option answers to: most likely slips of the pen. The one the
/// token is read from may have any name.
std::vector<std::string> ignored_variables(const Environment& environment, const std::string& token_env);

}  // namespace koobatch::cli
