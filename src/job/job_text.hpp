#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/line_splitter.hpp"
#include "koobatch/job/reader.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace koobatch::job {

/// A job file down to its lines.
struct JobText {
  LineSplitter lines;
  std::string name;                ///< what messages call the job
  std::vector<std::string> notes;  ///< see Reader::notes()
};

/// Opens a job file: finds out whether it is compressed, how it is encoded and how its lines end. An error (job) if it
/// is certainly no text. `record`: see open_job().
Result<JobText> open_text(const std::filesystem::path& path, const ReaderSettings& settings, Fingerprint* record);

/// An error (job) if the text is of another format than the settings say.
Result<void> check_format(JobText& text, const ReaderSettings& settings);

}  // namespace koobatch::job
