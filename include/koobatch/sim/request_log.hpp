#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/sim/service.hpp"

#include <filesystem>

namespace koobatch::sim {

/// One line of the log: one operation request.
struct LogEntry {
  WallTime time;             ///< when its head was read
  Duration since_start{};    ///< the same on the steady clock, so that rates can be checked exactly
  std::uint64_t connection;  ///< from 1, in order of acceptance
  int status;                ///< 0: no answer was given
  bool applied;
  std::string_view fault;  ///< kind; empty: none
};

/// Appends the line of `entry`, newline included. Bytes of headers that are not ASCII are replaced, since a log line is
/// JSON.
void append_log_line(std::string& out, const LogEntry& entry, const Request& request, const Judgement& judgement);

/// Writes the log, a large piece at a time: the caller appends lines to buffer() and calls flush() from time to time.
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
  /// Is there enough to write now, without waiting for more?
  bool full() const { return buffer_.size() >= 256 * 1024; }
  /// Writes what is pending. If that fails says so once and closes the log: the simulation goes on without it.
  void flush();

 private:
  int fd_ = -1;
  std::string path_;
  std::string buffer_;
};

}  // namespace koobatch::sim
