#pragma once
#include "process.hpp"
#include "screen.hpp"

#include <sys/types.h>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace koobatch::test {

/// A process on a terminal of its own: all its output goes to the screen. Killed and reaped at destruction.
class Terminal {
 public:
  Terminal(std::vector<std::string> command, std::size_t width, Screen::Resizing resizing,
           const Process::Environment& environment = {});
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  const Screen& screen() const { return screen_; }
  /// All bytes received so far.
  const std::string& output() const { return output_; }
  void resize(std::size_t width);
  void signal(int number) const;
  /// Reads until `is_so` returns true. False if the process ended, or a minute passed, before that.
  bool wait_until(const std::function<bool(const Screen&)>& is_so);
  /// Reads everything until the process ends; returns its exit status.
  int wait();

 private:
  bool read_some(std::chrono::milliseconds patience);

  Screen screen_;
  std::string output_;
  int fd_ = -1;
  pid_t pid_ = -1;
};

}  // namespace koobatch::test
