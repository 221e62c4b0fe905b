#pragma once
#include "cli/commands/command.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/plan/names.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace koobatch::cli {

/// What items amount to that nothing is desired of.
enum class ExtraItems : std::uint8_t { report, fail };

/// Of the command `plan`.
struct PlanSettings {
  Presentation presentation;
  JsonOutput output;
  JobFormat format;
  MetricsFileOptions metrics;
  std::filesystem::path state;  ///< empty: not given, as the other paths
  std::filesystem::path plan;
  std::filesystem::path show;
  std::filesystem::path html;
  std::string endpoint;
  std::vector<std::string> only;  ///< empty: all
  std::vector<std::string> max_changes;
  plan::Names names = plan::Names::unique;
  ExtraItems extra = ExtraItems::report;
  std::optional<Duration> max_state_age;
  bool exit_code = false;

  auto parts() { return std::tie(presentation, output, format, metrics); }
};

/// Makes a plan of two files, writes what is wanted, and returns the exit status. Precondition: both are named.
int make_plan(const PlanSettings& given, const Call& call);

}  // namespace koobatch::cli
