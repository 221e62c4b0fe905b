#include "fleet/kernel_timer.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <utility>

namespace koobatch::fleet {
namespace {

timespec as_timespec(BootTime time) {
  const auto since_boot = time.time_since_epoch();
  const auto whole = std::chrono::floor<std::chrono::seconds>(since_boot);
  return {.tv_sec = whole.count(), .tv_nsec = (since_boot - whole).count()};
}

}  // namespace

Result<KernelTimer> KernelTimer::create(int signal) {
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = signal;
  timer_t timer{};
  if (::timer_create(CLOCK_BOOTTIME, &event, &timer) != 0) {
    return system_error(ErrorKind::fatal, "timer_create", "there is no timer for the end of the lease", errno);
  }
  return KernelTimer(timer);
}

KernelTimer::KernelTimer(KernelTimer&& other) noexcept : timer_(std::exchange(other.timer_, std::nullopt)) {}

KernelTimer::~KernelTimer() {
  if (timer_) ::timer_delete(*timer_);
}

void KernelTimer::arm(BootTime at) {
  // Zero would disarm it.
  const itimerspec setting{.it_interval = {}, .it_value = as_timespec(std::max(at, BootTime(Duration(1))))};
  [[maybe_unused]] const int failed = ::timer_settime(*timer_, TIMER_ABSTIME, &setting, nullptr);
  assert(failed == 0);
}

void KernelTimer::disarm() {
  const itimerspec never{};
  [[maybe_unused]] const int failed = ::timer_settime(*timer_, 0, &never, nullptr);
  assert(failed == 0);
}

}  // namespace koobatch::fleet
