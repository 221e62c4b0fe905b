#include "fleet/lease_keeper.hpp"

#include <algorithm>
#include <cassert>

namespace koobatch::fleet {
namespace {

using namespace std::chrono_literals;

/// How long threads may take to confirm before being asked again.
constexpr auto withdraw_patience = 50ms;
/// Requests that were sent just before the gate was closed arrive meanwhile; otherwise they would have to be reset.
constexpr Duration arrival_time = 100ms;
/// Between two steps.
constexpr auto step_interval = 10ms;
/// Otherwise, waiting would take longer by as much as the machine was suspended.
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
  return may && !closed_since_;
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
    if (closed_since_) ++openings_;
    closed_since_.reset();
  }
  changed_.notify_all();
  const MutexLock lock(sender_mutex_);
  if (sender_ != nullptr) sender_->release();
}

void LeaseKeeper::terminate() {
  {
    const MutexLock lock(mutex_);
    terminated_ = true;
    closed_since_ = clocks_.now();
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
  std::uint64_t openings = 0;
  if (const auto step = close_gate(openings); step != Step::withdraw) return step == Step::none;
  bool confirmed = true;
  {
    const MutexLock lock(sender_mutex_);
    if (sender_ != nullptr) confirmed = sender_->withdraw(withdraw_patience);
  }
  const MutexLock lock(mutex_);
  // Renewed in the meantime, and perhaps over again: the confirmation is older than that. The alarm stays armed.
  if (openings != openings_) return !closed_since_;
  if (!confirmed) return false;
  alarm_.disarm();
  armed_ = false;
  return true;
}

LeaseKeeper::Step LeaseKeeper::close_gate(std::uint64_t& openings) {
  {
    const MutexLock lock(mutex_);
    openings = openings_;
    const BootTime now = clocks_.now();
    if (!armed_ || !lease_.is_over(now)) return Step::none;
    if (terminated_) return Step::withdraw;
    if (closed_since_) return now < *closed_since_ + arrival_time ? Step::wait : Step::withdraw;
    closed_since_ = now;
  }
  const MutexLock lock(sender_mutex_);
  if (sender_ != nullptr) sender_->hold();
  return Step::wait;
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
  return closed_since_ || lease_.is_over(clocks_.now());
}

LeaseThread::LeaseThread(LeaseKeeper& keeper)
    : thread_([&keeper](const std::stop_token& stop) {
        for (;;) {
          const bool down = keeper.stand_down_if_due();
          if (stop.stop_requested() && down && keeper.next_deadline() == BootTime::max()) return;
          if (down) {
            keeper.wait_for_deadline();
          } else {
            std::this_thread::sleep_for(step_interval);
          }
        }
      }) {}

LeaseThread::~LeaseThread() = default;

}  // namespace koobatch::fleet
