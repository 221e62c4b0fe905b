#include "pace/ideal.hpp"

#include "pace/latency.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace koobatch::pace_bench {
namespace {

constexpr double step = 0.001;
/// A job that would take longer than this never ends.
constexpr double longest = 10'000;

double users_of(const ServiceSpec& spec) {
  return std::max(1U, spec.quota.users);
}

/// The requests a second that the connections, and the service's limit on requests in flight, allow.
double wire_rate(const Row& row) {
  double connections = 0;
  double allowed = 0;
  bool limited = true;
  for (const Job& job : row.jobs) {
    connections += job.connections;
    allowed += job.rate;
    limited = limited && job.rate > 0;
  }
  const WorkSpec& work = row.spec.work;
  if (work.most_in_flight > 0) connections = std::min<double>(connections, work.most_in_flight);
  const double failing = row.spec.noise.share;
  // After a reset, a connection must be opened again, which takes as long as the failure.
  const double reopening = row.spec.noise.http == 0 ? quick_latency(work) : 0;
  double rate = connections / ((1 - failing) * work.latency + failing * (quick_latency(work) + reopening));
  if (work.queue_rate > 0) rate = std::min(rate, work.queue_rate);
  return limited ? std::min(rate, allowed) : rate;
}

bool is_paused(const Row& row, double time) {
  return std::all_of(row.jobs.begin(), row.jobs.end(),
                     [&](const Job& job) { return job.pause_from <= time && time < job.pause_to; });
}

bool is_open(const Row& row, double time) {
  return outage_at(row.spec, time) == nullptr && !is_paused(row, time);
}

/// What a quota still allows, as a continuous quantity.
class Allowance {
 public:
  explicit Allowance(const ServiceSpec& spec) : quota_(spec.quota), users_(users_of(spec)) {}

  /// How much may be taken in the step that begins at `time`.
  double at(double time) {
    switch (quota_.shape) {
      case QuotaSpec::Shape::none:
        return INFINITY;
      case QuotaSpec::Shape::clock_window: {
        const double number = std::floor((time - quota_.phase) / quota_.window + 1e-9);
        if (number != window_) {
          window_ = number;
          const double begin = std::max(0.0, quota_.phase + number * quota_.window);
          left_ = std::round(quota_.rate.at(begin + 1e-9) * quota_.window) * users_;
        }
        return left_;
      }
      case QuotaSpec::Shape::sliding_window: {
        const auto length = static_cast<std::size_t>(std::round(quota_.window / step));
        const double gone = taken_.size() >= length ? taken_[taken_.size() - length] : 0;
        return quota_.rate.at(time) * quota_.window * users_ - (sum_ - gone);
      }
      case QuotaSpec::Shape::counter: {
        const double number = std::floor(time / quota_.window + 1e-9);
        if (number != window_) {
          before_ = std::exchange(used_, 0);
          window_ = number;
        }
        const double fading = number + 1 - time / quota_.window;
        return quota_.rate.at(time) * quota_.window * users_ - before_ * fading - used_;
      }
      case QuotaSpec::Shape::bucket: {
        const double rate = quota_.rate.at(time) * users_;
        const double most = std::max(users_, quota_.burst * rate);
        left_ = taken_.empty() ? most : std::min(most + rate * step, left_ + rate * step);
        return left_;
      }
    }
    return 0;
  }

  void take(double amount) {
    left_ -= amount;
    used_ += amount;
    sum_ += amount;
    taken_.push_back(sum_);
  }

 private:
  const QuotaSpec& quota_;
  double users_;
  double window_ = -2;
  double left_ = 0;
  double used_ = 0, before_ = 0;  ///< in this window, and in the previous one
  double sum_ = 0;
  std::vector<double> taken_;  ///< the total, by step
};

}  // namespace

double capacity(const Row& row, double from, double to) {
  const QuotaSpec& quota = row.spec.quota;
  const double wire = wire_rate(row);
  double sum = 0;
  const auto first = static_cast<std::int64_t>(std::round(from / step));
  const auto last = static_cast<std::int64_t>(std::round(to / step));
  for (std::int64_t i = first; i < last; ++i) {
    const double time = (static_cast<double>(i) + 0.5) * step;
    if (!is_open(row, time)) continue;
    const double allowed = quota.shape == QuotaSpec::Shape::none ? INFINITY : quota.rate.at(time) * users_of(row.spec);
    sum += std::min(wire, allowed) * step;
  }
  return sum * (1 - row.spec.noise.share);
}

double ideal_time(const Row& row) {
  double needed = 0;
  for (const Job& job : row.jobs) needed += static_cast<double>(job.operations);
  if (needed > row.spec.quota.total) return INFINITY;
  // The expected number of requests: those that fail for a cause of their own must be sent again.
  needed /= 1 - row.spec.noise.share;
  const double wire = wire_rate(row) * step;
  Allowance allowance(row.spec);
  double sum = 0;
  for (std::int64_t i = 0; static_cast<double>(i) * step < longest; ++i) {
    const double time = static_cast<double>(i) * step;
    const double allowed = std::max(0.0, allowance.at(time));
    const double amount = is_open(row, time) ? std::min(wire, allowed) : 0;
    if (sum + amount >= needed - 1e-6) {
      return time + (amount > 0 ? (needed - sum) / amount * step : 0) + row.spec.work.latency;
    }
    sum += amount;
    allowance.take(amount);
  }
  return INFINITY;
}

}  // namespace koobatch::pace_bench
