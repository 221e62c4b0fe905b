#include "koobatch/cli/schedule_lock.hpp"

#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/output.hpp"
#include "koobatch/cli/signals.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/core/write_all.hpp"
#include "koobatch/observe/log.hpp"

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

namespace koobatch::cli {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto try_interval = 50ms;
/// More than the digits of any process and a line break.
constexpr std::size_t longest_content = 24;

Error lock_error(const fs::path& path, const char* what, int code) {
  return system_error(ErrorKind::usage, "--lock " + path.string(), what, code);
}

Error foreign_error(const fs::path& path) {
  return usage_error(
      fmt::format("--lock {}: this file is no lock, and is left as it is; name one that koobatch may "
                  "create for itself",
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
  struct stat status {};
  if (::fstat(fd, &status) != 0) return lock_error(path, "cannot be used", errno);
  if (!S_ISREG(status.st_mode) || !read_holder(content_of(fd))) return foreign_error(path);
  return {};
}

/// 0 if the lock is taken, else why not.
int lock_now(int fd) {
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

}  // namespace

Result<std::optional<ScheduleLock>> ScheduleLock::try_take(const fs::path& path) {
  // A link in a folder of everybody's may lead to any file of ours; a pipe would be waited for.
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  if (fd < 0)
    return lock_error(path, "cannot be opened; name a file in a folder that is there, for koobatch to create", errno);
  ScheduleLock lock(fd);
  if (auto ok = check_is_lock(path, fd); !ok) return ok.error();
  const int busy = lock_now(fd);
  if (busy == EWOULDBLOCK) return std::optional<ScheduleLock>();
  if (busy != 0) return lock_error(path, "cannot be locked; keep it on a file system that supports flock", busy);
  if (const int code = lock.sign(); code != 0) return lock_error(path, "cannot be written", code);
  return std::optional<ScheduleLock>(std::move(lock));
}

ScheduleLock::ScheduleLock(ScheduleLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), signed_(std::exchange(other.signed_, false)) {}

ScheduleLock::~ScheduleLock() {
  // What cannot be emptied names a process that has no lock any more, which nobody asks about.
  if (signed_) [[maybe_unused]]
    const int emptied = ::ftruncate(fd_, 0);
  if (fd_ >= 0) ::close(fd_);
}

int ScheduleLock::sign() {
  signed_ = true;
  return ::ftruncate(fd_, 0) != 0 ? errno : write_all(fd_, fmt::format("{}\n", ::getpid()));
}

std::string holder_of(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  const auto number = fd < 0 ? std::nullopt : read_holder(content_of(fd));
  if (fd >= 0) ::close(fd);
  return number && !number->empty() ? fmt::format("process {}", *number) : "another process";
}

Result<std::optional<ScheduleLock>> wait_for_lock(const fs::path& path, Duration patience,
                                                  const std::function<bool()>& stop) {
  const TimePoint end = Steady::now() + patience;
  for (;;) {
    auto taken = ScheduleLock::try_take(path);
    if (!taken || *taken || stop() || Steady::now() >= end) return taken;
    std::this_thread::sleep_for(try_interval);
  }
}

namespace {

/// The first signal while the lock was waited for is kept in `signal`.
Result<std::optional<ScheduleLock>> take_lock(const Options::Schedule& schedule, int& signal) {
  const SignalWatch signals;
  auto taken = wait_for_lock(schedule.lock, schedule.lock_wait, [&] { return signals.received() != 0; });
  signal = signals.received();
  return taken;
}

/// That another works is what a lock without a wait is for. Who waits wants the work done, and is told that it is not.
int say_taken(const Options::Schedule& schedule) {
  const std::string who = fmt::format("{} has the lock {}", holder_of(schedule.lock), schedule.lock);
  if (schedule.lock_wait != Duration::zero()) {
    return fail(fatal_error(fmt::format("{}, and kept it for longer than --lock-wait {}; nothing was done", who,
                                        format_duration(schedule.lock_wait))));
  }
  observe::log::print(spdlog::level::info, fmt::format("koobatch: {}; nothing was done", who));
  return exit_success;
}

}  // namespace

int under_lock(const Options::Schedule& schedule, const std::function<int()>& work) {
  if (schedule.lock.empty()) return work();
  int signal = 0;
  const auto lock = take_lock(schedule, signal);
  if (!lock) return fail(lock.error());
  if (signal != 0) {
    observe::log::print(spdlog::level::err, "koobatch: interrupted; nothing was done");
    return exit_by_signal + signal;
  }
  return *lock ? work() : say_taken(schedule);
}

}  // namespace koobatch::cli
