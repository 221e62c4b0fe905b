#include "pace/rival_rules.hpp"

#include "pace/timeline.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace koobatch::pace_bench {
namespace {

Duration uniform(Duration most, std::mt19937_64& random) {
  return Duration(std::uniform_int_distribution<Duration::rep>(0, most.count())(random));
}

/// Full jitter, with a bound that doubles from `base` on.
Duration exponential(Duration base, unsigned attempts, std::mt19937_64& random) {
  constexpr Duration cap = std::chrono::seconds(20);
  return uniform(std::min<Duration>(cap, base * (1LL << std::min(attempts - 1, 20U))), random);
}

/// What most programs do: one worker per connection, which repeats its operation until it succeeds, with exponential
/// backoff and full jitter.
class Backoff final : public RivalRule {
 public:
  explicit Backoff(unsigned connections) : connections_(connections) {}

  TimePoint due(TimePoint now) override { return now; }
  std::size_t most_in_flight() const override { return connections_; }
  std::size_t most_open() const override { return connections_; }
  void sent(TimePoint) override {}
  void answered(const Reply&, Duration, std::size_t, TimePoint) override {}
  Duration wait(unsigned attempts, std::mt19937_64& random) override {
    return exponential(std::chrono::milliseconds(200), attempts, random);
  }

 private:
  unsigned connections_;
};

/// Additive increase, multiplicative decrease of the number in flight, as in Vector's adaptive concurrency
/// (src/sinks/util/adaptive_concurrency/controller.rs), with its defaults; waits before repeats follow the Fibonacci
/// sequence.
class Aimd final : public RivalRule {
 public:
  explicit Aimd(unsigned connections) : connections_(connections) {}

  TimePoint due(TimePoint now) override { return now; }
  std::size_t most_in_flight() const override { return std::min<std::size_t>(limit_, connections_); }
  std::size_t most_open() const override { return 8192; }
  void sent(TimePoint) override {}

  void answered(const Reply& reply, Duration round_trip, std::size_t in_flight, TimePoint now) override {
    if (in_flight >= most_in_flight()) reached_limit_ = true;
    // Everything that will be sent again counts as throttled.
    const bool throttled = reply.what != Reply::What::accepted;
    back_pressure_ |= throttled;
    if (!throttled) {
      current_sum_ += seconds(round_trip);
      ++current_count_;
    }
    if (!known_) {
      if (current_count_ == 0) return adjust(now, seconds(round_trip));
      mean_ = current_sum_ / current_count_;
      known_ = true;
      return adjust(now, mean_);
    }
    if (now < next_update_) return;
    adjust(now, mean_);
  }

  Duration wait(unsigned attempts, std::mt19937_64& random) override {
    std::int64_t before = 0, it = 1;
    for (unsigned i = 1; i < attempts && it < most_wait; ++i) before = std::exchange(it, it + before);
    return uniform(std::chrono::seconds(std::min(it, most_wait)), random);
  }

 private:
  static constexpr double ewma_alpha = 0.4, decrease_ratio = 0.9, deviation_scale = 2.5;
  static constexpr std::int64_t most_wait = 30;
  static constexpr std::size_t most_limit = 200;

  void adjust(TimePoint now, double interval) {
    const bool measured = current_count_ > 0;
    const double current = measured ? current_sum_ / current_count_ : 0;
    const double threshold = std::sqrt(variance_) * deviation_scale;
    if (limit_ < most_limit && reached_limit_ && !back_pressure_ && measured && current <= mean_) {
      ++limit_;
    } else if (limit_ > 1 && (back_pressure_ || (measured && current > mean_ + threshold))) {
      limit_ = std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(limit_) * decrease_ratio));
    }
    if (measured) {
      const double difference = current - mean_;
      mean_ += ewma_alpha * difference;
      variance_ = (1 - ewma_alpha) * (variance_ + ewma_alpha * difference * difference);
      interval = mean_;
    }
    next_update_ = now + from_seconds(interval);
    current_sum_ = 0;
    current_count_ = 0;
    reached_limit_ = back_pressure_ = false;
  }

  unsigned connections_;
  std::size_t limit_ = 1;
  bool known_ = false;
  double mean_ = 0, variance_ = 0;
  double current_sum_ = 0;
  unsigned current_count_ = 0;
  bool reached_limit_ = false, back_pressure_ = false;
  TimePoint next_update_ = origin;
};

