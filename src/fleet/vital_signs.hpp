#pragma once
#include "koobatch/core/boot_clock.hpp"
#include "koobatch/core/mutex.hpp"
#include "koobatch/fleet/ledger.hpp"

#include <cstdint>
#include <optional>

namespace koobatch::fleet {

/// What a worker tells the others with its heartbeats, except for the results that were committed. Safe to call from
/// any thread.
class VitalSigns {
 public:
  /// Over a shorter time, the number of requests says little about their rate.
  static constexpr Duration shortest = std::chrono::milliseconds(500);

  struct Sight {
    std::uint64_t requests = 0;  ///< sent so far
    std::uint64_t held_refusals = 0;
    double share = 0;            ///< of the rate; 0: there is no limit, or none is left
    bool idle_for_rate = false;  ///< it claims nothing because its share is too small
  };
  /// Takes in how things stand, about once a second.
  void observe(const Sight& sight, BootTime now) EXCLUDES(mutex_);
  Vitals read() const EXCLUDES(mutex_);

 private:
  struct Mark {
    std::uint64_t requests;
    BootTime at;
  };

  mutable Mutex mutex_;
  Vitals vitals_ GUARDED_BY(mutex_);
  std::optional<Mark> mark_ GUARDED_BY(mutex_);
};

}  // namespace koobatch::fleet
