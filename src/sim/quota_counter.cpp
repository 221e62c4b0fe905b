#include "sim/quota_counter.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace koobatch::sim {
namespace {

/// Has a tolerance for the rounding of rates such as 100/min.
double left_of(double limit, std::uint64_t admitted) {
  return std::max(0.0, std::floor(limit + 1e-6) - static_cast<double>(admitted));
}

Duration to_duration(double nanoseconds) {
  return Duration(std::llround(nanoseconds));
}

}  // namespace

double requests_in(double rate, Duration span) {
  return std::max(1.0, rate * static_cast<double>(span.count()) / 1e9);
}

std::unique_ptr<QuotaCounter> make_counter(const ThrottleSettings& settings, TimePoint clock) {
  switch (settings.counting) {
    case Counting::bucket:
      break;
    case Counting::window:
      return std::make_unique<ClockWindow>(settings.span, clock);
    case Counting::sliding:
      return std::make_unique<SlidingWindow>(settings.span);
  }
  return std::make_unique<Bucket>(settings.span);
}

// Bucket.

/// Nanoseconds since the first request rather than since boot: a double then resolves far below a nanosecond for years.
double Bucket::since_start(TimePoint now) const {
  return static_cast<double>(std::chrono::duration_cast<Duration>(now - start_).count());
}

/// Adapts to a changed rate: the bucket keeps its content as far as it still fits. Returns the time in ns after start_.
double Bucket::follow(double rate, TimePoint now) {
  assert(rate > 0);
  if (!started_) {
    started_ = true;
    start_ = now;
    rate_ = rate;
  }
  const double at = since_start(now);
  if (rate != rate_) {
    const double missing = std::max(0.0, due_ - at) * rate_ / 1e9;
    const double content = requests_in(rate_, worth_) - missing;
    const double holds = requests_in(rate, worth_);
    due_ = at + (holds - std::clamp(content, 0.0, holds)) * 1e9 / rate;
    rate_ = rate;
  }
  return at;
}

bool Bucket::admit(double rate, TimePoint now) {
  const double at = follow(rate, now);
  const double interval = 1e9 / rate;
  // With a tolerance for the rounding of intervals that are not integers.
  const double tolerance = (requests_in(rate, worth_) - 1 + 1e-6) * interval;
  if (at < due_ - tolerance) return false;
  due_ = std::max(due_, at) + interval;
  return true;
}

Allowance Bucket::allowance(double rate, TimePoint now) {
  const double missing = std::max(0.0, due_ - follow(rate, now));
  const double content = requests_in(rate, worth_) - missing * rate / 1e9 + 1e-6;
  return {std::max(0.0, std::floor(content)), to_duration(missing)};
}

// ClockWindow.

void ClockWindow::follow(TimePoint now) {
  if (now < begin_ + length_) return;
  begin_ += (now - begin_) / length_ * length_;
  admitted_ = 0;
}

bool ClockWindow::admit(double rate, TimePoint now) {
  follow(now);
  if (left_of(requests_in(rate, length_), admitted_) < 1) return false;
  ++admitted_;
  return true;
}

Allowance ClockWindow::allowance(double rate, TimePoint now) {
  follow(now);
  return {left_of(requests_in(rate, length_), admitted_), begin_ + length_ - now};
}

// SlidingWindow.

/// Drops counts older than the length. Returns the time, which is never before anything that was counted.
TimePoint SlidingWindow::follow(TimePoint now) {
  if (!counts_.empty()) now = std::max(now, counts_.back().last);
  while (oldest_ < counts_.size() && counts_[oldest_].last + length_ <= now) admitted_ -= counts_[oldest_++].requests;
  if (oldest_ * 2 > counts_.size()) {
    counts_.erase(counts_.begin(), counts_.begin() + static_cast<std::ptrdiff_t>(oldest_));
    oldest_ = 0;
  }
  return now;
}

bool SlidingWindow::admit(double rate, TimePoint now) {
  constexpr int grains = 1000;
  now = follow(now);
  if (left_of(requests_in(rate, length_), admitted_) < 1) return false;
  ++admitted_;
  if (counts_.empty() || now - counts_.back().first >= length_ / grains) counts_.push_back({now, now, 0});
  counts_.back().last = now;
  ++counts_.back().requests;
  return true;
}

Allowance SlidingWindow::allowance(double rate, TimePoint now) {
  now = follow(now);
  const Duration until_full = counts_.empty() ? Duration::zero() : counts_.back().last + length_ - now;
  return {left_of(requests_in(rate, length_), admitted_), until_full};
}

}  // namespace koobatch::sim
