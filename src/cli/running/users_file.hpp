#pragma once
#include "koobatch/core/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace koobatch::cli {

/// Reads the identifiers of users, one a line, each once. A first line with user_id is a header. A usage error names
/// the line.
Result<std::vector<std::string>> read_users(const std::filesystem::path& path);

}  // namespace koobatch::cli
