// A library to be preloaded into the binary under test: the machine is stopped together with its clocks, as a virtual
// machine that is paused, or whose snapshot is taken. KOOBATCH_STOPPED_CLOCKS="N:WALL:FILE":
//   N     just before the Nth request is sent, the process writes it to FILE and stops until SIGCONT. For it, the time
//         until then does not pass: its clocks are late by it from then on, and no timer of the kernel fires meanwhile
//   WALL  late: so is the wall clock. right: the wall clock is set right as it continues, as by a time service
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace {

constexpr std::int64_t second = 1'000'000'000;

struct Stop {
  long at = 0;
  bool wall_is_set_right = false;
  std::string file;
};

const Stop& stop() {
  static const Stop parsed = [] {
    Stop one;
    const char* text = std::getenv("KOOBATCH_STOPPED_CLOCKS");
    if (text == nullptr) return one;
    const std::string all = text;
    const auto first = all.find(':');
    const auto next = all.find(':', first + 1);
    one.at = std::atol(text);
    one.wall_is_set_right = all.substr(first + 1, next - first - 1) == "right";
    one.file = all.substr(next + 1);
    return one;
  }();
  return parsed;
}

// By how much the clocks are late. Odd versions: they are stopped.
std::atomic<std::uint64_t> version{0};
std::atomic<std::int64_t> late{0};

// Held while the kernel's timer is set, and while the process is stopped.
std::mutex timer_mutex;
std::optional<timer_t> timer;
itimerspec timer_setting{};

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

std::int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * second + time.tv_nsec;
}

timespec as_timespec(std::int64_t time) {
  return {.tv_sec = time / second, .tv_nsec = time % second};
}

std::int64_t true_time(clockid_t clock) {
  timespec time{};
  ::syscall(SYS_clock_gettime, clock, &time);
  return nanoseconds(time);
}

bool is_late(clockid_t clock) {
  if (clock == CLOCK_REALTIME) return !stop().wall_is_set_right;
  return clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME;
}

/// A time of ours on the kernel's clock.
timespec for_the_kernel(clockid_t clock, const timespec& time) {
  return is_late(clock) ? as_timespec(nanoseconds(time) + late) : time;
}

int set_timer(const itimerspec& setting) {
  static const auto real = next<int (*)(timer_t, int, const itimerspec*, itimerspec*)>("timer_settime");
  itimerspec shifted = setting;
  const bool armed = nanoseconds(setting.it_value) != 0;
  if (armed) shifted.it_value = for_the_kernel(CLOCK_BOOTTIME, setting.it_value);
  return real(*timer, armed ? TIMER_ABSTIME : 0, &shifted, nullptr);
}

void note(const void* request, std::size_t size) {
  const std::string unfinished = stop().file + ".tmp";
  const int fd = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || ::write(fd, request, size) != static_cast<ssize_t>(size)) ::abort();
  ::close(fd);
  if (::rename(unfinished.c_str(), stop().file.c_str()) != 0) ::abort();
}

void stop_with_clocks() {
  const std::lock_guard lock(timer_mutex);
  if (timer) set_timer({});
  ++version;
  const std::int64_t stopped = true_time(CLOCK_BOOTTIME);
  ::raise(SIGSTOP);
  late += true_time(CLOCK_BOOTTIME) - stopped;
  ++version;
  if (timer) {
    const itimerspec setting = timer_setting;
    set_timer(setting);
  }
}

/// Other than what a database is asked.
bool is_http_request(const void* bytes, std::size_t size) {
  const std::string_view text(static_cast<const char*>(bytes), size);
  return text.substr(0, text.find('\r')).ends_with(" HTTP/1.1");
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  if (!is_late(clock)) return static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  for (;;) {
    const std::uint64_t before = version;
    const std::int64_t now = true_time(clock) - late;
    if (before % 2 == 0 && version == before) {
      *time = as_timespec(now);
      return 0;
    }
    ::usleep(100);
  }
}

extern "C" int timer_create(clockid_t clock, sigevent* event, timer_t* created) noexcept {
  static const auto real = next<int (*)(clockid_t, sigevent*, timer_t*)>("timer_create");
  const std::lock_guard lock(timer_mutex);
  const int failed = real(clock, event, created);
  if (failed == 0) timer = *created;
  timer_setting = {};
  return failed;
}

extern "C" int timer_delete(timer_t deleted) noexcept {
  static const auto real = next<int (*)(timer_t)>("timer_delete");
  const std::lock_guard lock(timer_mutex);
  if (timer == deleted) timer.reset();
  return real(deleted);
}

extern "C" int timer_settime(timer_t, int, const itimerspec* setting, itimerspec*) noexcept {
  const std::lock_guard lock(timer_mutex);
  timer_setting = *setting;
  return set_timer(*setting);
}

extern "C" int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                                      const timespec* until) {
  static const auto real =
      next<int (*)(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*)>("pthread_cond_clockwait");
  const timespec shifted = for_the_kernel(clock, *until);
  return real(condition, mutex, clock, &shifted);
}

extern "C" ssize_t send(int fd, const void* bytes, size_t size, int flags) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t, int)>("send");
  static std::atomic<long> requests{0};
  if (is_http_request(bytes, size) && ++requests == stop().at) {
    note(bytes, size);
    stop_with_clocks();
  }
  return real(fd, bytes, size, flags);
}
