#pragma once
#include "cli/settings/groups.hpp"
#include "cli/settings/setting.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/report/record.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::cli {

/// Renders the settings in force as the `settings` of a `run` line, for resuming the run. A usage error if one cannot
/// be recorded.
Result<std::string> record_settings(const std::vector<Setting>& settings);

/// Recorded settings less one.
std::string without_recorded(std::string_view settings, std::string_view option);

/// Parses the `settings` of a `run` line into the form of flags.
Result<Flags> parse_recorded(std::string_view settings);

/// Stores those of the recorded settings that belong to one of the groups: for commands that look at a run's job and do
/// not continue the run. A usage error if one cannot be read.
Result<void> store_recorded(std::string_view settings, const Groups& groups);

/// The first line of a report. A usage error if it is not one.
Result<report::RunRecord> read_run_line(const std::filesystem::path& report);
/// The settings in it.
Result<Flags> read_recorded(const std::filesystem::path& report);

}  // namespace koobatch::cli
