#pragma once
#include "koobatch/core/boot_clock.hpp"
#include "koobatch/core/error.hpp"

#include <csignal>
#include <ctime>
#include <optional>

namespace koobatch::fleet {

/// Ends this process at a point in time, whatever it is doing then. The kernel does it, so that even a process that is
/// stopped, or gets no processor time, cannot do anything after that.
class KernelTimer {
 public:
  /// `signal`: what the kernel sends, for tests.
  static Result<KernelTimer> create(int signal = SIGKILL);
  KernelTimer(KernelTimer&& other) noexcept;
  KernelTimer& operator=(KernelTimer&&) = delete;
  ~KernelTimer();

  /// Replaces the time that was set before. A time in the past means now.
  void arm(BootTime at);
  void disarm();

 private:
  explicit KernelTimer(timer_t timer) : timer_(timer) {}
  std::optional<timer_t> timer_;
};

}  // namespace koobatch::fleet
