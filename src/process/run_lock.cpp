#include "koobatch/process/run_lock.hpp"

#include "koobatch/core/write_all.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <thread>
#include <utility>

namespace koobatch::process {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto try_interval = 50ms;
/// More than the digits of any process and a line break.
constexpr std::size_t longest_content = 24;

Error lock_error(const fs::path& path, const char* what, int code) {
  return system_error(ErrorKind::usage, path.string(), what, code);
}

Error foreign_error(const fs::path& path) {
  return usage_error(
      fmt::format("{}: this file is not a lock, and is left as it is; name one that koobatch may create for itself",
                  path.string()));
}

std::string content_of(int fd) {
  std::array<char, longest_content> bytes;
  const ssize_t got = ::pread(fd, bytes.data(), bytes.size(), 0);
  return {bytes.data(), static_cast<std::size_t>(std::max(got, ssize_t{0}))};
}

/// The number that a lock's file holds; empty if it holds nothing.
std::optional<std::string> read_holder(std::string content) {
  if (content.size() >= longest_content) return std::nullopt;
  if (content.ends_with('\n')) content.pop_back();
  if (content.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return content;
}

Result<void> check_is_lock(const fs::path& path, int fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return lock_error(path, "cannot be used", errno);
  if (!S_ISREG(status.st_mode) || !read_holder(content_of(fd))) return foreign_error(path);
  return {};
}

/// Returns 0 if the lock is taken, or an errno.
int lock_now(int fd) {
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

}  // namespace

Result<std::optional<RunLock>> RunLock::try_take(const fs::path& path) {
  // A link in a shared folder may lead to any file of ours; opening a pipe might block.
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  if (fd < 0)
    return lock_error(path, "cannot be opened; name a file in an existing folder, for koobatch to create", errno);
  RunLock lock(fd);
  if (auto ok = check_is_lock(path, fd); !ok) return ok.error();
  const int busy = lock_now(fd);
  if (busy == EWOULDBLOCK) return std::optional<RunLock>();
  if (busy != 0) return lock_error(path, "cannot be locked; keep it on a file system that supports flock", busy);
  if (const int code = lock.sign(); code != 0) return lock_error(path, "cannot be written", code);
  return std::optional<RunLock>(std::move(lock));
}

RunLock::RunLock(RunLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), signed_(std::exchange(other.signed_, false)) {}

RunLock::~RunLock() {
  // If this fails, the file names a process that no longer holds the lock, which is harmless: it is read only while the
  // lock is held.
  if (signed_) [[maybe_unused]]
    const int emptied = ::ftruncate(fd_, 0);
  if (fd_ >= 0) ::close(fd_);
}

int RunLock::sign() {
  signed_ = true;
  return ::ftruncate(fd_, 0) != 0 ? errno : write_all(fd_, fmt::format("{}\n", ::getpid()));
}

std::string holder_of(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  const auto number = fd < 0 ? std::nullopt : read_holder(content_of(fd));
  if (fd >= 0) ::close(fd);
  return number && !number->empty() ? fmt::format("process {}", *number) : "another process";
}

Result<std::optional<RunLock>> wait_for_lock(const fs::path& path, Duration patience,
                                             const std::function<bool()>& stop) {
  const TimePoint end = Steady::now() + patience;
  for (;;) {
    auto taken = RunLock::try_take(path);
    if (!taken || *taken || stop() || Steady::now() >= end) return taken;
    std::this_thread::sleep_for(try_interval);
  }
}

}  // namespace koobatch::process
