#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/koodrive/outcome.hpp"

namespace koobatch::flow {

/// Notices when the node behind a pool of connections accepts nothing any more. Its answers may be those of a service
/// that only throttles (HTTP 503), which the breaker does not treat as an outage. The caller should then look for
/// another node. Reads no clock.
class NodeDoubt {
 public:
  /// The number of failures without an acceptance in between. Few, because a service may ask for a pause after each of
  /// them.
  static constexpr unsigned failures = 3;
  /// The time these failures must span: longer than a quota that is counted per second refuses everything.
  static constexpr Duration patience = std::chrono::milliseconds(1500);

  /// Reports an attempt's outcome. Returns whether it is time to look for another node; counting then starts again.
  bool observe(const koodrive::Outcome& outcome, TimePoint now);

 private:
  unsigned failures_ = 0;  ///< since something was accepted
  TimePoint since_;        ///< when the first of them happened
};

}  // namespace koobatch::flow
