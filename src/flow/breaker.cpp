#include "koobatch/flow/breaker.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace koobatch::flow {
namespace {

/// Consecutive failures that are less probable than this are not chance.
constexpr double never = 1e-6;
/// The approximate number of attempts over which the share of failures is averaged.
constexpr unsigned memory = 32;
/// However high the share of failures, some hundred consecutive ones are an outage.
constexpr double highest_share = 0.9;
constexpr int pauses = 3;

}  // namespace

void Breaker::count(bool failed) {
  counted_ = std::min(counted_ + 1, memory);
  failing_share_ += ((failed ? 1.0 : 0.0) - failing_share_) / (counted_ + 1);
}

bool Breaker::is_row_too_long() const {
  if (failures_ < failures_to_open) return false;
  const double share = std::min(failing_share_, highest_share);
  return share <= 0 || failures_ * std::log(share) < std::log(never);
}

bool Breaker::begin_probe(TimePoint now) {
  if (closed_ || probe_out_ || now < probe_at_) return false;
  probe_out_ = true;
  if (!down_since_) down_since_ = now;
  return true;
}

void Breaker::release(TimePoint now) {
  if (!std::exchange(probe_out_, false)) return;
  probe_at_ = now;
  // Either it was not sent, or it was answered: without an earlier failure, no attempt is known to be unanswered.
  if (failures_ == 0) down_since_.reset();
}

void Breaker::skip(TimePoint from, TimePoint to) {
  const auto shift = [&](TimePoint& since) { since = since <= from ? since + (to - from) : std::max(since, to); };
  shift(open_since_);
  shift(first_failure_);
  if (down_since_) shift(*down_since_);
  if (refused_since_) shift(*refused_since_);
}

bool Breaker::success(TimePoint sent, TimePoint now, bool probe) {
  if (!closed_ && !probe && down_since_ && sent < *down_since_) return false;
  if (probe) probe_out_ = false;
  if (closed_) {
    for (; failures_ > 0; --failures_) count(true);
    count(false);
  }
  failures_ = 0;
  refused_since_.reset();
  if (closed_) return false;
  downtime_ += now - open_since_;
  down_since_.reset();
  closed_ = true;
  probe_delay_ = first_probe_delay;
  return true;
}

void Breaker::open(TimePoint since, TimePoint now) {
  closed_ = false;
  open_since_ = since;
  down_since_ = since;
  refused_since_.reset();
  probe_at_ = now + probe_delay_;
}

bool Breaker::refusal(TimePoint sent, TimePoint now, bool probe, Duration wait) {
  if (!closed_) return failure(now, probe);
  if (probe) probe_out_ = false;
  failures_ = 0;
  if (!refused_since_) refused_since_ = now;
  if (sent - *refused_since_ < std::max(silence, pauses * wait)) return false;
  // The service is reachable, and was probed often enough.
  probe_delay_ = max_probe_delay / 2;
  open(*refused_since_, now);
  return true;
}

bool Breaker::failure(TimePoint now, bool probe) {
  if (probe) probe_out_ = false;
  if (closed_) {
    if (failures_++ == 0) first_failure_ = now;
    if (!is_row_too_long()) return false;
    open(first_failure_, now);
    return true;
  }
  ++failures_;
  if (!down_since_) down_since_ = now;
  if (!probe) return false;
  probe_at_ = now + std::max(probe_delay_, (now - *down_since_) / probes_in_proportion);
  probe_delay_ = std::min(probe_delay_ * 2, max_probe_delay);
  return false;
}

}  // namespace koobatch::flow
