#pragma once
#include "koobatch/core/error.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace koobatch::report {

/// The few file operations a journal needs, so that tests can make any of them fail. Errors are final: the caller
/// stops.
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
/// An existing report is a usage error that names `koobatch resume`. The descriptor is O_CLOEXEC. The mode is 0644 less
/// the umask: a report holds names and identifiers but no secrets, and is made to be read by others' tools.
///
/// The temporary file, `.koobatch-<pid>-<n>.tmp`, is removed on every failure; only a process that is killed meanwhile
/// leaves one behind.
Result<std::unique_ptr<JournalFile>> create_report(const std::filesystem::path& path, std::string_view first_lines);

/// "a.20261121T170000Z-2.report.ndjson" for "a.20261121T170000Z.report.ndjson" and 2; for 1 the name as it is.
std::filesystem::path numbered_name(const std::filesystem::path& report, unsigned number);

/// The same for a report that nobody named: for as long as another has the name, the next number goes into it. `path`
/// becomes the name it got.
Result<std::unique_ptr<JournalFile>> create_numbered_report(std::filesystem::path& path, std::string_view first_lines);

/// Whether there is something of this name.
bool is_taken(const std::filesystem::path& path);

/// What stands in the way of a new report at `path`, as far as one can see beforehand: a usage error.
Result<void> check_free(const std::filesystem::path& path);

/// An existing report that no other process can go on with while this object, or the journal made of it, lives. Lock
/// first, then scan(): what was read before the lock may have been added to since.
class LockedReport {
 public:
  /// A usage error if the report does not exist, cannot be written, or is held by another koobatch; returns at once.
  static Result<LockedReport> open(const std::filesystem::path& path);
  ~LockedReport();
  LockedReport(LockedReport&& other) noexcept;
  LockedReport& operator=(LockedReport&&) = delete;

  /// Cuts the report at `valid_bytes` (Scan::valid_bytes), makes that durable, and hands the locked file over as a
  /// journal that appends from there. All before that point is then durable, so a `sync` line may open the new segment.
  Result<std::unique_ptr<JournalFile>> append_from(std::uint64_t valid_bytes) &&;

 private:
  LockedReport(std::string name, int fd) : name_(std::move(name)), fd_(fd) {}

  std::string name_;
  int fd_;  // -1: handed over
};

/// Is a process at work on this report just now?
bool is_locked(const std::filesystem::path& path);

/// `koobatch resume PATH`, with the path quoted for a shell if it needs to be.
std::string resume_command(const std::string& path);
/// The same with `retry`, `report` and `status`.
std::string retry_command(const std::string& path);
std::string report_command(const std::string& path);
std::string status_command(const std::string& path);

}  // namespace koobatch::report
