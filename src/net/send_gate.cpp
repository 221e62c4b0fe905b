#include "koobatch/net/send_gate.hpp"

#include "koobatch/net/exchange.hpp"

namespace koobatch::net {

bool turn_away(SendGate& gate, Exchange& exchange) {
  if (gate.admits(exchange.dated)) return false;
  exchange.answer.clear();
  exchange.withheld = true;
  exchange.sent_at = exchange.ended_at = Steady::now();
  return true;
}

}  // namespace koobatch::net
