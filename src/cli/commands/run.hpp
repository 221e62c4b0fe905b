#pragma once
#include "cli/commands/command.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"

#include <optional>
#include <string>
#include <tuple>

namespace koobatch::cli {

/// The settings of `run`.
struct RunCommandSettings {
  Presentation presentation;
  Running running;
  std::string report;  ///< FILE or DIR/; empty: a name derived from the job's
  bool dry_run = false;
  std::string expect;  ///< see PlanApproval

  auto parts() { return std::tie(presentation, running); }
};

/// Checks that the settings of `run` are consistent, and completes them with what depends on job and time. All errors
/// are usage errors.
Result<engine::RunSettings> prepare_run(const RunCommandSettings& given, const Call& call, WallTime now);

}  // namespace koobatch::cli
