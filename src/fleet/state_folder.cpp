#include "koobatch/fleet/state_folder.hpp"

#include "fleet/worker_memory.hpp"
#include "koobatch/core/sync_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <utility>

namespace koobatch::fleet {
namespace {

namespace fs = std::filesystem;

constexpr const char* file_name = "state";
constexpr std::string_view unknown = "-";
constexpr unsigned most_workers = 256;  ///< of one user on one machine, with folders named by themselves
/// As long as any ID.
constexpr std::size_t longest_id = 64;

/// File systems that only this machine can use, so that a lock there excludes everybody. On any other, it is not known
/// who else may hold it.
constexpr std::array<std::uint32_t, 12> local_file_systems = {
    EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC,    TMPFS_MAGIC, OVERLAYFS_SUPER_MAGIC,
    F2FS_SUPER_MAGIC, RAMFS_MAGIC,     REISERFS_SUPER_MAGIC,
    0x2fc12fc1,  // ZFS
    0x3153464a,  // JFS
    0xca451a4e,  // bcachefs
    0x61756673,  // aufs, of older containers
};

Error state_error(const fs::path& path, const char* what, int code) {
  return system_error(ErrorKind::usage, path.string(), what, code);
}

/// The first word of a file; `unknown` if it cannot be read.
std::string word_or_unknown(const fs::path& path) {
  std::string word;
  std::ifstream(path) >> word;
  const bool plain = word.size() <= longest_id && std::ranges::all_of(word, [](char c) {
                       return c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
                     });
  return plain && !word.empty() ? word : std::string(unknown);
}

Result<void> check_local(const fs::path& folder) {
  struct statfs status{};
  if (::statfs(folder.c_str(), &status) != 0) return state_error(folder, "cannot be used", errno);
  const auto type = static_cast<std::uint32_t>(status.f_type);
  if (std::ranges::find(local_file_systems, type) != local_file_systems.end()) return {};
  return usage_error(
      fmt::format("{}: not on a local disk (file system {:#x}), so a lock there does not prove that an earlier "
                  "worker is dead; name a folder on a disk of this machine",
                  folder.string(), type));
}

Result<Place> read_place(const fs::path& path, int fd, const MachineFiles& files) {
  struct statx status{};
  if (::statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_INO | STATX_BTIME, &status) != 0) {
    return state_error(path, "cannot be used", errno);
  }
  if (!S_ISREG(status.stx_mode)) return usage_error(path.string() + ": not a regular file; name another folder");
  Place place{
      .machine = word_or_unknown(files.machine_id), .boot = word_or_unknown(files.boot_id), .inode = status.stx_ino};
  if ((status.stx_mask & STATX_BTIME) != 0) {
    place.birth = status.stx_btime.tv_sec * 1'000'000'000 + status.stx_btime.tv_nsec;
  }
  return place;
}

/// Returns 0 if the lock is taken, or an errno.
int lock_now(int fd) {
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

std::string content_of(int fd) {
  std::string bytes(2 * slot_bytes + 1, '\0');
  const ssize_t got = ::pread(fd, bytes.data(), bytes.size(), 0);
  bytes.resize(static_cast<std::size_t>(std::max(got, ssize_t{0})));
  return bytes;
}

/// Whether a file without a valid slot may be one whose first write was cut off.
bool may_be_torn(std::string_view content) {
  if (content.size() > 2 * slot_bytes) return false;
  const auto text = content.find_first_not_of('\0');
  return text == std::string_view::npos || content.substr(text).starts_with(slot_magic);
}

/// Why a slot was not written here; empty if it was.
std::string_view why_foreign(const Place& written, const Place& here) {
  if (written.machine != here.machine) return "another machine";
  if (written.inode != here.inode || written.birth != here.birth) return "another folder";
  return {};
}

}  // namespace

StateFolder::StateFolder(fs::path path, Descriptor file, Place place)
    : path_(std::move(path)), file_(std::move(file)), place_(std::move(place)) {}

Result<std::unique_ptr<StateFolder>> StateFolder::try_open(const fs::path& folder, const MachineFiles& files) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return state_error(folder, "cannot be created", failed.value());
  if (auto local = check_local(folder); !local) return local.error();
  const auto path = folder / file_name;
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  if (!file) return state_error(path, "cannot be opened", errno);
  const int busy = lock_now(file.get());
  if (busy == EWOULDBLOCK) return std::unique_ptr<StateFolder>();
  if (busy != 0) return state_error(path, "cannot be locked", busy);
  auto place = read_place(path, file.get(), files);
  if (!place) return place.error();
  std::unique_ptr<StateFolder> state(new StateFolder(folder, std::move(file), std::move(*place)));
  if (auto loaded = state->load(); !loaded) return loaded.error();
  return state;
}

