#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/line_splitter.hpp"
#include "koobatch/job/reader.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace koobatch::job {

/// A job file, opened down to its lines.
struct JobText {
  LineSplitter lines;
  std::string name;                ///< the job's name in messages
  std::vector<std::string> notes;  ///< see Reader::notes()
};

/// Opens a job file: determines how it is compressed and encoded, and how its lines end. An error (job) if it is
/// certainly not a text. `record`: see open_job().
Result<JobText> open_text(const std::filesystem::path& path, const ReaderSettings& settings, Fingerprint* record);

/// Returns an error (job) if the text is evidently not of the format in the settings.
Result<void> check_format(JobText& text, const ReaderSettings& settings);

}  // namespace koobatch::job
