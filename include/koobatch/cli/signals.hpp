#pragma once
#include <atomic>
#include <functional>
#include <thread>

namespace koobatch::cli {

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
  /// Waits for the first signal.
  int wait() const;

 private:
  void listen();

  const std::function<void()> leaving_;
  std::atomic<int> first_{0};
  int signals_;  ///< signalfd
  int stop_;     ///< eventfd
  std::thread thread_;
};

}  // namespace koobatch::cli
