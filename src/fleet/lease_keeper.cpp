#include "fleet/lease_keeper.hpp"

#include <algorithm>
#include <cassert>

namespace koobatch::fleet {
namespace {

using namespace std::chrono_literals;

/// How long threads may take to confirm before they are asked again.
constexpr auto withdraw_patience = 50ms;
/// After a suspension, waiting would otherwise take as much longer.
constexpr Duration longest_wait = 100ms;

class SystemClocks final : public LeaseClocks {
 public:
  BootTime now() const override { return BootClock::now(); }
  WallTime x_date(std::optional<Duration> offset) const override {
    if (!offset) return WallClock::now();
    return WallTime(std::chrono::duration_cast<WallClock::duration>(Steady::now().time_since_epoch() + *offset));
  }
};

}  // namespace

const LeaseClocks& system_clocks() {
  static const SystemClocks clocks;
  return clocks;
}

LeaseKeeper::LeaseKeeper(Duration length, Alarm& alarm, const LeaseClocks& clocks)
    : clocks_(clocks), alarm_(alarm), lease_(length) {}

bool LeaseKeeper::admits(WallTime dated) {
  const MutexLock lock(mutex_);
  // Asked even while closed: the lease learns from it how requests are dated.
  const bool may = lease_.may_send(clocks_.now(), dated);
  return may && !closed_;
}

Lease::Renewal LeaseKeeper::begin_renewal() {
  std::optional<Duration> offset;
  {
    const MutexLock lock(sender_mutex_);
    if (sender_ != nullptr) offset = sender_->service_clock();
  }
  const MutexLock lock(mutex_);
  return lease_.begin_renewal(clocks_.now(), clocks_.x_date(offset));
}

void LeaseKeeper::acknowledged(const Lease::Renewal& renewal) {
  {
    const MutexLock lock(mutex_);
    if (terminated_ || !lease_.acknowledged(renewal)) return;
    if (lease_.is_over(clocks_.now())) return;
    alarm_.arm(lease_.end());
    armed_ = true;
    closed_ = false;
  }
  changed_.notify_all();
  const MutexLock lock(sender_mutex_);
  if (sender_ != nullptr) sender_->release();
}

void LeaseKeeper::terminate() {
  {
    const MutexLock lock(mutex_);
    terminated_ = closed_ = true;
    lease_.terminate();
  }
  changed_.notify_all();
}

void LeaseKeeper::engage(Sender& sender) {
  const MutexLock lock(sender_mutex_);
  sender_ = &sender;
}

void LeaseKeeper::disengage() {
  const MutexLock lock(sender_mutex_);
  sender_ = nullptr;
}

BootTime LeaseKeeper::next_deadline() const {
  const MutexLock lock(mutex_);
  if (!armed_) return BootTime::max();
  return terminated_ ? BootTime::min() : lease_.stand_down_at();
}

bool LeaseKeeper::stand_down_if_due() {
  {
    const MutexLock lock(mutex_);
    if (!armed_ || !lease_.is_over(clocks_.now())) return true;
    closed_ = true;
  }
  bool confirmed = true;
  {
    const MutexLock lock(sender_mutex_);
    if (sender_ != nullptr) {
      sender_->hold();
      confirmed = sender_->withdraw(withdraw_patience);
    }
  }
  const MutexLock lock(mutex_);
  // Renewed meanwhile: the alarm stays armed for the new end.
  if (!closed_) return true;
  if (!confirmed) return false;
  alarm_.disarm();
  armed_ = false;
  return true;
}

void LeaseKeeper::wait_for_deadline() const {
  const BootTime deadline = next_deadline();
  MutexLock lock(mutex_);
  const BootTime now = clocks_.now();
  if (deadline <= now) return;
  const Duration wait = deadline - now < longest_wait ? deadline - now : longest_wait;
  lock.wait_until(changed_, Steady::now() + wait);
}

bool LeaseKeeper::is_down() const {
  const MutexLock lock(mutex_);
  return closed_ || lease_.is_over(clocks_.now());
}

LeaseThread::LeaseThread(LeaseKeeper& keeper)
    : thread_([&keeper](const std::stop_token& stop) {
        for (;;) {
          const bool down = keeper.stand_down_if_due();
          if (stop.stop_requested() && down && keeper.next_deadline() == BootTime::max()) return;
          if (down) keeper.wait_for_deadline();
        }
      }) {}

LeaseThread::~LeaseThread() = default;

}  // namespace koobatch::fleet
