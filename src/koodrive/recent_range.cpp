#include "koobatch/koodrive/recent_range.hpp"

namespace koobatch::koodrive {

void RecentRange::begin_minute(TimePoint at) {
  const auto begins = std::chrono::floor<std::chrono::minutes>(at.time_since_epoch());
  const std::int64_t minute = begins.count();
  minute_ends_ = TimePoint(begins + std::chrono::minutes(1));
  current_ = static_cast<std::size_t>(minute) % slots_.size();
  slots_[current_] = {minute, {}};
  range_ = {};
  const std::int64_t oldest = minute - static_cast<std::int64_t>(slots_.size()) + 1;
  for (const Slot& slot : slots_) {
    if (slot.minute >= oldest && slot.minute >= 0) range_.include(slot.range.low, slot.range.high);
  }
}

}  // namespace koobatch::koodrive
