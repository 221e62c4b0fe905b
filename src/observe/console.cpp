#include "koobatch/observe/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace koobatch::observe {
namespace {

/// To the first column, and the rest of the row erased (ECMA-48, EL).
constexpr std::string_view erase_row = "\r\x1b[K";

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
  const std::lock_guard guard(mutex_);
  buffer_.clear();
  if (!status_.empty()) buffer_.append(erase_row);
  buffer_.append(line).append("\n").append(status_);
  write(buffer_);
}

void Console::set_status(std::string_view status) {
  const std::lock_guard guard(mutex_);
  if (status == status_) return;
  status_ = status;
  buffer_.assign(erase_row).append(status_);
  write(buffer_);
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
