#pragma once
#include "cli/commands/command.hpp"
#include "cli/running/state_reading.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/plan/names.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace koobatch::cli {

/// What items amount to not mentioned in the desired state.
enum class ExtraItems : std::uint8_t { report, fail };

/// Of the command `plan`.
struct PlanSettings {
  Presentation presentation;
  JsonOutput output;
  JobFormat format;
  StateReading reading;         ///< if no file has the state
  std::filesystem::path state;  ///< empty: not given, as the other paths
  std::filesystem::path plan;
  std::filesystem::path show;
  std::filesystem::path html;
  std::vector<std::string> only;  ///< empty: all
  std::vector<std::string> max_changes;
  plan::Names names = plan::Names::unique;
  ExtraItems extra = ExtraItems::report;
  std::optional<Duration> max_state_age;
  bool exit_code = false;

  const MetricsFileOptions& metrics() const { return reading.sending.metrics.file; }
  auto parts() { return std::tie(presentation, output, format, reading, reading.sending.metrics.file); }
};

/// Makes a plan of the desired state and the present one, which is read from the service unless a file has it, writes
/// what is wanted, and returns the exit status. Precondition: the desired state is named.
int make_plan(const PlanSettings& given, const Call& call);

}  // namespace koobatch::cli
