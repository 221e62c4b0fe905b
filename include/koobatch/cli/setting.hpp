#pragma once
#include "koobatch/cli/option_table.hpp"
#include "koobatch/cli/verb.hpp"

#include <string>
#include <vector>

namespace koobatch::cli {

/// Where a setting comes from, the more direct first: `section` is the verb's own in the configuration file.
enum class Layer { flag, recorded, variable, section, config };

/// One option's setting, and where it comes from.
struct Setting {
  const OptionRow* row = nullptr;
  Layer layer = Layer::flag;
  std::string origin;  ///< for messages: "--rate", "KOOBATCH_RATE", "koobatch.toml:3: rate"
  std::string source;  ///< for lists: "command line", "environment variable KOOBATCH_RATE", "koobatch.toml:3"
  std::vector<std::string> values;
};

/// The settings in force for `verb`, defaults included, each as "rate = 500/s (koobatch.toml:3)". Private values are
/// not told, nor are passwords in URLs.
std::vector<std::string> describe_settings(Verb verb, const std::vector<Setting>& settings);

}  // namespace koobatch::cli
