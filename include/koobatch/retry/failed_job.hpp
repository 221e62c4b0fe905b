#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/retry/selection.hpp"

#include <filesystem>

namespace koobatch::retry {

/// Writes the selected records of `job` to the new file `to` (mode 0600, for a job may hold what others must not read),
/// in the job's format but not compressed: byte for byte where they are whole, written anew where fields are left out.
/// A CSV job keeps its header. An existing file is a usage error; after any error the new file is gone.
Result<void> write_failed_job(const std::filesystem::path& job, const job::ReaderSettings& settings,
                              const job::Digest& expected, const Selection& selection, const std::filesystem::path& to);

}  // namespace koobatch::retry
