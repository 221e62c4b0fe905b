#include "fleet/engine_control.hpp"

#include <chrono>
#include <utility>

namespace koobatch::fleet {

void RunControl::release() {
  const MutexLock lock(mutex_);
  if (!starved_) run_.release();
}

void RunControl::pause(bool paused) {
  const MutexLock lock(mutex_);
  if (paused == paused_) return;
  paused_ = paused;
  if (paused) {
    run_.pause();
  } else {
    run_.go_on();
  }
}

void RunControl::set_rate(const std::optional<Rate>& rate) {
  const MutexLock lock(mutex_);
  if (rate == rate_) return;
  rate_ = rate;
  const bool starves = rate && rate->rate <= 0;
  const bool was_starved = std::exchange(starved_, starves);
  if (starves) {
    run_.hold();
    return;
  }
  run_.change_rate(rate ? rate->rate : 0, rate ? std::optional(rate->burst) : std::nullopt);
  // Whether it may send, the gate decides.
  if (was_starved) run_.release();
}

void RunControl::set_rate_per_user(double rate) {
  const MutexLock lock(mutex_);
  if (rate == rate_per_user_) return;
  rate_per_user_ = rate;
  run_.change_rate_per_user(rate);
}

void RunControl::stop(Duration grace) {
  run_.interrupt(std::chrono::ceil<std::chrono::milliseconds>(grace));
}

}  // namespace koobatch::fleet
