#include "fleet/lease.hpp"

#include <algorithm>

namespace koobatch::fleet {
namespace {

/// The latest point before its end at which the lease is given up: early enough for threads that get little processor
/// time.
constexpr Duration longest_stand_down = std::chrono::seconds(1);

std::optional<Duration> larger(std::optional<Duration> a, std::optional<Duration> b) {
  // An absent value is less than any other.
  return std::max(a, b);
}

}  // namespace

void Lease::note_difference(BootTime now, WallTime x_date) {
  if (now - memory >= noted_from_) {
    const bool is_recent = now - 2 * memory < noted_from_;
    earlier_difference_ = is_recent ? difference_ : std::nullopt;
    difference_.reset();
    noted_from_ = now;
  }
  difference_ = larger(difference_, x_date.time_since_epoch() - now.time_since_epoch());
}

Lease::Renewal Lease::begin_renewal(BootTime now, WallTime x_date) {
  note_difference(now, x_date);
  const Duration difference = *larger(difference_, earlier_difference_);
  return {now, WallTime(now.time_since_epoch() + difference)};
}

bool Lease::acknowledged(const Renewal& renewal) {
  if (renewal.sent + length_ <= end_) return false;
  end_ = renewal.sent + length_;
  x_date_end_ = renewal.x_date + length_;
  return true;
}

bool Lease::may_send(BootTime now, WallTime x_date) {
  note_difference(now, x_date);
  return !terminated_ && now < end_ - margin && x_date < x_date_end_ - margin;
}

BootTime Lease::stand_down_at() const {
  return end_ - std::clamp<Duration>(length_ / 10, margin, longest_stand_down);
}

}  // namespace koobatch::fleet
