#include "koobatch/flow/refused_rate.hpp"

#include <algorithm>
#include <cmath>

namespace koobatch::flow {
namespace {

/// From this share of the refused rate on, a rate is near it, and from the second on it is the same.
constexpr double near = 0.9, same = 0.995;
/// A rate that is too high is at most this far above one that is not.
constexpr double margin = 1.1;
/// Refusals with fewer answers between them belong together.
constexpr std::uint32_t apart = 10;
constexpr std::uint32_t most_unfitting = 6;

}  // namespace

void RefusedRate::set(double rate) {
  if (std::isfinite(rate)) rate_ = rate;
  answers_ = 0;
}

void RefusedRate::bound(double rate) {
  if (!std::isfinite(rate)) return;
  rate_ = rate_ == 0 ? margin * rate : std::min(rate_, margin * rate);
}

bool RefusedRate::is_near(double rate) const {
  return rate >= near * rate_;
}

bool RefusedRate::admit(double rate) {
  if (rate >= same * rate_) {
    unfitting_ = 0;
  } else if (answers_ >= apart) {
    ++unfitting_;
  }
  if (unfitting_ < most_unfitting) return true;
  unfitting_ = 0;
  return false;
}

}  // namespace koobatch::flow
