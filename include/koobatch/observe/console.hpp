#pragma once
#include "koobatch/core/mutex.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace koobatch::observe {

/// Standard error, shared by log lines, messages and the progress bar: each line is written whole, above the bar, which
/// is then redrawn below it. Thread-safe. Write errors are ignored: there is nowhere left to report them.
class Console {
 public:
  /// The caller keeps ownership of `fd`.
  explicit Console(int fd);

  /// Whether a line can be redrawn: not in pipes and files, nor on a dumb terminal.
  bool is_terminal() const { return terminal_; }
  /// The terminal's present width in columns; 80 if unknown.
  std::size_t width() const;

  /// Writes one line and adds the newline.
  void print(std::string_view line);
  /// Shows `status` below everything printed, replacing the previous one; an empty one removes it. Precondition:
  /// is_terminal(). It is cut off at the end of the row.
  void set_status(std::string_view status);
  /// Removes the status for good before the process exits immediately, unless that might block.
  void leave();

 private:
  void append_status() REQUIRES(mutex_);
  void write(std::string_view text);

  const int fd_;
  const bool terminal_;
  Mutex mutex_;
  std::string status_ GUARDED_BY(mutex_);
  std::size_t drawn_width_ GUARDED_BY(mutex_) = 0;  ///< the terminal's, when the status was drawn
  bool is_left_ GUARDED_BY(mutex_) = false;
  std::string buffer_ GUARDED_BY(mutex_);  ///< one write() per change keeps other processes' lines out, too
};

}  // namespace koobatch::observe
