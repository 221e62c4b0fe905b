#pragma once
#include "cli/running/submission.hpp"
#include "cli/settings/setting.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/job/validator.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <variant>

/// The job that is handed over to an engine: all of it, or a part.
namespace koobatch::cli {

struct SubmittedJob {
  engine::RunSettings settings;
  job::Validation validation;
  std::optional<RunBefore> before{};
};

/// A job that is sent for the first time, validated. An exit status if the command ends there.
Result<std::variant<SubmittedJob, int>> new_job(engine::RunSettings settings);

/// The operations that failed or are unknown in the run that this report is about. An exit status if there are none.
Result<std::variant<SubmittedJob, int>> job_to_repeat(engine::RunSettings settings, const std::filesystem::path& report,
                                                      const Origins& origins);

/// The operations that have no result in the run that this report is about, which has ended. An exit status if there
/// are none.
Result<std::variant<SubmittedJob, int>> rest_of_job(engine::RunSettings settings, const std::filesystem::path& report,
                                                    const Origins& origins);

/// Until when workers of the run before, which has ended, may still be sending: some were lost, or what they had
/// recorded is. Nothing: none of them is.
std::optional<WallTime> sends_until(const RunBefore& before);

/// A trace prefix far from those that are taken: workers get the ones that follow a run's. The best of a few draws.
std::uint32_t draw_apart(std::span<const std::uint32_t> taken, const std::function<std::uint64_t()>& draw);

/// Describes the run of this job for its report, and for the engine at `url`. `about`: what the settings of the
/// submission say. An error (usage) if the file with its operations cannot be read again.
Result<Submission> describe_submission(const job::FileSource& source, SubmittedJob& job, fleet::RunDescription about,
                                       const std::string& url);

}  // namespace koobatch::cli
