#include "koobatch/report/journal_file.hpp"

#include "koobatch/core/new_file.hpp"
#include "koobatch/core/sync_folder.hpp"
#include "koobatch/core/write_all.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
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

/// A run that is under way fails here: what to do is free some space, or mend the disk, and go on.
Error run_error(const std::string& name, const char* what, int code) {
  const bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  return with_advice(system_error(ErrorKind::fatal, name, what, code),
                     fmt::format("{} and run '{}'", full ? "free some space" : "check the disk", resume_command(name)));
}

class PosixJournal : public JournalFile {
 public:
  PosixJournal(std::string name, int fd) : name_(std::move(name)), fd_(fd) {}
  ~PosixJournal() override { ::close(fd_); }
  PosixJournal(const PosixJournal&) = delete;
  PosixJournal& operator=(const PosixJournal&) = delete;

  Result<void> append(std::string_view bytes) override {
    if (const int code = write_all(fd_, bytes); code != 0) return run_error(name_, "write failed", code);
    return {};
  }

  Result<void> sync() override {
    if (uninterrupted([&] { return ::fdatasync(fd_); }) != 0) return run_error(name_, "fdatasync failed", errno);
    return {};
  }

  int descriptor() const { return fd_; }

 private:
  std::string name_;
  int fd_;
};

/// Removes a file when it goes out of scope, unless it was kept.
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
  return usage_error(
      fmt::format("{}: a report of this name exists already and is never overwritten; go on with it with '{}', or name "
                  "another one with --report",
                  path.native(), resume_command(path.native())));
}

Error creation_error(const fs::path& path, const char* what, int code) {
  return with_advice(system_error(ErrorKind::usage, path.native(), what, code),
                     "nothing was sent; choose another place with --report");
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

/// Nothing was sent yet, and there is no report to resume: the advice is another than in the middle of a run.
Result<void> write_first(int fd, const fs::path& report, std::string_view lines) {
  if (const int code = write_all(fd, lines); code != 0) return creation_error(report, "write failed", code);
  if (uninterrupted([&] { return ::fdatasync(fd); }) != 0) return creation_error(report, "fdatasync failed", errno);
  return {};
}

constexpr std::string_view harmless_in_shells =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+=:,@%";

std::string shell_quoted(const std::string& text) {
  if (!text.empty() && text.find_first_not_of(harmless_in_shells) == std::string::npos) return text;
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string quoted_argument(const std::string& path) {
  // A leading dash would be taken for a flag.
  return shell_quoted(path.starts_with('-') ? "./" + path : path);
}

}  // namespace

std::string resume_command(const std::string& path) {
  return "koobatch resume " + quoted_argument(path);
}

std::string retry_command(const std::string& path) {
  return "koobatch retry " + quoted_argument(path);
}

std::string report_command(const std::string& path) {
  return "koobatch report " + quoted_argument(path);
}

std::string status_command(const std::string& path) {
  return "koobatch status " + quoted_argument(path);
}

bool is_locked(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool locked = ::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(fd);
  return locked;
}

Result<void> check_free(const fs::path& path) {
  if (!path.has_filename()) return usage_error(path.native() + ": is not the name of a file; choose one with --report");
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    // Anything but "there is none" comes up again, with its cause, when the file is created.
    return {};
  }
  if (S_ISDIR(status.st_mode)) {
    return usage_error(path.native() + ": is a folder; name a report file in it with --report");
  }
  if (S_ISREG(status.st_mode)) return exists_error(path);
  return usage_error(path.native() + ": exists and is no regular file; name another report with --report");
}

Result<std::unique_ptr<JournalFile>> create_report(const fs::path& path, std::string_view first_lines) {
  if (auto free = check_free(path); !free) return free.error();
  auto created = open_temporary(path, 0644, O_APPEND);
  if (!created.file) return creation_error(path, "cannot create the report", errno);
  Removal temporary(created.path);
  auto journal = std::make_unique<PosixJournal>(path.native(), created.file.release());
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
  struct stat status {};
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
  // O_NONBLOCK: a pipe is refused instead of waited for. Regular files do not know it.
  const int fd = uninterrupted([&] { return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK); });
  if (fd < 0) {
    if (errno == EISDIR) return usage_error(name + ": is a folder; name the report file in it");
    return system_error(ErrorKind::usage, name, "cannot open the report to go on with it", errno);
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
  auto journal = std::make_unique<PosixJournal>(name_, std::exchange(fd_, -1));
  struct stat status {};
  if (::fstat(journal->descriptor(), &status) != 0) return run_error(name_, "cannot read its size", errno);
  if (static_cast<std::uint64_t>(status.st_size) < valid_bytes) {
    return usage_error(name_ + ": became shorter while it was read; something else is changing this report");
  }
  if (uninterrupted([&] { return ::ftruncate(journal->descriptor(), static_cast<off_t>(valid_bytes)); }) != 0) {
    return run_error(name_, "cannot cut off its torn end", errno);
  }
  if (auto synced = journal->sync(); !synced) return synced.error();
  return journal;
}

}  // namespace koobatch::report
