#include "koobatch/flow/in_flight_limit.hpp"

#include <algorithm>

namespace koobatch::flow {
namespace {

/// If a service refuses the second of two concurrent requests, it may just as well want them further apart.
constexpr std::uint32_t least_limit = 2;

}  // namespace

std::uint32_t InFlightLimit::sent() {
  ++in_flight_;
  // Only one more is tried at a time: until it is answered, further requests would reveal nothing.
  if (state_ == State::limited && in_flight_ > limit_) allowed_ = limit_;
  return in_flight_;
}

void InFlightLimit::admitted(const Sent& sent, TimePoint now) {
  if (state_ == State::unlimited || sent.at < changed_) return;
  if (state_ == State::starting) {
    limit_ = std::max(limit_, sent.in_flight);
    start_.admitted(sent.in_flight, now);
    allowed_ = start_.allowed();
    return;
  }
  confirmed_ |= sent.in_flight == limit_;
  if (sent.in_flight > limit_) {
    limit_ = allowed_ = sent.in_flight;
    trial_after_before_ = trial_after_;
    trial_after_ = soon;
    admitted_ = 0;
  }
  if (++admitted_ < trial_after_) return;
  admitted_ = 0;
  allowed_ = limit_ + 1;
}

bool InFlightLimit::refused(const Sent& sent, TimePoint now) {
  if (state_ == State::unlimited) return false;
  if (sent.at < changed_) {
    // Among requests that were refused together, the first was sent with the fewest in flight.
    if (!confirmed_ && sent.in_flight > 1 && sent.in_flight <= limit_) limit_ = allowed_ = sent.in_flight - 1;
    return true;
  }
  if (sent.in_flight <= limit_ && state_ == State::limited) return lower(now);
  // The others were sent before it, and were not refused.
  if (state_ == State::starting && sent.in_flight > limit_) limit_ = sent.in_flight - 1;
  if (sent.in_flight <= limit_ || limit_ < least_limit) {
    skip();
    return false;
  }
  if (state_ == State::limited) {
    trial_after_ = std::min(trial_after_ * 2, last_trial);
  } else {
    state_ = State::limited;
    changed_ = now;
  }
  allowed_ = limit_;
  admitted_ = 0;
  return true;
}

/// Lowers the limit, because requests are refused at a number that was accepted before. If that was only luck, because
/// an answer was on its way already, it need not be tried again soon.
bool InFlightLimit::lower(TimePoint now) {
  if (limit_ <= least_limit || !confirmed_) {
    skip();
    return false;
  }
  allowed_ = --limit_;
  trial_after_ = std::max(trial_after_, std::min(trial_after_before_ * 2, last_trial));
  admitted_ = 0;
  changed_ = now;
  return true;
}

void InFlightLimit::restart() {
  state_ = State::starting;
  start_ = {};
  allowed_ = start_.allowed();
  limit_ = 0;
  confirmed_ = false;
}

void InFlightLimit::skip() {
  state_ = State::unlimited;
  allowed_ = most;
}

}  // namespace koobatch::flow
