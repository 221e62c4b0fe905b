#pragma once
#include "koobatch/core/error.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace koobatch::report {

/// The few file operations a journal needs, so that tests can make any of them fail. Errors are final: the caller stops.
class JournalFile {
 public:
  virtual ~JournalFile() = default;
  /// Appends all of `bytes`. A short write that cannot be completed is an error (the cause, or "disk full").
  virtual Result<void> append(std::string_view bytes) = 0;
  /// fdatasync. After a failure nothing is known of what was appended since the last success; never call it again.
  virtual Result<void> sync() = 0;
};

/// Creates a new report: writes `first_lines` under a temporary name in the same folder, makes them durable, takes an
/// exclusive flock, gives the file its name (never replacing one that exists) and makes the folder durable.
/// An existing report is a usage error that names `koobatch resume`. The descriptor is O_CLOEXEC.
Result<std::unique_ptr<JournalFile>> create_report(const std::filesystem::path& path, std::string_view first_lines);

}  // namespace koobatch::report
