#pragma once
#include <cstdint>

namespace koobatch::flow {

/// The rate that was last too high, and whether another refusal fits it. A quota refuses at about the same rate again
/// and again; what is found at ever lower rates, each long after the last, has another cause.
class RefusedRate {
 public:
  /// Reports that `rate` was too high. Infinity, the rate without a limit, says nothing.
  void set(double rate);
  /// Reports that `rate` was not too high, so the one that is cannot be far above it.
  void bound(double rate);
  void forget() { rate_ = 0; }
  /// Counts an answer.
  void count() { ++answers_; }

  /// Whether `rate` is about as high as the one that was too high, or higher.
  bool is_near(double rate) const;
  /// Reports a refusal at `rate`. Returns whether it fits: false if too many in a row did not.
  bool admit(double rate);

 private:
  double rate_ = 0;              ///< 0: not known
  std::uint32_t answers_ = 0;    ///< since it was set
  std::uint32_t unfitting_ = 0;  ///< consecutive refusals at lower rates
};

}  // namespace koobatch::flow
