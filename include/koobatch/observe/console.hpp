#pragma once
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

namespace koobatch::observe {

/// Standard error, as shared by log lines, messages and the progress bar: a line is written whole, above the bar, and
/// the bar is drawn again below it. Thread-safe. Write errors are ignored: there is nobody left to tell.
class Console {
 public:
  /// `fd` stays the caller's.
  explicit Console(int fd);

  /// Can a line be drawn over? Not in pipes and files, nor on a terminal that says it is dumb.
  bool is_terminal() const { return terminal_; }
  /// Columns of the terminal at this moment; 80 if it does not say.
  std::size_t width() const;

  /// Writes one line; the newline is added.
  void print(std::string_view line);
  /// Puts `status` below everything printed, in place of the one before; empty takes it away. Only for a terminal. Of
  /// what does not fit in one row the end is not shown.
  void set_status(std::string_view status);
  /// Takes the status away before the process ends in a hurry: not if that could take time.
  void leave();

 private:
  void append_status();
  void write(std::string_view text);

  const int fd_;
  const bool terminal_;
  std::mutex mutex_;
  std::string status_;
  std::size_t drawn_width_ = 0;  ///< of the terminal, when the status was drawn
  std::string buffer_;           ///< one write() a change, so that other processes' lines do not come in between either
};

}  // namespace koobatch::observe
