#include "engine/lifecycle.hpp"

#include <algorithm>
#include <cassert>
#include <utility>
#include <variant>

namespace koobatch::engine {

void Lifecycle::begin(std::size_t parts) {
  const MutexLock lock(mutex_);
  assert(running_ == 0);
  running_ = parts;
}

void Lifecycle::part_ended() {
  const MutexLock lock(mutex_);
  assert(running_ != 0);
  if (--running_ == 0) ended_.notify_all();
}

bool Lifecycle::over() const {
  const MutexLock lock(mutex_);
  return running_ == 0;
}

bool Lifecycle::wait(Duration patience) const {
  const TimePoint until = Steady::now() + patience;
  MutexLock lock(mutex_);
  while (running_ != 0) {
    if (!lock.wait_until(ended_, until)) return running_ == 0;
  }
  return true;
}

bool Lifecycle::stop(StopReason reason, TimePoint now) {
  const MutexLock lock(mutex_);
  const bool is_last_word = std::holds_alternative<ReportUnusable>(reason);
  if (reason_ && (!is_last_word || std::holds_alternative<ReportUnusable>(*reason_))) return false;
  reason_ = std::move(reason);
  if (!ending_since_) ending_since_ = now;
  abandon_at_ = std::min(abandon_at_, now + stop_grace);
  return true;
}

void Lifecycle::interrupt(TimePoint now, Duration grace) {
  const MutexLock lock(mutex_);
  interrupted_ = true;
  if (!ending_since_) ending_since_ = now;
  abandon_at_ = std::min(abandon_at_, now + grace);
}

bool Lifecycle::add_reason(StopReason reason, bool outweighs_interruption) {
  const MutexLock lock(mutex_);
  assert(running_ == 0);
  if (reason_ || (interrupted_ && !outweighs_interruption)) return false;
  reason_ = std::move(reason);
  return true;
}

std::optional<StopReason> Lifecycle::reason() const {
  const MutexLock lock(mutex_);
  return reason_;
}

bool Lifecycle::interrupted() const {
  const MutexLock lock(mutex_);
  return interrupted_;
}

bool Lifecycle::ending() const {
  const MutexLock lock(mutex_);
  return interrupted_ || reason_.has_value();
}

std::optional<TimePoint> Lifecycle::ending_since() const {
  const MutexLock lock(mutex_);
  return ending_since_;
}

bool Lifecycle::take_overdue(TimePoint now) {
  const MutexLock lock(mutex_);
  if (now < abandon_at_) return false;
  abandon_at_ = TimePoint::max();
  return true;
}

}  // namespace koobatch::engine
