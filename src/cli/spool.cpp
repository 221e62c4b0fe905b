#include "koobatch/cli/spool.hpp"

#include "koobatch/core/write_all.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koobatch::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t chunk = std::size_t{256} << 10;
/// How long a signal may go unnoticed while nothing arrives.
constexpr int patience_ms = 100;

Error read_error(int code) {
  return system_error(ErrorKind::usage, standard_input_name, "cannot be read; nothing was sent", code);
}

Error write_error(const fs::path& path, int code) {
  return system_error(
      ErrorKind::usage, path.string(),
      "cannot keep a copy of standard input there; nothing was sent, choose another place with --report", code);
}

/// Whether there is something to read, or the end, or an error that read() will tell.
bool wait_for_input(int fd) {
  pollfd watched{fd, POLLIN, 0};
  return ::poll(&watched, 1, patience_ms) != 0 && watched.revents != 0;
}

}  // namespace

fs::path spool_path(const fs::path& report) {
  fs::path path = report;
  path += ".job";
  return path;
}

Spool::Spool(fs::path path, int fd, bool remove) : path_(std::move(path)), fd_(fd), remove_(remove) {}

Spool::Spool(Spool&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), remove_(std::exchange(other.remove_, false)) {}

Spool::~Spool() {
  if (fd_ >= 0) ::close(fd_);
  if (remove_) ::unlink(path_.c_str());
}

Result<Spool> Spool::beside(const fs::path& report) {
  const fs::path path = spool_path(report);
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0) return Spool(path, fd, true);
  if (errno != EEXIST) return write_error(path, errno);
  return usage_error(fmt::format(
      "{}: exists already, and standard input would be kept there; it is the job of the run whose report is "
      "{}; without that report no run needs it: remove it, or name another report with --report",
      path.string(), report.string()));
}

Result<Spool> Spool::temporary() {
  std::error_code error;
  const auto folder = fs::temp_directory_path(error);
  if (error) {
    return usage_error("no folder for temporary files, and standard input would be kept in it; set TMPDIR to one");
  }
  std::string name = (folder / "koobatch-XXXXXX").string();
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);  // mode 0600
  if (fd < 0) {
    return system_error(ErrorKind::usage, folder.string(),
                        "cannot keep a copy of standard input there, set TMPDIR to another folder", errno);
  }
  ::unlink(name.c_str());
  return Spool(fmt::format("/proc/self/fd/{}", fd), fd, false);
}

Result<bool> Spool::fill(int input, const std::function<bool()>& stop) {
  std::vector<char> buffer(chunk);
  for (;;) {
    if (stop()) return false;
    if (!wait_for_input(input)) continue;
    const ssize_t got = ::read(input, buffer.data(), buffer.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return read_error(errno);
    if (got == 0) break;
    const int code = write_all(fd_, {buffer.data(), static_cast<std::size_t>(got)});
    if (code != 0) return write_error(path_, code);
  }
  if (::fdatasync(fd_) != 0) return write_error(path_, errno);
  return true;
}

}  // namespace koobatch::cli
