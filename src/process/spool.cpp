#include "koobatch/process/spool.hpp"

#include "koobatch/core/spelling.hpp"
#include "koobatch/core/write_all.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koobatch::process {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t chunk = std::size_t{256} << 10;
/// How long a signal may go unnoticed while nothing arrives.
constexpr int patience_ms = 100;

Error read_error(const std::string& source, int code) {
  return system_error(ErrorKind::usage, source, "cannot be read; nothing was sent", code);
}

Error write_error(const fs::path& path, const std::string& source, int code) {
  return system_error(ErrorKind::usage, path.string(),
                      fmt::format("cannot keep a copy of {} there; nothing was sent, choose another place with {}",
                                  source, spell(SettingName::report)),
                      code);
}

/// The descriptor that a path stands for in the folders of this process's own; -1 if it is another path.
int descriptor_of(const fs::path& path) {
  if (path == standard_input_argument || path == "/dev/stdin") return STDIN_FILENO;
  const auto folder = path.parent_path();
  if (folder != "/dev/fd" && folder != "/proc/self/fd") return -1;
  const auto name = path.filename().string();
  int number = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : -1;
}

/// Whether there is something to read, or the end, or an error that read() will report.
bool wait_for_input(int fd) {
  pollfd watched{fd, POLLIN, 0};
  return ::poll(&watched, 1, patience_ms) != 0 && watched.revents != 0;
}

}  // namespace

bool is_stream(const fs::path& job) {
  if (descriptor_of(job) >= 0) return true;
  struct stat info{};
  if (::stat(job.c_str(), &info) != 0) return false;
  if (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode)) return true;
  if (!S_ISCHR(info.st_mode)) return false;
  const Descriptor terminal(::open(job.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  return terminal && ::isatty(terminal.get()) == 1;
}

std::string stream_name(const fs::path& job) {
  return job == standard_input_argument ? standard_input_name : job.string();
}

Result<Descriptor> open_stream(const fs::path& job) {
  const int passed = descriptor_of(job);
  // Without blocking: opening a pipe would wait for its writer, deaf to signals. Spool::fill() waits.
  Descriptor opened(passed >= 0 ? ::fcntl(passed, F_DUPFD_CLOEXEC, 0)
                                : ::open(job.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!opened) return read_error(stream_name(job), errno);
  return opened;
}

fs::path spool_path(const fs::path& report) {
  fs::path path = report;
  path += ".job";
  return path;
}

Spool::Spool(fs::path path, std::string source, int fd, bool remove)
    : path_(std::move(path)), source_(std::move(source)), fd_(fd), remove_(remove) {}

Spool::Spool(Spool&& other) noexcept
    : path_(std::move(other.path_)),
      source_(std::move(other.source_)),
      fd_(std::exchange(other.fd_, -1)),
      remove_(std::exchange(other.remove_, false)) {}

Spool::~Spool() {
  if (fd_ >= 0) ::close(fd_);
  if (remove_) ::unlink(path_.c_str());
}

Result<Spool> Spool::beside(const fs::path& report, std::string source) {
  const fs::path path = spool_path(report);
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0) return Spool(path, std::move(source), fd, true);
  if (errno != EEXIST) return write_error(path, source, errno);
  return usage_error(
      fmt::format("{}: exists already, and {} would be kept there; it is the job of the run whose report is {}; "
                  "without that report no run needs it: remove it, or name another report with {}",
                  path.string(), source, report.string(), spell(SettingName::report)));
}

Result<Spool> Spool::temporary(std::string source) {
  std::error_code error;
  const auto folder = fs::temp_directory_path(error);
  if (error) {
    return usage_error(
        fmt::format("no folder for temporary files, and {} would be kept in it; set TMPDIR to one", source));
  }
  std::string name = (folder / "koobatch-XXXXXX").string();
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);  // mode 0600
  if (fd < 0) {
    return system_error(ErrorKind::usage, folder.string(),
                        fmt::format("cannot keep a copy of {} there, set TMPDIR to another folder", source), errno);
  }
  ::unlink(name.c_str());
  return Spool(fmt::format("/proc/self/fd/{}", fd), std::move(source), fd, false);
}

Result<bool> Spool::fill(int input, const std::function<bool()>& stop) {
  std::vector<char> buffer(chunk);
  for (;;) {
    if (stop()) return false;
    if (!wait_for_input(input)) continue;
    const ssize_t got = ::read(input, buffer.data(), buffer.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return read_error(source_, errno);
    if (got == 0) break;
    const int code = write_all(fd_, {buffer.data(), static_cast<std::size_t>(got)});
    if (code != 0) return write_error(path_, source_, code);
  }
  if (::fdatasync(fd_) != 0) return write_error(path_, source_, errno);
  return true;
}

bool Spool::is_in_place() const {
  struct stat open{}, named{};
  return ::fstat(fd_, &open) == 0 && ::stat(path_.c_str(), &named) == 0 && open.st_dev == named.st_dev &&
         open.st_ino == named.st_ino;
}

}  // namespace koobatch::process
