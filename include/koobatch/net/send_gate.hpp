#pragma once
#include "koobatch/core/clock.hpp"

namespace koobatch::net {

/// Whether requests may be sent at all, which somebody else decides from moment to moment. Asked for each exchange, on
/// the thread that sends it, in the step that hands its first byte over. Safe to call from any thread.
class SendGate {
 public:
  virtual ~SendGate() = default;
  /// Whether a request may be sent now that says it is sent at `dated`.
  virtual bool admits(WallTime dated) = 0;
};

struct Exchange;
/// Asks the gate about an exchange that begins now. If it says no, ends the exchange as withheld, and returns true.
bool turn_away(SendGate& gate, Exchange& exchange);

}  // namespace koobatch::net
