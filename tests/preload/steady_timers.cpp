// A library to be preloaded before libfaketime, which shifts the absolute times of all timers, those of steady clocks
// too (0.9.10): with the clock set back, a timer set to fire at once would fire after that many hours of uptime, and
// whoever sleeps on it would hang.
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

extern "C" int timerfd_settime(int fd, int flags, const itimerspec* time, itimerspec* former) noexcept {
  return static_cast<int>(::syscall(SYS_timerfd_settime, fd, flags, time, former));
}
