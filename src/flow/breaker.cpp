#include "koobatch/flow/breaker.hpp"

#include <algorithm>

namespace koobatch::flow {

bool Breaker::begin_probe(TimePoint now) {
  if (state_ != State::open || now < probe_at_) return false;
  state_ = State::probing;
  return true;
}

void Breaker::release(TimePoint now) {
  if (state_ != State::probing) return;
  state_ = State::open;
  probe_at_ = now;
}

bool Breaker::success(TimePoint now) {
  failures_ = 0;
  if (closed()) return false;
  downtime_ += now - down_since_;
  state_ = State::closed;
  probe_delay_ = first_probe_delay;
  return true;
}

bool Breaker::failure(TimePoint now, bool probe) {
  if (closed()) {
    if (failures_++ == 0) first_failure_ = now;
    if (failures_ < failures_to_open) return false;
    state_ = State::open;
    down_since_ = first_failure_;
    probe_at_ = now + probe_delay_;
    return true;
  }
  if (!probe) return false;
  state_ = State::open;
  probe_at_ = now + probe_delay_;
  probe_delay_ = std::min(probe_delay_ * 2, max_probe_delay);
  return false;
}

}  // namespace koobatch::flow
