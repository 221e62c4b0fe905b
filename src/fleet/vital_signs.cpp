#include "fleet/vital_signs.hpp"

#include "fleet/rate_share.hpp"

namespace koobatch::fleet {

void VitalSigns::observe(const Sight& sight, BootTime now) {
  const MutexLock lock(mutex_);
  vitals_.counts.requests = sight.requests;
  vitals_.counts.held_refusals = sight.held_refusals;
  if (!mark_) mark_ = Mark{sight.requests, now};
  const Duration elapsed = now - mark_->at;
  if (elapsed < shortest) return;
  vitals_.used = static_cast<double>(sight.requests - mark_->requests) / seconds(elapsed);
  vitals_.limited = would_use_more(vitals_.used, sight.share, sight.idle_for_rate);
  mark_ = Mark{sight.requests, now};
}

Vitals VitalSigns::read() const {
  const MutexLock lock(mutex_);
  return vitals_;
}

}  // namespace koobatch::fleet
