#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "sim/service.hpp"

#include <filesystem>

namespace koobatch::sim {

/// One line of the log: one operation request, or one that reads items.
struct LogEntry {
  WallTime time;             ///< when its head was read
  Duration since_start{};    ///< on the steady clock, so that rates can be checked exactly
  std::uint64_t connection;  ///< from 1, in order of acceptance
  int status;                ///< 0: no answer was given
  bool applied;
  std::string_view fault;  ///< the fault's kind; empty: none
};

/// Appends the line for `entry`, including its newline. Non-ASCII bytes in headers are replaced, because a log line is
/// JSON.
void append_log_line(std::string& out, const LogEntry& entry, const Request& request, const Judgement& judgement);

/// Writes the log in large pieces: the caller appends lines to buffer() and calls flush() from time to time.
class RequestLog {
 public:
  RequestLog() = default;  ///< not open: is_open() is false
  RequestLog(RequestLog&& other) noexcept;
  RequestLog& operator=(RequestLog&& other) noexcept;
  ~RequestLog();

  /// Empties the file. An error (usage) if it cannot be written.
  static Result<RequestLog> open(const std::filesystem::path& path);

  bool is_open() const { return fd_ >= 0; }
  std::string& buffer() { return buffer_; }
  /// Whether there is enough to write without waiting for more.
  bool full() const { return buffer_.size() >= 256 * 1024; }
  /// Writes what is pending. On failure, reports it once and closes the log: the simulation continues without it.
  void flush();

 private:
  int fd_ = -1;
  std::string path_;
  std::string buffer_;
};

}  // namespace koobatch::sim
