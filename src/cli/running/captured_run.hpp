#pragma once
#include "cli/settings/setting.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/plan/captured_results.hpp"
#include "koobatch/plan/effects.hpp"
#include "koobatch/report/record.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace koobatch::cli {

/// Where the files of a run are now, if they have been moved. Empty: where the report says.
struct MovedFiles {
  std::filesystem::path job;
  std::filesystem::path operations;
};

/// Whether the run has recorded what its items were before, see plan::Captures.
Result<bool> is_captured(const report::RunRecord& run);

struct CapturedRun {
  std::string endpoint;
  std::unique_ptr<plan::Effects> effects;
};

/// What a captured run, and those that it repeats, have done to items, as far as they recorded what these were before.
/// `run`: the first line of the report. An error (job) says why reports or job cannot be used.
Result<CapturedRun> read_captured_run(const std::filesystem::path& report, const report::RunRecord& run,
                                      const MovedFiles& moved, const Origins& origins, const plan::OnLoss& on_loss);

}  // namespace koobatch::cli
