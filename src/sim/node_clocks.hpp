#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/sim/simulator.hpp"

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string_view>
#include <vector>

namespace koobatch::sim {

/// Whether this --fault is about the Date of answers rather than about the fate of requests.
bool is_clock_fault(std::string_view text);
/// Parses a fault such as "date=+2s,rate=0.1", "date=-2h,rate=0.5,per=connection,judge=node", "date=none,rate=1" or
/// "date=garbage,rate=0.1". A usage error says what is wrong.
Result<ClockFault> parse_clock_fault(std::string_view text);
/// A usage error if the rates add up to more than 1.
Result<void> check_clock_faults(std::span<const ClockFault> faults);

/// The clock of an answering node.
struct NodeClock {
  ClockFault::Date date = ClockFault::Date::shown;
  Duration shown{};   ///< how far ahead its Date is
  Duration judged{};  ///< how far ahead the clock is by which it judges X-Date
};

/// Draws which node answers a request. It has its own random sequence, so that it does not affect which requests are
/// hit by faults.
class NodeClocks {
 public:
  NodeClocks(std::vector<ClockFault> faults, std::uint64_t seed);
  /// Whether there is nothing to draw: the clocks of all nodes are right.
  bool all_right() const { return faults_.empty(); }
  /// Must be called once per request. `connection`: the connection's node, drawn with its first request and kept.
  NodeClock draw(std::optional<NodeClock>& connection);

 private:
  std::optional<NodeClock> draw(bool per_connection);

  std::vector<ClockFault> faults_;
  std::mt19937_64 random_;
};

}  // namespace koobatch::sim
