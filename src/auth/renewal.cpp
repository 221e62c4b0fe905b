#include "koobatch/auth/renewal.hpp"

#include <algorithm>

namespace koobatch::auth {
namespace {

/// A token is renewed after this share of its lifetime: the rest leaves time for renewals that fail at first.
constexpr Duration before_end_of(Duration lifetime) {
  return lifetime / 5 * 4;
}

}  // namespace

void Renewal::begin(Cause cause) {
  under_way_ = true;
  cause_ = cause;
  failing_since_.reset();
}

bool Renewal::refused() {
  if (under_way_) {
    // A renewal that was suspected or due is now certain to be needed.
    cause_ = Cause::refused;
    return true;
  }
  if (!settings_.renewable || unproven_) return false;
  begin(Cause::refused);
  return true;
}

bool Renewal::suspected(TimePoint now) {
  if (under_way_) return true;
  if (!settings_.renewable || now < suspect_after_) return false;
  suspect_after_ = now + suspicion_pause;
  begin(Cause::suspected);
  return true;
}

void Renewal::accepted(TimePoint now) {
  unproven_ = false;
  last_use_ = std::max(last_use_, now);
}

TimePoint Renewal::due() const {
  if (!settings_.refreshes) return TimePoint::max();
  return std::min(expires_, last_use_ + before_end_of(idle_lifetime));
}

bool Renewal::begin_if_due(TimePoint now) {
  if (under_way_ || now < due()) return false;
  begin(Cause::due);
  return true;
}

bool Renewal::may_retry(TimePoint now, TimePoint again, std::optional<TimePoint> down_since) {
  if (!failing_since_) failing_since_ = std::min(now, down_since.value_or(now));
  return again - *failing_since_ < settings_.patience;
}

void Renewal::renewed(TimePoint now, std::optional<Duration> lifetime) {
  start_anew(now, lifetime);
  under_way_ = false;
  unproven_ = true;
}

void Renewal::given_up() {
  under_way_ = false;
}

void Renewal::replaced(TimePoint now) {
  start_anew(now, std::nullopt);
  under_way_ = unproven_ = false;
}

void Renewal::start_anew(TimePoint now, std::optional<Duration> lifetime) {
  last_use_ = now;
  expires_ = lifetime ? now + before_end_of(*lifetime) : TimePoint::max();
}

}  // namespace koobatch::auth
