#include "terminal.hpp"

#include "exec_words.hpp"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string_view>

namespace koobatch::test {

using namespace std::chrono_literals;

Terminal::Terminal(std::vector<std::string> command, std::size_t width, Screen::Resizing resizing,
                   const Process::Environment& environment)
    : screen_(width, resizing) {
  auto changes = environment;
  changes.emplace("TERM", "xterm-256color");
  auto inherited = environment_with(changes, "CI");
  auto variables = pointers_to(inherited);
  auto arguments = pointers_to(command);
  winsize size{};
  size.ws_row = 24;
  size.ws_col = static_cast<unsigned short>(width);
  pid_ = ::forkpty(&fd_, nullptr, nullptr, &size);
  if (pid_ < 0) throw std::runtime_error("forkpty failed");
  if (pid_ == 0) {
    ::execve(arguments[0], arguments.data(), variables.data());
    ::_exit(127);
  }
}

Terminal::~Terminal() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(fd_);
}

/// Like a real terminal, arranges its rows first and then notifies the process.
void Terminal::resize(std::size_t width) {
  screen_.resize(width);
  winsize size{};
  size.ws_row = 24;
  size.ws_col = static_cast<unsigned short>(width);
  ::ioctl(fd_, TIOCSWINSZ, &size);
}

void Terminal::signal(int number) const {
  ::kill(pid_, number);
}

/// False at the end, or if there was nothing.
bool Terminal::read_some(std::chrono::milliseconds patience) {
  pollfd ready{fd_, POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>(patience.count())) != 1) return false;
  char bytes[4096];
  const ssize_t count = ::read(fd_, bytes, sizeof bytes);
  if (count <= 0) return false;
  const std::string_view text(bytes, static_cast<std::size_t>(count));
  output_.append(text);
  screen_.write(text);
  return true;
}

bool Terminal::wait_until(const std::function<bool(const Screen&)>& is_so) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!is_so(screen_)) {
    if (std::chrono::steady_clock::now() > deadline || !read_some(60s)) return false;
  }
  return true;
}

int Terminal::wait() {
  while (read_some(120s)) {
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace koobatch::test
