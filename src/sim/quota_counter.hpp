#pragma once
#include "koobatch/sim/throttle_settings.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace koobatch::sim {

/// What would still be admitted if nothing else were sent.
struct Allowance {
  double requests = 0;    ///< at once
  Duration until_full{};  ///< the time until as many as possible would be
};

/// Counts requests against a rate. Time is passed in and may step back a little, which costs nothing and earns nothing.
/// The rate is passed in, too, in requests a second and above 0: when it changes, requests admitted before still count.
class QuotaCounter {
 public:
  virtual ~QuotaCounter() = default;
  /// Returns whether a request at `now` is within the rate; counts it if so.
  virtual bool admit(double rate, TimePoint now) = 0;
  virtual Allowance allowance(double rate, TimePoint now) = 0;
  /// Whether it behaves from `now` on like a new one.
  virtual bool at_rest(TimePoint now) const = 0;
};

/// The generic cell rate algorithm: makes the same decisions as a token bucket, without a timer. In any interval of t
/// seconds, at most rate * t + the bucket's capacity are admitted.
class Bucket final : public QuotaCounter {
 public:
  /// `worth`: the bucket holds what the rate amounts to in this time, at least one request.
  explicit Bucket(Duration worth) : worth_(worth) {}
  bool admit(double rate, TimePoint now) override;
  Allowance allowance(double rate, TimePoint now) override;
  bool at_rest(TimePoint now) const override { return !started_ || since_start(now) >= due_; }

 private:
  double since_start(TimePoint now) const;
  double follow(double rate, TimePoint now);

  Duration worth_;
  double rate_ = 0;
  bool started_ = false;
  TimePoint start_;
  double due_ = 0;  ///< the time in ns after start_ at which the bucket is full again
};

/// Fixed windows aligned with the clock: one begins at each multiple of the length, and admits its quota at any moment
/// within it.
class ClockWindow final : public QuotaCounter {
 public:
  /// `clock`: when the clock showed 0.
  ClockWindow(Duration length, TimePoint clock) : length_(length), begin_(clock) {}
  bool admit(double rate, TimePoint now) override;
  Allowance allowance(double rate, TimePoint now) override;
  bool at_rest(TimePoint now) const override { return admitted_ == 0 || now >= begin_ + length_; }

 private:
  void follow(TimePoint now);

  Duration length_;
  TimePoint begin_;  ///< of the window that admitted_ counts
  std::uint64_t admitted_ = 0;
};

/// Admits no more than the quota in any interval of its length. Requests within a thousandth of the length are counted
/// as if all had arrived with the last of them, so that memory is bounded whatever the quota.
class SlidingWindow final : public QuotaCounter {
 public:
  explicit SlidingWindow(Duration length) : length_(length) {}
  bool admit(double rate, TimePoint now) override;
  Allowance allowance(double rate, TimePoint now) override;
  bool at_rest(TimePoint now) const override { return counts_.empty() || now >= counts_.back().last + length_; }

 private:
  struct Count {
    TimePoint first, last;
    std::uint64_t requests = 0;
  };

  TimePoint follow(TimePoint now);

  Duration length_;
  std::vector<Count> counts_;  ///< from oldest_ on, those within the length
  std::size_t oldest_ = 0;
  std::uint64_t admitted_ = 0;  ///< the total of those
};

/// The counter that the settings describe. `clock`: when the clock showed 0.
std::unique_ptr<QuotaCounter> make_counter(const ThrottleSettings& settings, TimePoint clock);

}  // namespace koobatch::sim
