#include "postgres/waiting.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <new>

namespace koobatch::postgres {
namespace {

/// In milliseconds, rounded up, so that what has to happen at `until` is not looked for too early again and again.
int timeout_until(TimePoint until) {
  using std::chrono::milliseconds;
  const auto left = std::chrono::ceil<milliseconds>(until - Steady::now());
  return static_cast<int>(std::clamp(left, milliseconds(0), milliseconds(std::chrono::hours(1))).count());
}

}  // namespace

// Nothing works without descriptors, as without memory.
Interrupt::Interrupt() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw std::bad_alloc();
}

void Interrupt::interrupt() {
  // Takes it unless the counter is full, and then it is readable already.
  [[maybe_unused]] const int ignored = ::eventfd_write(event_.get(), 1);
}

bool Interrupt::is_interrupted() const {
  pollfd event{.fd = event_.get(), .events = POLLIN, .revents = 0};
  return ::poll(&event, 1, 0) == 1;
}

Woken Interrupt::wait(std::vector<pollfd>& polled, TimePoint until) const {
  polled.push_back({.fd = event_.get(), .events = POLLIN, .revents = 0});
  int count = 0;
  do {
    count = ::poll(polled.data(), polled.size(), timeout_until(until));
  } while ((count < 0 && errno == EINTR) || (count == 0 && Steady::now() < until));
  const bool interrupted = polled.back().revents != 0;
  polled.pop_back();
  if (interrupted) return Woken::interrupted;
  return count > 0 ? Woken::ready : Woken::late;
}

Woken Interrupt::wait(int fd, short events, TimePoint until) const {
  std::vector<pollfd> polled = {{.fd = fd, .events = events, .revents = 0}};
  return wait(polled, until);
}

}  // namespace koobatch::postgres
