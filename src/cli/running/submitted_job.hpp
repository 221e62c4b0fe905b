#pragma once
#include "cli/running/submission.hpp"
#include "cli/settings/setting.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/job/validator.hpp"

#include <filesystem>
#include <optional>
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

/// Describes the run of this job for its report, and for the engine at `url`. `about`: what the settings of the
/// submission say. An error (usage) if the file with its operations cannot be read again.
Result<Submission> describe_submission(const job::FileSource& source, SubmittedJob& job, fleet::RunDescription about,
                                       const std::string& url);

}  // namespace koobatch::cli
