#include "koobatch/report/journal_file.hpp"

#include "koobatch/core/new_file.hpp"
#include "koobatch/core/spelling.hpp"
#include "koobatch/core/sync_folder.hpp"
#include "koobatch/core/write_all.hpp"
#include "koobatch/report/reader.hpp"

#include "report/loss.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

namespace koobatch::report {
namespace {

namespace fs = std::filesystem;

/// Repeats a system call while signals interrupt it.
template <class Call>
auto uninterrupted(Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

Error with_advice(Error error, const std::string& advice) {
  error.message += "; " + advice;
  return error;
}

/// An error in the middle of a run: the advice is to free some space, or to correct the problem with the disk, and
/// resume.
Error run_error(const std::string& name, const char* what, int code) {
  const bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  const char* advice = full            ? "free some space"
                       : code == EROFS ? "mount the file system writable again, and check the disk"
                                       : "check the disk";
  const NextStep step = {.command = CommandName::resume, .report = name};
  return with_next_step(
      with_advice(system_error(ErrorKind::fatal, name, what, code),
                  fmt::format("{}{} run '{}'", advice, code == EROFS ? ", then" : " and", spell(step))),
      step);
}

/// The absolute path: the run's working folder may be moved, too. The path as given if that folder no longer exists.
fs::path absolute(const std::string& name) {
  std::error_code error;
  auto path = fs::absolute(name, error);
  return error ? fs::path(name) : path;
}

std::string_view last_bytes(std::string_view bytes) {
  return bytes.substr(bytes.size() - std::min(bytes.size(), FileMemory::most_tail));
}

/// Includes the line break; empty if there is none.
std::string first_line_of(std::string_view text) {
  return std::string(text.substr(0, text.find('\n') + 1));
}

/// For a new file that holds `lines`.
FileMemory remember(std::string_view lines) {
  return {lines.size(), first_line_of(lines), std::string(last_bytes(lines))};
}

/// For the first `bytes` of a report.
FileMemory remember(const fs::path& report, std::uint64_t bytes) {
  constexpr std::size_t most_head = std::size_t{64} << 10;  // a `run` line is much shorter
  const auto tail = std::min<std::uint64_t>(bytes, FileMemory::most_tail);
  return {bytes, first_line_of(read_bytes(report, 0, most_head)), read_bytes(report, bytes - tail, tail)};
}

class PosixJournal : public JournalFile {
 public:
  /// Takes ownership of the descriptor. `memory` describes what the file holds.
  PosixJournal(std::string name, int fd, FileMemory memory)
      : name_(std::move(name)), path_(absolute(name_)), fd_(fd), memory_(std::move(memory)) {}
  ~PosixJournal() override { ::close(fd_); }
  PosixJournal(const PosixJournal&) = delete;
  PosixJournal& operator=(const PosixJournal&) = delete;

  Result<void> append(std::string_view bytes) override {
    if (auto same = check(); !same) return same;
    if (const int code = write_all(fd_, bytes); code != 0) return run_error(name_, "write failed", code);
    written_ += bytes.size();
    if (!bytes.empty()) tail_ = last_bytes(bytes);
    return {};
  }

  Result<void> sync() override {
    if (uninterrupted([&] { return ::fdatasync(fd_); }) != 0) return run_error(name_, "fdatasync failed", errno);
    // The name was checked before the group was appended; this detects changes to the file since.
    if (!is_as_left()) {
      if (auto same = check(); !same) return same;
    }
    if (written_ == 0) return {};
    memory_.bytes += std::exchange(written_, 0);
    std::swap(memory_.tail, tail_);
    return {};
  }

  Result<void> check() override {
    if (is_as_left() && is_in_place()) return {};
    // It may have been repaired between the two checks, as when a file is moved and linked back.
    auto loss = find_loss(fd_, path_, memory_, written_);
    if (!loss) return {};
    lost_ = true;
    gone_ = !loss->exists;
    return with_next_step(fatal_error(describe(*loss, name_)), next_step(*loss, name_));
  }

  bool lost() const override { return lost_; }

  Remains remains() const override {
    if (gone_) return {};
    const auto open_file = fmt::format("/proc/self/fd/{}", fd_);
    if (lost_) return {open_file, memory_.bytes};
    // The rest of a failed write or sync may become readable later, and counts then.
    return {named_ ? path_ : fs::path(open_file), no_limit};
  }

  void give_up_name() override {
    named_ = false;
    ::unlink(path_.c_str());
  }

  int descriptor() const { return fd_; }

 private:
  /// Whether the file has its length, and a name. Some file systems count no links: then check() decides by the name.
  bool is_as_left() {
    return !named_ || (::fstat(fd_, &open_) == 0 && open_.st_nlink != 0 &&
                       static_cast<std::uint64_t>(open_.st_size) == memory_.bytes + written_);
  }

  /// Whether the name leads to the file. It may do so through a symbolic link, through which a report may be resumed:
  /// what matters is that the results are found under the name.
  bool is_in_place() const {
    struct stat named{};
    return !named_ ||
           (::stat(path_.c_str(), &named) == 0 && named.st_dev == open_.st_dev && named.st_ino == open_.st_ino);
  }

  const std::string name_;  ///< as it was given
  const fs::path path_;
  const int fd_;
  FileMemory memory_;          ///< the file when it was last found intact
  std::uint64_t written_ = 0;  ///< bytes appended since then
  std::string tail_;           ///< the end of what was appended since then
  struct stat open_{};         ///< the open file when it was last checked
  bool named_ = true;
  bool lost_ = false;
  bool gone_ = false;  ///< lost, and accessible only through this descriptor
};

/// Removes a file at the end of the scope, unless it was kept.
class Removal {
 public:
  explicit Removal(fs::path path) : path_(std::move(path)) {}
  ~Removal() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Removal(const Removal&) = delete;
  Removal& operator=(const Removal&) = delete;
  void keep() { path_.clear(); }

 private:
  fs::path path_;
};

Error exists_error(const fs::path& path) {
  const NextStep step = {.command = CommandName::resume, .report = path.native()};
  return with_next_step(
      usage_error(fmt::format("{}: a report of this name exists already and is never overwritten; resume it with '{}', "
                              "or name another one with {}",
                              path.native(), spell(step), spell(SettingName::report))),
      step);
}

Error creation_error(const fs::path& path, const char* what, int code) {
  return with_advice(system_error(ErrorKind::usage, path.native(), what, code),
                     "nothing was sent; choose another place with " + spell(SettingName::report));
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

Result<void> lock(const std::string& name, int fd) {
  if (uninterrupted([&] { return ::flock(fd, LOCK_EX | LOCK_NB); }) == 0) return {};
  if (errno == EWOULDBLOCK) {
    return usage_error(name + ": another koobatch is working on this report; wait for it to end, or stop it first");
  }
  return with_advice(system_error(ErrorKind::usage, name, "cannot lock the report", errno),
                     "two runs must never share one, so keep it on a file system that supports flock");
}

/// Nothing was sent yet, and there is no report to resume: the advice differs from that in the middle of a run.
Result<void> write_first(int fd, const fs::path& report, std::string_view lines) {
  if (const int code = write_all(fd, lines); code != 0) return creation_error(report, "write failed", code);
  if (uninterrupted([&] { return ::fdatasync(fd); }) != 0) return creation_error(report, "fdatasync failed", errno);
  return {};
}

}  // namespace

std::string resume_command(const std::string& path) {
  return spell({.command = CommandName::resume, .report = path});
}

std::string retry_command(const std::string& path) {
  return spell({.command = CommandName::retry, .report = path});
}

std::string report_command(const std::string& path) {
  return spell({.command = CommandName::report, .report = path});
}

std::string status_command(const std::string& path) {
  return spell({.command = CommandName::status, .report = path});
}

bool is_locked(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool locked = ::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(fd);
  return locked;
}

Result<void> check_free(const fs::path& path) {
  if (!path.has_filename())
    return usage_error(
        fmt::format("{}: is not the name of a file; choose one with {}", path.native(), spell(SettingName::report)));
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) {
    // Any other error recurs, with its cause, when the file is created.
    return {};
  }
  if (S_ISDIR(status.st_mode)) {
    return usage_error(
        fmt::format("{}: is a folder; name a report file in it with {}", path.native(), spell(SettingName::report)));
  }
  if (S_ISREG(status.st_mode)) return exists_error(path);
  return usage_error(fmt::format("{}: exists and is not a regular file; name another report with {}", path.native(),
                                 spell(SettingName::report)));
}

Result<std::unique_ptr<JournalFile>> create_report(const fs::path& path, std::string_view first_lines,
                                                   bool is_private) {
  if (auto free = check_free(path); !free) return free.error();
  auto created = open_temporary(path, is_private ? 0600 : 0644, O_APPEND);
  if (!created.file) return creation_error(path, "cannot create the report", errno);
  Removal temporary(created.path);
  auto journal = std::make_unique<PosixJournal>(path.native(), created.file.release(), remember(first_lines));
  const int fd = journal->descriptor();
  if (auto written = write_first(fd, path, first_lines); !written) return written.error();
  if (auto locked = lock(path.native(), fd); !locked) return locked.error();
  if (!rename_new(created.path, path)) {
    return errno == EEXIST ? exists_error(path) : creation_error(path, "cannot name the report", errno);
  }
  temporary.keep();
  Removal named(path);
  if (const int code = sync_folder(folder_of(path)); code != 0) {
    return creation_error(path, "cannot make the report's folder durable", code);
  }
  named.keep();
  return journal;
}

fs::path numbered_name(const fs::path& report, unsigned number) {
  constexpr std::string_view ending = ".report.ndjson";
  std::string name = report.native();
  if (number == 1) return name;
  const auto place = name.ends_with(ending) ? name.size() - ending.size() : name.size();
  return name.insert(place, fmt::format("-{}", number));
}

bool is_taken(const fs::path& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0;
}

Result<std::unique_ptr<JournalFile>> create_numbered_report(fs::path& path, std::string_view first_lines) {
  const fs::path wanted = path;
  for (unsigned number = 1;; ++number) {
    path = numbered_name(wanted, number);
    auto created = create_report(path, first_lines);
    if (created || !is_taken(path)) return created;
  }
}

Result<LockedReport> LockedReport::open(const fs::path& path) {
  const std::string& name = path.native();
  // O_NONBLOCK: opening a pipe fails instead of blocking. It has no effect on regular files.
  const int fd = uninterrupted([&] { return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK); });
  if (fd < 0) {
    if (errno == EISDIR) return usage_error(name + ": is a folder; name the report file in it");
    return open_error(name, errno);
  }
  LockedReport report(name, fd);
  if (auto locked = lock(name, fd); !locked) return locked.error();
  return report;
}

LockedReport::~LockedReport() {
  if (fd_ >= 0) ::close(fd_);
}

LockedReport::LockedReport(LockedReport&& other) noexcept
    : name_(std::move(other.name_)), fd_(std::exchange(other.fd_, -1)) {}

Result<std::unique_ptr<JournalFile>> LockedReport::append_from(std::uint64_t valid_bytes) && {
  auto journal = std::make_unique<PosixJournal>(name_, std::exchange(fd_, -1), remember(name_, valid_bytes));
  struct stat status{};
  if (::fstat(journal->descriptor(), &status) != 0) return run_error(name_, "cannot read its size", errno);
  if (static_cast<std::uint64_t>(status.st_size) < valid_bytes) {
    return usage_error(name_ + ": became shorter while it was read; something else is changing this report");
  }
  if (uninterrupted([&] { return ::ftruncate(journal->descriptor(), static_cast<off_t>(valid_bytes)); }) != 0) {
    return run_error(name_, "cannot cut off its torn end", errno);
  }
  if (auto synced = journal->sync(); !synced) return synced.error();
  if (auto same = journal->check(); !same) return same.error();
  return journal;
}

}  // namespace koobatch::report
