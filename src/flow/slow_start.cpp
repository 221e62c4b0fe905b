#include "koobatch/flow/slow_start.hpp"

namespace koobatch::flow {
namespace {

/// At most one request in so many may be refused when the quota is used up.
constexpr std::uint32_t admitted_for_one = 40;
constexpr Duration shortest_round = std::chrono::milliseconds(50);

}  // namespace

void SlowStart::admitted(std::uint32_t in_flight, TimePoint now) {
  if (allowed_ == most) return;
  ++admitted_;
  if (in_flight < allowed_ / 2) return;
  if (allowed_ == round_to_ && now >= next_round_) {
    round_to_ = 2 * allowed_;
    next_round_ = now + shortest_round;
  }
  if (allowed_ < round_to_ || admitted_ / admitted_for_one >= allowed_) ++allowed_;
  if (round_to_ < allowed_) round_to_ = allowed_;
}

}  // namespace koobatch::flow
