#pragma once
#include "cli/settings/option.hpp"
#include "koobatch/core/error.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <typeindex>
#include <vector>

namespace koobatch::cli {

/// The KOOBATCH_… variables, by their full names.
using Environment = std::map<std::string, std::string>;

/// The settings on the command line, by option name: a switch is "true".
using Flags = std::map<std::string, std::vector<std::string>, std::less<>>;

/// The kinds of sources, most direct first: `section` is the command's own in the configuration file, `implied` comes
/// from the command itself.
enum class Layer : std::uint8_t { flag, recorded, variable, section, config, implied };

/// One option's setting and its source.
struct Setting {
  const Option* option = nullptr;
  Layer layer = Layer::flag;
  std::string origin;  ///< for messages: "--rate", "KOOBATCH_RATE", "koobatch.toml:3:1: rate"
  std::string source;  ///< for lists: "command line", "environment variable KOOBATCH_RATE", "koobatch.toml:3"
  std::vector<std::string> values;

  /// Whether it makes a choice: a switch that is off does not.
  bool chooses() const { return !option->is_switch() || values.front() == "true"; }
};

/// The names of a call's settings in messages.
class Origins {
 public:
  Origins() = default;
  explicit Origins(const std::vector<Setting>& settings);

  /// Where the option is set, as "KOOBATCH_RATE" or "koobatch.toml:3:1: rate"; "--rate" if it is set nowhere.
  std::string operator[](std::string_view option) const;
  bool is_set(std::string_view option) const;
  /// Whether it is set on the command line.
  bool is_flag(std::string_view option) const;
  /// The first flag on the command line that stores into this group; empty: there is none.
  std::string first_flag_of(std::type_index group) const;

 private:
  struct Entry {
    std::string_view option;
    std::type_index group;
    Layer layer;
    std::string origin;
  };
  const Entry* find(std::string_view option) const;
  std::vector<Entry> entries_;
};

/// The error for a bad value, including where the setting comes from.
Error bad_value(const Setting& setting, const std::string& value, const std::string& why);

/// The settings in force among these options, including defaults that are values, each as "rate = 500/s
/// (koobatch.toml:3)". Private values and passwords in URLs are masked.
std::vector<std::string> describe_settings(const std::vector<const Option*>& options,
                                           const std::vector<Setting>& settings);

}  // namespace koobatch::cli
