#pragma once
#include "koobatch/core/clock.hpp"
#include "pace/contestant.hpp"
#include "pace/service.hpp"

#include <cstdint>
#include <memory>
#include <random>

namespace koobatch::pace_bench {

/// How a rival client decides what to send and when. Everything that fails or is refused is sent again until it
/// succeeds, so that all clients complete the same job.
class RivalRule {
 public:
  virtual ~RivalRule() = default;
  /// When the next request may be sent; not later than `now`: immediately.
  virtual TimePoint due(TimePoint now) = 0;
  /// The maximum number of requests without an answer.
  virtual std::size_t most_in_flight() const = 0;
  /// The maximum number of operations begun and not done, including those that wait to be repeated.
  virtual std::size_t most_open() const = 0;
  /// Reports that a request is sent. Precondition: it is due.
  virtual void sent(TimePoint now) = 0;
  /// Reports an answer. `in_flight`: the number of requests without an answer, including this one.
  virtual void answered(const Reply& reply, Duration round_trip, std::size_t in_flight, TimePoint now) = 0;
  /// The wait before an operation that was sent `attempts` times is sent again. Retry-After is obeyed in addition.
  virtual Duration wait(unsigned attempts, std::mt19937_64& random) = 0;
};

/// Precondition: `player` is a rival.
std::unique_ptr<RivalRule> make_rule(Player player, unsigned connections);

}  // namespace koobatch::pace_bench
