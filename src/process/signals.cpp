#include "koobatch/process/signals.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace koobatch::process {
namespace {

/// Whether SIGHUP was ignored when this process was started, as nohup does: then it must survive its terminal.
bool survives_hangup() {
  struct sigaction action{};
  return ::sigaction(SIGHUP, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  if (!survives_hangup()) sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

void defer_questions() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

SignalWatch::SignalWatch(std::function<void()> before_exit) : before_exit_(std::move(before_exit)) {
  sigset_t set = ending_signals();
  sigaddset(&set, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC);
  stop_ = ::eventfd(0, EFD_CLOEXEC);
  if (signals_ < 0 || stop_ < 0) throw std::runtime_error("no file descriptor left to watch for signals");
  thread_ = std::thread([this] { listen(); });
}

SignalWatch::~SignalWatch() {
  const std::uint64_t one = 1;
  // An eventfd takes this unless its counter is full, and it was 0.
  [[maybe_unused]] const auto written = ::write(stop_, &one, sizeof one);
  thread_.join();
  ::close(signals_);
  ::close(stop_);
  const sigset_t set = ending_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

int SignalWatch::wait() const {
  first_.wait(0);
  return first_.load();
}

void SignalWatch::listen() {
  std::array<pollfd, 2> watched = {{{signals_, POLLIN, 0}, {stop_, POLLIN, 0}}};
  for (;;) {
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;
    if (watched[1].revents != 0) return;
    signalfd_siginfo info{};
    if (::read(signals_, &info, sizeof info) != sizeof info) continue;
    const int number = static_cast<int>(info.ssi_signo);
    if (number == SIGUSR1) {
      asked_.store(true);
      continue;
    }
    // A terminal that is closed may send several, and they do not ask for an immediate exit.
    if (first_.load() != 0 && number == SIGHUP) continue;
    if (first_.load() != 0) {
      if (before_exit_) before_exit_();
      ::_exit(exit_by_signal + number);
    }
    first_.store(number);
    first_.notify_all();
  }
}

}  // namespace koobatch::process
