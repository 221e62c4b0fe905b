#pragma once
#include "koobatch/core/error.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::cli {

/// `name = value` or `name = [value, …]`.
struct ConfigEntry {
  std::string section;  ///< the verb it is for; empty: every one
  std::string name;
  std::vector<std::string> values;
  bool is_array = false;
  std::size_t line = 0;  ///< from 1
};

/// Reads the part of TOML that settings need: one `key = value` after another, where a value is a string, a number, a
/// boolean or an array of them; `[verb]` above those that are for that verb alone; and comments. `name` is the file's,
/// for the messages.
Result<std::vector<ConfigEntry>> parse_config(std::string_view text, const std::string& name);

/// Reads the file. A usage error if it cannot be read.
Result<std::string> read_config(const std::filesystem::path& path);

}  // namespace koobatch::cli
