#pragma once
#include "koobatch/cli/option_table.hpp"
#include "koobatch/cli/verb.hpp"
#include "koobatch/core/error.hpp"

#include <string>
#include <vector>

namespace koobatch::cli {

/// Where a setting comes from, the more direct first: `section` is the verb's own in the configuration file,
/// `implied` what the verb takes for granted.
enum class Layer { flag, recorded, variable, section, config, implied };

/// One option's setting, and where it comes from.
struct Setting {
  const OptionRow* row = nullptr;
  Layer layer = Layer::flag;
  std::string origin;  ///< for messages: "--rate", "KOOBATCH_RATE", "koobatch.toml:3: rate"
  std::string source;  ///< for lists: "command line", "environment variable KOOBATCH_RATE", "koobatch.toml:3"
  std::vector<std::string> values;
};

/// A switch that is off sets nothing, so it chooses nothing.
bool chooses(const Setting& setting);

/// The error that a value is, where the setting comes from included.
Error bad_value(const Setting& setting, const std::string& value, const std::string& why);

/// The settings in force for `verb`, defaults included where they are values, each as "rate = 500/s (koobatch.toml:3)".
/// Private values are not told, nor are passwords in URLs.
std::vector<std::string> describe_settings(Verb verb, const std::vector<Setting>& settings);

}  // namespace koobatch::cli
