#include "koobatch/observe/console.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace koobatch::observe {
namespace {

/// Moves to the first column and erases everything after it, rows below included (ECMA-48, ED).
constexpr std::string_view erase = "\r\x1b[J";
/// Cuts off what does not fit into the row instead of wrapping it (DECAWM).
constexpr std::string_view no_wrap = "\x1b[?7l";
constexpr std::string_view wrap = "\x1b[?7h";

bool can_redraw(int fd) {
  const char* const kind = std::getenv("TERM");
  return ::isatty(fd) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

}  // namespace

Console::Console(int fd) : fd_(fd), terminal_(can_redraw(fd)) {}

std::size_t Console::width() const {
  constexpr std::size_t usual = 80;
  winsize size{};
  return ::ioctl(fd_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual;
}

void Console::print(std::string_view line) {
  const MutexLock guard(mutex_);
  buffer_.clear();
  if (!status_.empty()) buffer_.append(erase);
  buffer_.append(line).append("\n");
  append_status();
  write(buffer_);
}

void Console::set_status(std::string_view status) {
  const MutexLock guard(mutex_);
  if (is_left_) return;
  const std::size_t columns = width();
  if (status == status_ && (status.empty() || columns == drawn_width_)) return;
  drawn_width_ = columns;
  status_ = status;
  buffer_.assign(erase);
  append_status();
  write(buffer_);
}

void Console::leave() {
  // Who holds it is about to write, or blocked in that, perhaps for ever.
  constexpr int attempts = 50;
  constexpr std::chrono::milliseconds pause{2};
  for (int failed = 0; !mutex_.try_lock();) {
    if (++failed == attempts) return;
    std::this_thread::sleep_for(pause);
  }
  pollfd ready{fd_, POLLOUT, 0};
  if (!status_.empty() && ::poll(&ready, 1, 0) == 1) write(erase);
  status_.clear();
  is_left_ = true;
  mutex_.unlock();
}

/// The cursor is left in the first column: when a narrower terminal wraps the row into several, it stays in the first
/// of them, and all of them can be erased.
void Console::append_status() {
  if (!status_.empty()) buffer_.append(no_wrap).append(status_).append(wrap).append("\r");
}

void Console::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace koobatch::observe
