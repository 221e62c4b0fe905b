#include "koobatch/report/timeline.hpp"

#include <algorithm>
#include <utility>

namespace koobatch::report {
namespace {

using namespace std::chrono;
using Time = Timeline::Time;

/// Each divides the next, so that buckets can be merged.
constexpr std::array<Time, 25> widths = {1ms,     2ms,     10ms,     20ms,     100ms,     200ms,     1s,        2s, 10s,
                                         20s,     1min,    2min,     10min,    20min,     1h,        2h,        4h, 12h,
                                         days(1), days(2), days(10), days(20), days(100), days(200), days(1000)};

/// Limits times to the widest buckets, however wrong the clocks were.
constexpr Time longest = widths.back() * Timeline::most_buckets - 1ms;

Repeat repeat_of(const AttemptRecord& attempt) {
  if (attempt.http == 0) return Repeat::silent;
  return attempt.http == 429 || attempt.http == 503 ? Repeat::throttled : Repeat::refused;
}

void join(Timeline::Bucket& to, Timeline::Bucket& from) {
  for (std::size_t i = 0; i < to.finished.size(); ++i) to.finished[i] += from.finished[i];
  for (std::size_t i = 0; i < to.repeated.size(); ++i) to.repeated[i] += from.repeated[i];
  if (to.latencies && from.latencies) {
    to.latencies->merge(*from.latencies);
  } else if (from.latencies) {
    to.latencies = std::move(from.latencies);
  }
}

}  // namespace

Timeline::Time Timeline::width() const {
  return widths[width_];
}

void Timeline::begin_segment(const RunRecord& run) {
  started_ = run.started;
  segments_.push_back(length_);
}

void Timeline::add(const ResultRecord& result) {
  Bucket& end = bucket(at(result.at));
  ++end.finished[static_cast<std::size_t>(result.status)];
  if (result.latency) {
    if (!end.latencies) end.latencies = std::make_unique<observe::Histogram>();
    end.latencies->record(*result.latency);
  }
  for (std::size_t i = 0; i + 1 < result.history.size(); ++i) {
    const auto& attempt = result.history[i];
    ++bucket(at(attempt.at)).repeated[static_cast<std::size_t>(repeat_of(attempt))];
  }
}

void Timeline::end_segment(const EndRecord& end) {
  const Time began = segments_.back();
  if (!limits_.empty() && limits_.back().limit > 0) limits_.push_back({began, 0});
  for (const auto& [after, limit] : end.limits)
    limits_.push_back({std::min(began + floor<Time>(after), longest), limit});
  const auto taken = duration_cast<Time>(duration<double>(std::min(end.seconds, duration<double>(longest).count())));
  length_ = std::clamp(segments_.back() + taken, length_, longest);
}

/// A clock that was set back cannot reach into an earlier segment.
Timeline::Time Timeline::at(WallTime time) const {
  const auto since = std::max(floor<Time>(time - started_), Time::zero());
  return std::min(segments_.back() + std::min(since, longest), longest);
}

Timeline::Bucket& Timeline::bucket(Time time) {
  length_ = std::max(length_, time);
  while (time / widths[width_] >= static_cast<Time::rep>(most_buckets)) widen();
  const auto index = static_cast<std::size_t>(time / widths[width_]);
  if (index >= buckets_.size()) buckets_.resize(index + 1);
  return buckets_[index];
}

void Timeline::widen() {
  const auto factor = static_cast<std::size_t>(widths[width_ + 1] / widths[width_]);
  ++width_;
  for (std::size_t i = 1; i < buckets_.size(); ++i) {
    if (i % factor != 0) {
      join(buckets_[i / factor * factor], buckets_[i]);
    }
  }
  for (std::size_t i = factor; i < buckets_.size(); i += factor) buckets_[i / factor] = std::move(buckets_[i]);
  buckets_.resize((buckets_.size() + factor - 1) / factor);
}

}  // namespace koobatch::report
