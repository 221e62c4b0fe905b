#pragma once
#include "pace/service_spec.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace koobatch::pace_bench {

/// What a service declares about its quota, whether true or not.
struct Declared {
  double limit = 0;  ///< per window
  double remaining = 0;
  double window = 0;  ///< seconds
  double reset = 0;   ///< seconds until `remaining` is restored
};

/// A quota as it is enforced. Calls must be in order of time, which is in seconds since the run began.
class Limiter {
 public:
  virtual ~Limiter() = default;
  /// Returns whether one more request is accepted now; counts it if so.
  virtual bool admit(double now) = 0;
  /// Its true state.
  virtual Declared state(double now) const = 0;
};

/// Null: unlimited.
std::unique_ptr<Limiter> make_limiter(const QuotaSpec& spec);

}  // namespace koobatch::pace_bench
