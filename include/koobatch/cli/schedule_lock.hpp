#pragma once
#include "koobatch/cli/options.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace koobatch::cli {

/// The lock of --lock: of several processes that name the same file one works, while this lives, and the others do not.
/// The file is created for its owner only, names the process, and stays behind empty: removing it would let two others
/// in, one by the old file and one by the new.
class ScheduleLock {
 public:
  /// Takes the lock, or nothing if another process has it. A usage error if the file cannot be used: one that holds
  /// anything else than a lock does is left as it is.
  static Result<std::optional<ScheduleLock>> try_take(const std::filesystem::path& path);
  ScheduleLock(ScheduleLock&& other) noexcept;
  ScheduleLock& operator=(ScheduleLock&&) = delete;
  ~ScheduleLock();

 private:
  explicit ScheduleLock(int fd) : fd_(fd) {}
  /// Writes who has it. 0, or the errno that says why it cannot.
  int sign();

  int fd_;  // -1: moved from
  bool signed_ = false;
};

/// The process that has the lock, as "process 4711"; "another process" if the file does not say.
std::string holder_of(const std::filesystem::path& path);

/// Tries until the lock is taken or `patience` is over; `stop`, asked in between, ends it early.
Result<std::optional<ScheduleLock>> wait_for_lock(const std::filesystem::path& path, Duration patience,
                                                  const std::function<bool()>& stop);

/// Does `work` while --lock is ours, or at once without one, and returns its exit status; or says why it was not done,
/// and returns that status.
int under_lock(const Options::Schedule& schedule, const std::function<int()>& work);

}  // namespace koobatch::cli
