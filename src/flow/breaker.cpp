#include "koobatch/flow/breaker.hpp"

#include <algorithm>
#include <utility>

namespace koobatch::flow {

bool Breaker::begin_probe(TimePoint now) {
  if (closed_ || probe_out_ || now < probe_at_) return false;
  probe_out_ = true;
  return true;
}

void Breaker::release(TimePoint now) {
  if (!std::exchange(probe_out_, false)) return;
  probe_at_ = now;
}

void Breaker::skip(TimePoint from, TimePoint to) {
  for (TimePoint* const since : {&down_since_, &first_failure_}) {
    *since = *since <= from ? *since + (to - from) : std::max(*since, to);
  }
}

bool Breaker::success(TimePoint now, bool probe) {
  if (probe) probe_out_ = false;
  failures_ = 0;
  if (closed_) return false;
  downtime_ += now - down_since_;
  closed_ = true;
  probe_delay_ = first_probe_delay;
  return true;
}

bool Breaker::failure(TimePoint now, bool probe) {
  if (probe) probe_out_ = false;
  if (closed_) {
    if (failures_++ == 0) first_failure_ = now;
    if (failures_ < failures_to_open) return false;
    closed_ = false;
    down_since_ = first_failure_;
    probe_at_ = now + probe_delay_;
    return true;
  }
  if (!probe) return false;
  probe_at_ = now + std::max(probe_delay_, (now - down_since_) / probes_in_proportion);
  probe_delay_ = std::min(probe_delay_ * 2, max_probe_delay);
  return false;
}

}  // namespace koobatch::flow
