#include "koobatch/sim/throttle.hpp"

#include <algorithm>

namespace koobatch::sim {

Throttle::Throttle(double rate) : rate_(rate), burst_(std::max(1.0, rate / 10)) {
  if (rate_ <= 0) return;
  interval_ = 1e9 / rate_;
  tolerance_ = (burst_ - 1) * interval_;
}

bool Throttle::admit(TimePoint now) {
  if (rate_ <= 0) return true;
  if (!started_) {
    started_ = true;
    start_ = now;
  }
  // Since the first request rather than since boot: a double then resolves far below a nanosecond for years.
  const auto at = static_cast<double>(std::chrono::duration_cast<Duration>(now - start_).count());
  if (at < due_ - tolerance_) return false;
  due_ = std::max(due_, at) + interval_;
  return true;
}

bool UserThrottle::admit(std::string_view user, TimePoint now) {
  if (rate_ <= 0) return true;
  return users_.try_emplace(std::string(user), rate_).first->second.admit(now);
}

}  // namespace koobatch::sim