/// The adaptive retry mode of the AWS SDKs (botocore/retries/{adaptive,throttling,bucket}.py): a token bucket whose
/// rate follows CUBIC once the service has throttled. Without their retry quota, which would give operations up.
class Cubic final : public RivalRule {
 public:
  explicit Cubic(unsigned connections) : connections_(connections) {}

  TimePoint due(TimePoint now) override {
    if (!enabled_) return now;
    fill(now);
    return tokens_ >= 1 ? now : now + from_seconds((1 - tokens_) / fill_rate_) + std::chrono::microseconds(1);
  }
  std::size_t most_in_flight() const override { return connections_; }
  std::size_t most_open() const override { return connections_; }

  void sent(TimePoint now) override {
    if (!enabled_) return;
    fill(now);
    tokens_ -= 1;
  }

  void answered(const Reply& reply, Duration, std::size_t, TimePoint now) override {
    const double measured = measure(now);
    double rate = 0;
    // They go by error codes, and a bare 503 is not a throttling code.
    if (reply.http == 429) {
      const double to_use = enabled_ ? std::min(measured, fill_rate_) : measured;
      w_max_ = to_use;
      k_ = std::cbrt(w_max_ * (1 - beta) / scale);
      last_fail_ = now;
      rate = to_use * beta;
      enabled_ = true;
    } else {
      const double since = seconds(now - last_fail_) - k_;
      rate = scale * since * since * since + w_max_;
    }
    set_rate(std::min(rate, 2 * measured), now);
  }

  Duration wait(unsigned attempts, std::mt19937_64& random) override {
    return exponential(std::chrono::seconds(1), attempts, random);
  }

 private:
  static constexpr double scale = 0.4, beta = 0.7, smoothing = 0.8, least_rate = 0.5, bucket_scale = 2;

  double measure(TimePoint now) {
    const double bucket = std::floor(since_origin(now) * bucket_scale) / bucket_scale;
    ++count_;
    if (bucket > last_bucket_) {
      measured_ = smoothing * count_ / (bucket - last_bucket_) + measured_ * (1 - smoothing);
      count_ = 0;
      last_bucket_ = bucket;
    }
    return measured_;
  }
  void fill(TimePoint now) {
    tokens_ = std::min(capacity_, tokens_ + fill_rate_ * seconds(now - filled_));
    filled_ = now;
  }
  void set_rate(double rate, TimePoint now) {
    fill(now);
    fill_rate_ = std::max(rate, least_rate);
    capacity_ = std::max(rate, 1.0);
    tokens_ = std::min(tokens_, capacity_);
  }

  unsigned connections_;
  bool enabled_ = false;
  double w_max_ = 0, k_ = 0;
  TimePoint last_fail_ = origin;
  double count_ = 0, measured_ = 0, last_bucket_ = 0;
  double fill_rate_ = least_rate, capacity_ = 1, tokens_ = 0;
  TimePoint filled_ = origin;
};

}  // namespace

std::unique_ptr<RivalRule> make_rule(Player player, unsigned connections) {
  switch (player) {
    case Player::backoff:
      return std::make_unique<Backoff>(connections);
    case Player::aimd:
      return std::make_unique<Aimd>(connections);
    case Player::cubic:
      return std::make_unique<Cubic>(connections);
    case Player::koobatch:
      break;
  }
  assert(false && "not a rival");
  return nullptr;
}

}  // namespace koobatch::pace_bench
