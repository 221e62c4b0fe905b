#include "koobatch/flow/adaptive_rate.hpp"

#include <algorithm>
#include <cmath>

namespace koobatch::flow {
namespace {

/// The shortest time a rate is estimated from: what came within less may be one burst.
constexpr Duration shortest_estimate = std::chrono::milliseconds(10);
/// Answers may come so long after a cut, or after the service shut, to what was sent before.
constexpr Duration under_way = std::chrono::milliseconds(300);
/// So many answers before a share of them means anything.
constexpr std::uint64_t least_sample = 20;
/// A limit that has risen this far without being met is none.
constexpr double no_limit = 1e6;
/// Of a slow service the quick rise takes so many requests: before, none could tell that it is too quick.
constexpr double quick_requests = 8;

}  // namespace

void AdaptiveRate::count(Signal signal, Duration active) {
  if (!first_) first_ = active;
  const std::int64_t number = active / bucket_length;
  Bucket& bucket = window_[static_cast<std::size_t>(number) % buckets];
  if (bucket.number != number) bucket = {.number = number};
  ++bucket.answers;
  bucket.accepted += signal == Signal::accepted;
  bucket.unavailable += signal == Signal::unavailable;
}

AdaptiveRate::Bucket AdaptiveRate::last(std::size_t count, Duration active) const {
  const std::int64_t newest = active / bucket_length;
  Bucket sum;
  for (const Bucket& bucket : window_) {
    if (bucket.number < 0 || bucket.number <= newest - static_cast<std::int64_t>(count)) continue;
    sum.accepted += bucket.accepted;
    sum.unavailable += bucket.unavailable;
    sum.answers += bucket.answers;
  }
  return sum;
}

bool AdaptiveRate::is_open(Duration active) const {
  return active - last_accepted_ < under_way && (!cut_at_ || last_accepted_time_ - cut_time_ >= under_way);
}

double AdaptiveRate::accepted_rate(std::size_t count, Duration active) const {
  // The newest bucket is not full yet; the oldest is wholly in the sum.
  const Duration covered = bucket_length * (count - 1) + active % bucket_length;
  const Duration known = std::clamp(active - *first_, shortest_estimate, covered);
  return static_cast<double>(last(count, active).accepted) / seconds(known);
}

bool AdaptiveRate::is_too_much(Signal signal, Duration active) {
  if (signal == Signal::throttled) return true;
  if (signal != Signal::unavailable) return false;
  const Bucket sum = last(buckets, active);
  const bool many = sum.answers >= least_sample &&
                    static_cast<double>(sum.unavailable) >= unavailable_share * static_cast<double>(sum.answers);
  if (!many) strained_ = false;
  return many && !(strained_ && is_open(active));
}

std::optional<AdaptiveRate::Cut> AdaptiveRate::observe(Signal signal, Duration active, TimePoint now) {
  count(signal, active);
  if (signal == Signal::accepted) {
    last_accepted_ = active;
    last_accepted_time_ = now;
    if (!rising_since_) rising_since_ = active;
  }
  if (!is_too_much(signal, active)) return std::nullopt;
  if (cut_at_ && now - cut_time_ < cut_interval) {
    // The estimate was not too low, at any rate.
    if (exploring_) rising_since_.reset();
    return std::nullopt;
  }
  strained_ = signal == Signal::unavailable;
  return cut(active, now);
}

/// Nothing if there is no rate to cut: nothing was sent but what was throttled.
std::optional<AdaptiveRate::Cut> AdaptiveRate::cut(Duration active, TimePoint now) {
  const auto before = limit(active);
  const double from = before.value_or(ceiling_ > 0 ? ceiling_ : INFINITY);
  // Where nothing is accepted, the service is not slow but shut: how much it takes when open is known from before.
  double accepted = is_open(active) ? accepted_rate(buckets, active) : 0;
  // While the rate doubles by the second, the last second is half of what is accepted now.
  if (exploring_ && accepted > 0) accepted = std::max(accepted, accepted_rate(3, active));
  double low = std::max(lowest, std::min(from * cut_factor, accepted > 0 ? accepted : from));
  if (std::isinf(low)) low = first_guess_;
  if (low == 0) return std::nullopt;
  low_ = low;
  exploring_ = !before && ceiling_ == 0 && active - *first_ < cut_interval;
  // One more, for in a slow service whether another was accepted in that second is chance.
  if (accepted > 0) high_ = std::min(from, accepted + 1);
  high_ = std::max(high_, low_);
  cut_at_ = active;
  cut_time_ = now;
  rising_since_.reset();
  return Cut{before || ceiling_ == 0 ? before : std::optional(ceiling_), low_};
}

std::optional<double> AdaptiveRate::limit(Duration active) const {
  if (!cut_at_) return std::nullopt;
  double since = rising_since_ ? std::max(seconds(active - *rising_since_), 0.0) : 0.0;
  double rate = low_;
  if (exploring_) {
    rate *= std::pow(exploring_growth, since);
  } else {
    const double quick = std::max(low_, high_ * quick_share);
    if (quick > low_) {
      const double step = std::max(seconds(cut_interval), 2 * quick_requests / (low_ + quick));
      rate += (quick - low_) * std::min(since / step, 1.0);
      since = std::max(since - step, 0.0);
    }
    rate *= std::pow(slow_growth, since);
  }
  if (rate >= (ceiling_ > 0 ? ceiling_ : no_limit)) return std::nullopt;
  return rate;
}

}  // namespace koobatch::flow