Result<std::unique_ptr<StateFolder>> StateFolder::open(const fs::path& folder) {
  auto state = try_open(folder);
  if (!state || *state) return state;
  return usage_error(folder.string() + ": another worker uses this folder; give each worker a folder of its own");
}

Result<std::unique_ptr<StateFolder>> StateFolder::open_free(const fs::path& base) {
  for (unsigned number = 1; number <= most_workers; ++number) {
    auto state = try_open(number == 1 ? base : fs::path(fmt::format("{}-{}", base.string(), number)));
    if (!state || *state) return state;
  }
  return usage_error(
      fmt::format("{}: {} workers use folders with this name; choose another", base.string(), most_workers));
}

/// Reads what an earlier process left. Precondition: the lock is held.
Result<void> StateFolder::load() {
  const auto content = content_of(file_.get());
  const auto slot = newest_slot(content);
  const auto file = path_ / file_name;
  if (!slot && !may_be_torn(content)) {
    return usage_error(file.string() + ": not written by a worker, and left as it is; name another folder");
  }
  const MutexLock lock(mutex_);
  if (!slot) return write(std::nullopt, true);
  if (const auto origin = why_foreign(slot->place, place_); !origin.empty()) {
    return usage_error(
        fmt::format("{}: written on or copied from {}, where its worker may still be running; remove this file, or "
                    "name another folder",
                    file.string(), origin));
  }
  sequence_ = slot->sequence;
  // A machine without an ID may be any, unless it has been running all the while.
  const bool running_since = place_.boot != unknown && place_.boot == slot->place.boot;
  const bool known = place_.machine != unknown || running_since;
  if (known) earlier_ = memory_ = slot->memory;
  return {};
}

Result<void> StateFolder::remember(const WorkerMemory& memory) {
  const MutexLock lock(mutex_);
  return write(memory, true);
}

Result<void> StateFolder::acknowledged(GroupNumber group) {
  const MutexLock lock(mutex_);
  if (!memory_ || memory_->group >= group) return {};
  auto memory = *memory_;
  memory.group = group;
  return write(memory, false);
}

Result<void> StateFolder::forget() {
  const MutexLock lock(mutex_);
  return write(std::nullopt, true);
}

Result<void> StateFolder::write(const std::optional<WorkerMemory>& memory, bool durably) {
  const auto path = path_ / file_name;
  const auto bytes = encode({sequence_ + 1, place_, memory});
  const auto at = static_cast<off_t>((sequence_ + 1) % 2 * slot_bytes);
  ssize_t written = 0;
  do {
    written = ::pwrite(file_.get(), bytes.data(), bytes.size(), at);
  } while (written < 0 && errno == EINTR);
  if (written != static_cast<ssize_t>(bytes.size())) {
    return system_error(ErrorKind::fatal, path.string(), "cannot be written", written < 0 ? errno : ENOSPC);
  }
  ++sequence_;
  memory_ = memory;
  if (!durably) return {};
  if (::fdatasync(file_.get()) != 0) return system_error(ErrorKind::fatal, path.string(), "cannot be written", errno);
  if (const int code = sync_folder(path_); code != 0) {
    return system_error(ErrorKind::fatal, path_.string(), "cannot be written", code);
  }
  return {};
}

fs::path default_state_folder() {
  const auto variable = [](const char* name) {
    return std::string_view(std::getenv(name) != nullptr ? std::getenv(name) : "");
  };
  if (const auto given = variable("STATE_DIRECTORY"); !given.empty()) {
    return fs::path(given.substr(0, given.find(':'))) / "worker";
  }
  if (const auto given = variable("XDG_STATE_HOME"); given.starts_with('/')) return fs::path(given) / "koobatch/worker";
  if (const auto home = variable("HOME"); home.starts_with('/')) return fs::path(home) / ".local/state/koobatch/worker";
  return {};
}

}  // namespace koobatch::fleet
