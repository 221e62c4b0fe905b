#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/flow/refused_rate.hpp"

#include <cstdint>

namespace koobatch::flow {

/// Tells noise from overload in ambiguous failures, such as a 503 without Retry-After, by an experiment: does their
/// share depend on our rate? If more fail than usual, or more in a row than chance explains, they are taken for
/// refusals and the rate is lowered. If the same share still fails, it has another cause, and the rate is restored;
/// that share never lowers the rate again. So losses that do not depend on the rate cost no speed. This is BBR's idea,
/// as opposed to TCP's older assumption that every loss is congestion.
class LossModel {
 public:
  enum class Finding : std::uint8_t {
    nothing,
    suspicious,  ///< more failures than usual
    helped,      ///< lowering the rate helped: the limit stays
    noise,       ///< it did not: the limit must be restored
    refused,     ///< a refusal: failures depend on the rate, and it is too high again
  };

  /// Reports an answer to a request sent at `sent`. `failed`: whether it is an ambiguous failure. Returns whether
  /// there may be a finding, which conclude() then returns.
  bool observe(bool failed, TimePoint sent);
  /// Precondition: observe() has just returned true. `rate`: the limit in force, in requests a second; infinity if
  /// there is none. Not an argument of observe(), because most answers do not need it and it costs more than they do.
  Finding conclude(bool failed, TimePoint now, double rate);
  /// Reports that the limit was found by other means, which makes the current experiment irrelevant.
  void forget_trial() { trying_ = false; }
  /// Reports that an outage has begun: the last failures were its first, and say nothing about the rate. Ends an
  /// experiment without a finding. Until the outage is over, observe() must not be called.
  void interrupt(TimePoint now);
  bool trying() const { return trying_; }
  /// Whether failures were found to depend on the rate.
  bool proven() const { return proven_; }
  /// The share of failures that do not depend on the rate.
  double noise() const { return noise_; }

 private:
  struct Counted {
    std::uint32_t all = 0, failed = 0;
    double share() const { return all == 0 ? 0 : static_cast<double>(failed) / all; }
  };

  Finding watch(TimePoint now, double rate);
  Finding suspect(TimePoint now, double rate);
  Finding refuse(TimePoint now, double rate);
  Finding end_trial(TimePoint now, double rate);
  bool is_trial_over() const;
  bool is_evident() const;
  double enough() const;
  double most_left() const;
  void begin_sample(TimePoint now, double refused_rate);
  bool try_on(const Counted& now);
  bool fits(double rate);
  bool rose_in_vain(double rate);
  double expected() const;
  bool is_row_too_long() const;
  bool is_unusual() const;

  struct Base {
    double rate = 0, accepted = 0;  ///< requests a second
  };

  double noise_ = 0;
  Counted before_;                        ///< before the current experiment
  double share_at_first_ = 0;             ///< before the first of consecutive experiments
  Base base_;                             ///< what a rise of the rate is compared with; 0: not known
  Counted recent_;                        ///< during an experiment: since it began
  TimePoint changed_ = TimePoint::min();  ///< answers to requests sent before say nothing about the rate
  RefusedRate refused_;
  std::uint32_t row_ = 0;        ///< consecutive failures
  std::uint32_t unhelpful_ = 0;  ///< consecutive experiments that did not help
  bool known_ = false;           ///< noise_ is an estimate
  bool proven_ = false;          ///< failures were found to depend on the rate
  bool trying_ = false;
};

}  // namespace koobatch::flow
