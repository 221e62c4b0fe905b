#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/retry/selection.hpp"

#include <filesystem>

namespace koobatch::retry {

/// Writes the selected records of `job` to the new file `to` (mode 0600, because a job may be confidential), in UTF-8.
/// Its name decides on the format (.ndjson, .csv; any other name: the job's own) and on the compression (.gz, .zst). In
/// the job's own format, whole records are copied byte for byte and those with omitted fields re-encoded, and a CSV job
/// keeps its header; in another one, or if it takes `settings.reading` to read the job, all are encoded anew. An
/// existing file is a usage error, and so is a value that the other format cannot express; after any error the new file
/// is removed. Preconditions: `settings` expect the validated job from which the selection was made, and have no
/// defaults for user and language.
Result<void> write_failed_job(const std::filesystem::path& job, const job::ReaderSettings& settings,
                              const Selection& selection, const std::filesystem::path& to);

}  // namespace koobatch::retry
