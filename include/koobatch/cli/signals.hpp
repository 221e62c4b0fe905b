#pragma once
#include <atomic>
#include <functional>
#include <thread>

namespace koobatch::cli {

/// From here on SIGUSR1 is no reason to end: it waits until somebody watches for it. To be called before any thread is
/// started.
void defer_questions();

/// Lives while SIGINT and SIGTERM mean "come to an end": the first is noted, a second leaves the process at once, with
/// 128 + its number. Create it before other threads, which inherit that these signals are blocked.
class SignalWatch {
 public:
  /// `leaving`: done before a second signal ends the process; must not take time.
  explicit SignalWatch(std::function<void()> leaving = {});
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  /// The first signal, or 0.
  int received() const { return first_.load(); }
  /// Did somebody ask for the status (SIGUSR1) since the last call?
  bool take_question() { return asked_.exchange(false); }
  /// Waits for the first signal.
  int wait() const;

 private:
  void listen();

  const std::function<void()> leaving_;
  std::atomic<int> first_{0};
  std::atomic<bool> asked_{false};
  int signals_;  ///< signalfd
  int stop_;     ///< eventfd
  std::thread thread_;
};

}  // namespace koobatch::cli
