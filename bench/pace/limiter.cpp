#include "pace/limiter.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>

namespace koobatch::pace_bench {
namespace {

/// Tolerance, because sums of fractions of a second are not exact.
constexpr double rounding = 1e-9;

class ClockWindow final : public Limiter {
 public:
  explicit ClockWindow(const QuotaSpec& spec) : rate_(spec.rate), length_(spec.window), phase_(spec.phase) {}

  bool admit(double now) override {
    const double number = number_at(now);
    if (number != number_) {
      number_ = number;
      count_ = 0;
    }
    if (count_ >= quota(number)) return false;
    ++count_;
    return true;
  }

  Declared state(double now) const override {
    const double number = number_at(now);
    const double limit = quota(number);
    return {limit, number == number_ ? std::max(0.0, limit - count_) : limit, length_,
            phase_ + (number + 1) * length_ - now};
  }

 private:
  double number_at(double now) const { return std::floor((now - phase_) / length_ + rounding); }
  double quota(double number) const {
    return std::round(rate_.at(std::max(0.0, phase_ + number * length_) + rounding) * length_);
  }

  RateCurve rate_;
  double length_;
  double phase_;
  double number_ = -2;
  double count_ = 0;
};

class SlidingWindow final : public Limiter {
 public:
  explicit SlidingWindow(const QuotaSpec& spec) : rate_(spec.rate), length_(spec.window) {}

  bool admit(double now) override {
    while (!accepted_.empty() && accepted_.front() <= now - length_ + rounding) accepted_.pop_front();
    if (static_cast<double>(accepted_.size()) + 1 > rate_.at(now) * length_ + rounding) return false;
    accepted_.push_back(now);
    return true;
  }

  Declared state(double now) const override {
    const double limit = rate_.at(now) * length_;
    const auto used = static_cast<double>(
        accepted_.end() - std::upper_bound(accepted_.begin(), accepted_.end(), now - length_ + rounding));
    return {limit, std::max(0.0, limit - used), length_,
            accepted_.empty() ? 0 : std::max(0.0, accepted_.front() + length_ - now)};
  }

 private:
  RateCurve rate_;
  double length_;
  std::deque<double> accepted_;
};

/// How HAProxy counts `http_req_rate(window)` (include/haproxy/freq_ctr.h): the first request begins a window, the next
/// one follows it, and what is counted in the previous window fades linearly. What is refused counts like what is
/// accepted, so that nothing is accepted any more until less is sent than the limit permits.
class Counter final : public Limiter {
 public:
  explicit Counter(const QuotaSpec& spec) : rate_(spec.rate), length_(std::llround(spec.window * 1000)) {}

  bool admit(double now) override {
    follow(now);
    ++count_;
    return static_cast<double>(count_ + faded(now)) <= most(now);
  }

  Declared state(double now) const override {
    const auto used = static_cast<double>(count_ + faded(now));
    return {most(now), std::max(0.0, most(now) - used), static_cast<double>(length_) / 1000, 1 / rate_.at(now)};
  }

 private:
  static std::int64_t milliseconds(double now) { return static_cast<std::int64_t>(std::floor(now * 1000 + rounding)); }

  double most(double now) const { return std::round(rate_.at(now) * static_cast<double>(length_) / 1000); }

  /// What the previous window still counts.
  std::int64_t faded(double now) const {
    return before_ * std::clamp<std::int64_t>(begin_ + length_ - milliseconds(now), 0, length_) / length_;
  }

  void follow(double now) {
    const std::int64_t past = milliseconds(now) - begin_;
    if (past < length_) return;
    before_ = past < 2 * length_ ? count_ : 0;
    begin_ = past < 2 * length_ ? begin_ + length_ : milliseconds(now);
    count_ = 0;
  }

  RateCurve rate_;
  std::int64_t length_;  ///< in milliseconds, like begin_
  std::int64_t begin_ = std::numeric_limits<std::int64_t>::min() / 2;
  std::int64_t count_ = 0, before_ = 0;
};

class Bucket final : public Limiter {
 public:
  explicit Bucket(const QuotaSpec& spec) : rate_(spec.rate), burst_(spec.burst), tokens_(capacity(0)) {}

  bool admit(double now) override {
    tokens_ = filled(now);
    at_ = now;
    if (tokens_ < 1 - rounding) return false;
    tokens_ -= 1;
    return true;
  }

  Declared state(double now) const override {
    const double rate = rate_.at(now);
    const double missing = capacity(now) - filled(now);
    return {std::max(1.0, std::round(rate)), filled(now), 1, rate > 0 ? missing / rate : 1};
  }

 private:
  double capacity(double now) const { return std::max(1.0, burst_ * rate_.at(now)); }
  double filled(double now) const { return std::min(capacity(now), tokens_ + rate_.at(now) * (now - at_)); }

  RateCurve rate_;
  double burst_;
  double tokens_;
  double at_ = 0;
};

}  // namespace

std::unique_ptr<Limiter> make_limiter(const QuotaSpec& spec) {
  switch (spec.shape) {
    case QuotaSpec::Shape::none:
      break;
    case QuotaSpec::Shape::clock_window:
      return std::make_unique<ClockWindow>(spec);
    case QuotaSpec::Shape::sliding_window:
      return std::make_unique<SlidingWindow>(spec);
    case QuotaSpec::Shape::counter:
      return std::make_unique<Counter>(spec);
    case QuotaSpec::Shape::bucket:
      return std::make_unique<Bucket>(spec);
  }
  return nullptr;
}

}  // namespace koobatch::pace_bench
