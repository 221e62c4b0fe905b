#include "fleet/commit_events.hpp"

#include <algorithm>
#include <chrono>

namespace koobatch::fleet {
namespace {

constexpr auto retry_interval = std::chrono::milliseconds(200);

}  // namespace

std::vector<PartProgress> CommitEvents::progress_with(std::span<const std::uint32_t> lines) {
  return book_.progress_with(lines, BootClock::now());
}

void CommitEvents::acknowledged() {
  if (renewal_) lease_.acknowledged(*renewal_);
  renewal_.reset();
}

bool CommitEvents::wait_to_try_again() {
  const TimePoint end = Steady::now() + retry_interval;
  MutexLock lock(mutex_);
  while (end < give_up_at_ && lock.wait_until(changed_, end)) {
  }
  return Steady::now() < give_up_at_;
}

void CommitEvents::give_up_after(Duration patience) {
  {
    const MutexLock lock(mutex_);
    give_up_at_ = std::min(give_up_at_, Steady::now() + patience);
  }
  changed_.notify_all();
}

}  // namespace koobatch::fleet
