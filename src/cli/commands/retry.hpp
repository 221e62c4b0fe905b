#pragma once
#include "cli/commands/command.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/report/record.hpp"

#include <string>
#include <tuple>

namespace koobatch::cli {

/// The settings of `retry`.
struct RetrySettings {
  Presentation presentation;
  Running running;
  JobPlace place;
  std::string report;  ///< FILE or DIR/; empty: a name derived from the old one

  auto parts() { return std::tie(presentation, running, place); }
};

/// Checks that the settings of `retry` are consistent, and completes them with what the report records of the job. All
/// errors are usage errors.
Result<engine::RunSettings> prepare_retry(const RetrySettings& given, const Call& call,
                                          const report::RunRecord& recorded);

}  // namespace koobatch::cli
