#pragma once
#include "cli/commands/command.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/report/record.hpp"

#include <tuple>

namespace koobatch::cli {

/// The settings of `resume`.
struct ResumeSettings {
  Presentation presentation;
  Running running;
  JobPlace place;

  auto parts() { return std::tie(presentation, running, place); }
};

/// Checks that a run started with the embedded service is resumed with it, and any other run is not: what one service
/// has done, the other has not.
Result<void> check_same_kind_of_service(const Flags& recorded, const Target& target);

/// Checks that the settings of `resume` are consistent, and completes them with what the report records of the job. All
/// errors are usage errors.
Result<engine::RunSettings> prepare_resume(const ResumeSettings& given, const Call& call,
                                           const report::RunRecord& recorded);

}  // namespace koobatch::cli
