#include "engine/held_refusals.hpp"

#include "koobatch/koodrive/classifier.hpp"

#include <utility>

namespace koobatch::engine {

HeldRefusals::Decision HeldRefusals::consider(flow::SlotId slot, Status status, const koodrive::Outcome& outcome,
                                              const flow::AttemptTiming& timing) {
  using Fate = flow::RefusalStreak::Decision::Fate;
  // An operation is skipped, too, if the request that reads what it is about was refused.
  const bool is_refused = status == Status::rejected || status == Status::skipped;
  if (!is_refused || !flow::RefusalStreak::is_refusal(outcome)) {
    return {.others_freed = streak_.open() && koodrive::proves_service(outcome) && streak_.answered()};
  }
  const auto decision = streak_.refused(worker_, outcome);
  if (decision.fate == Fate::record) return {.others_freed = decision.released};
  entries_.push_back({decision.ticket, {slot, status, outcome, timing}});
  Decision result{.held = true, .others_freed = decision.released};
  if (decision.fate == Fate::stop) result.stop = {decision.count, decision.recorded};
  return result;
}

std::optional<HeldRefusals::Held> HeldRefusals::take_released() {
  if (entries_.empty() || !streak_.released(entries_.front().ticket)) return std::nullopt;
  std::optional<Held> held(std::move(entries_.front().held));
  entries_.pop_front();
  return held;
}

}  // namespace koobatch::engine
