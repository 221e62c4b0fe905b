#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace koobatch::process {

/// A lock between processes that name the same file: one of them holds it at a time, for the lifetime of this object.
/// The file is created for its owner only, names the holder, and remains, empty: removing it would let two other
/// processes in, one through the old file and one through the new.
class RunLock {
 public:
  /// Takes the lock, or returns nothing if another process holds it. A usage error, which begins with the path, if the
  /// file cannot be used: a file that holds anything but a lock's content is left as it is.
  static Result<std::optional<RunLock>> try_take(const std::filesystem::path& path);
  RunLock(RunLock&& other) noexcept;
  RunLock& operator=(RunLock&&) = delete;
  ~RunLock();

 private:
  explicit RunLock(int fd) : fd_(fd) {}
  /// Writes the number of this process into the file. Returns 0, or the errno of what failed.
  int sign();

  int fd_;  // -1: moved from
  bool signed_ = false;
};

/// The process that holds the lock, as "process 4711"; "another process" if the file does not say.
std::string holder_of(const std::filesystem::path& path);

/// Tries until the lock is taken or `patience` is over; `stop`, called between the attempts, ends the wait early.
Result<std::optional<RunLock>> wait_for_lock(const std::filesystem::path& path, Duration patience,
                                             const std::function<bool()>& stop);

}  // namespace koobatch::process
