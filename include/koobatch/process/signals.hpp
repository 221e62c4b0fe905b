#pragma once
#include <atomic>
#include <functional>
#include <thread>

namespace koobatch::process {

/// Exit status of a process that a signal ended, once the signal's number is added.
constexpr int exit_by_signal = 128;

/// Blocks SIGUSR1, which would end the process: it stays pending until a SignalWatch reads it. Call it before any
/// thread is started.
void defer_questions();

/// While it lives, SIGINT, SIGTERM and SIGHUP ask for an orderly end: the first is noted, a second exits the process
/// immediately with 128 + its number, except that a SIGHUP never does. A SIGHUP that the process was started to ignore,
/// as under nohup, stays ignored. Create it before other threads, which inherit that these signals are blocked.
class SignalWatch {
 public:
  /// `before_exit`: called on the watching thread before a second signal exits the process; must not block.
  explicit SignalWatch(std::function<void()> before_exit = {});
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  /// The first signal, or 0.
  int received() const { return first_.load(); }
  /// Whether the status was asked for (SIGUSR1) since the last call.
  bool take_question() { return asked_.exchange(false); }
  /// Blocks until the first signal, and returns it.
  int wait() const;

 private:
  void listen();

  const std::function<void()> before_exit_;
  std::atomic<int> first_{0};
  std::atomic<bool> asked_{false};
  int signals_;  ///< signalfd
  int stop_;     ///< eventfd
  std::thread thread_;
};

}  // namespace koobatch::process
