#pragma once
#include "koobatch/core/error.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::cli {

/// A position in a configuration file; line and column count from 1.
struct ConfigPlace {
  std::size_t line = 0;
  std::size_t column = 0;

  friend auto operator<=>(const ConfigPlace&, const ConfigPlace&) = default;
};

/// `name = value` or `name = [value, …]`.
struct ConfigEntry {
  std::string section;  ///< the command it applies to; empty: every command
  std::string name;
  std::vector<std::string> values;  ///< in the form of flags' values: a boolean is "true" or "false"
  bool is_array = false;
  ConfigPlace place;  ///< of the name
};

struct ConfigSection {
  std::string name;
  ConfigPlace place;
};

/// The content of a configuration file, each list in file order.
struct Config {
  std::string file;  ///< its name, for messages
  std::vector<ConfigSection> sections;
  std::vector<ConfigEntry> entries;

  /// "koobatch.toml:3:7"
  std::string at(const ConfigPlace& place) const;
  /// A usage error at this position.
  Error error_at(const ConfigPlace& place, std::string_view what) const;
};

/// Parses a configuration file as TOML: settings, and one table for each command that has settings of its own. Errors
/// name file, line and column and never repeat a value, which may be a secret in the wrong place; names of settings and
/// sections are repeated. `file` is the file's name, for messages. The caller checks whether sections and names are
/// known.
Result<Config> parse_config(std::string_view text, const std::string& file);

/// Reads the text of a configuration file. A usage error if it cannot be read.
Result<std::string> read_config(const std::filesystem::path& path);

}  // namespace koobatch::cli
