#pragma once
#include "koobatch/cli/layers.hpp"
#include "koobatch/cli/setting.hpp"
#include "koobatch/core/error.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::cli {

/// The settings in force as the `settings` of a `run` line, for runs that go on. A usage error if it cannot hold one.
Result<std::string> record_settings(const std::vector<Setting>& settings);

/// Reads the `settings` of a `run` line back into the form flags have.
Result<Flags> parse_recorded(std::string_view settings);

/// The settings that the report's first segment was begun with. A usage error if it is no report.
Result<Flags> read_recorded(const std::filesystem::path& report);

}  // namespace koobatch::cli
