#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/report/record.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace koobatch::report {

/// The few file operations that a journal needs, as an interface, so that tests can make any of them fail. Errors are
/// final: the caller stops.
///
/// An open descriptor survives changes to its file: a report that was removed, moved, replaced, emptied or written by
/// another program could be written to as if nothing had happened. So append() and sync() check that the file
/// still has its name and the length at which they left it. If not, they return an error that says what happened, and
/// leave the file as it is.
class JournalFile {
 public:
  virtual ~JournalFile() = default;
  /// Appends all of `bytes`. A short write that cannot be completed is an error (its cause, or "disk full").
  virtual Result<void> append(std::string_view bytes) = 0;
  /// Calls fdatasync(). After a failure the state of everything appended since the last success is unknown; never call
  /// it again.
  virtual Result<void> sync() = 0;
  /// Checks the file as append() does, for periods in which nothing is appended. Two system calls.
  virtual Result<void> check() { return {}; }
  /// Whether the error was that the file, or its name, has been changed by something else.
  virtual bool lost() const { return false; }
  /// What remains of a report. Readable during the lifetime of its journal.
  struct Remains {
    std::filesystem::path path;  ///< empty: it no longer exists
    std::uint64_t bytes = 0;     ///< no more were recorded
  };
  /// Precondition: an operation has failed.
  virtual Remains remains() const { return {}; }
  /// The results that are durable, if the journal counts them: then it need not be readable.
  virtual std::optional<Counts> recorded() const { return std::nullopt; }
  /// Removes the file's name: the file exists as long as the journal, and its name is no longer checked.
  virtual void give_up_name() {}
};

/// Creates a new report: writes `first_lines` under a temporary name in the same folder, makes them durable, takes an
/// exclusive flock, gives the file its name (without replacing an existing one) and makes the folder durable. An
/// existing report is a usage error that names `koobatch resume`. The descriptor is O_CLOEXEC. The mode is 0644 less
/// the umask: a report holds names and identifiers but no secrets, and is meant for other tools, too. `is_private`: it
/// is 0600, because everything that users have is in it.
///
/// The temporary file, `.koobatch-<pid>-<n>.tmp`, is removed on every failure; only a killed process leaves one behind.
Result<std::unique_ptr<JournalFile>> create_report(const std::filesystem::path& path, std::string_view first_lines,
                                                   bool is_private = false);

/// "a.20261121T170000Z-2.report.ndjson" for "a.20261121T170000Z.report.ndjson" and 2; the name unchanged for 1.
std::filesystem::path numbered_name(const std::filesystem::path& report, unsigned number);

/// Creates a report whose name was not chosen by the user, as create_report() does: while the name is taken, it tries
/// the next number. `path` becomes the final name.
Result<std::unique_ptr<JournalFile>> create_numbered_report(std::filesystem::path& path, std::string_view first_lines);

/// Whether anything has this name.
bool is_taken(const std::filesystem::path& path);

/// Checks for obstacles to a new report at `path`, as far as they can be detected beforehand: a usage error.
Result<void> check_free(const std::filesystem::path& path);

/// An existing report, locked: no other process can resume it during the lifetime of this object, or of the journal
/// made from it. Lock first, then scan(): a report read before that may have grown since.
class LockedReport {
 public:
  /// A usage error if the report does not exist, cannot be written, or is locked by another koobatch. Does not wait.
  static Result<LockedReport> open(const std::filesystem::path& path);
  ~LockedReport();
  LockedReport(LockedReport&& other) noexcept;
  LockedReport& operator=(LockedReport&&) = delete;

  /// Truncates the report to `valid_bytes` (Scan::valid_bytes), makes that durable, and turns the locked file into a
  /// journal that appends from there. Everything before that point is durable then, so a `sync` line may open the new
  /// segment.
  Result<std::unique_ptr<JournalFile>> append_from(std::uint64_t valid_bytes) &&;

 private:
  LockedReport(std::string name, int fd) : name_(std::move(name)), fd_(fd) {}

  std::string name_;
  int fd_;  // -1: handed over
};

/// Whether a process is at work on this report.
bool is_locked(const std::filesystem::path& path);

/// `koobatch resume PATH`, with the path quoted for a shell if necessary.
std::string resume_command(const std::string& path);
/// `koobatch retry PATH` and so on, likewise quoted.
std::string retry_command(const std::string& path);
std::string report_command(const std::string& path);
std::string status_command(const std::string& path);

}  // namespace koobatch::report
