#include "koobatch/flow/slots.hpp"

#include <cassert>
#include <utility>

namespace koobatch::flow {
namespace {

/// Above this size, a slot returns its operation's memory: otherwise a few huge lines would stay in memory for good.
constexpr std::size_t keep_footprint = 4096;
/// Likewise for the history of an operation that was sent more often than this.
constexpr std::size_t keep_history = 8;

/// Resets a slot to its initial state, but keeps its memory.
void reset(Slot& slot) {
  if (slot.operation.footprint() > keep_footprint) slot.operation = {};
  if (slot.retries && slot.retries->history.capacity() > keep_history) slot.retries.reset();
  if (slot.retries) {
    slot.retries->history.clear();
    slot.retries->last.clear();
    slot.retries->clock = {};
  }
  slot.attempt = slot.counted = slot.mended = 0;
  slot.maybe_applied = slot.attempted_before = slot.went_stale = slot.noted = slot.on_budget = false;
  slot.again = slot.reads = slot.reads_first = false;
  slot.was_sent = false;
  slot.readings = slot.rereadings = slot.counted_sending = 0;
  slot.interruptions = {};
  slot.settled.reset();
  slot.begins = true;
  slot.state = Slot::State::free;
}

}  // namespace

Slot::Retries& Slot::more() {
  if (!retries) retries = std::make_unique<Retries>();
  return *retries;
}

void Slot::remember(const koodrive::Outcome& outcome, const AttemptTiming& timing) {
  Retries& kept = more();
  kept.history.push_back({attempt, outcome.http, outcome.code, outcome.error, timing.at, timing.latency});
  kept.last = outcome;
}

std::span<const AttemptRecord> Slot::history() const {
  if (!retries || retries->history.size() < 2) return {};
  return retries->history;
}

SlotId Slots::hold(koodrive::Operation& operation, bool attempted) {
  SlotId id = free_;
  if (id == no_slot) {
    if (size_ % block == 0) blocks_.push_back(std::make_unique<Slot[]>(block));
    id = size_++;
  } else {
    free_ = (*this)[id].next_free;
  }
  Slot& slot = (*this)[id];
  swap(slot.operation, operation);
  slot.state = Slot::State::waiting;
  slot.maybe_applied = slot.attempted_before = attempted;
  ++held_;
  bytes_ += slot.operation.footprint();
  return id;
}

void Slots::release(SlotId id) {
  Slot& slot = (*this)[id];
  assert(slot.state == Slot::State::waiting);
  bytes_ -= slot.operation.footprint();
  --held_;
  reset(slot);
  slot.next_free = std::exchange(free_, id);
}

void Slots::take_off(SlotId id) {
  Slot& slot = (*this)[id];
  assert(slot.state == Slot::State::waiting);
  slot.state = Slot::State::in_flight;
  ++in_flight_;
}

void Slots::land(SlotId id) {
  Slot& slot = (*this)[id];
  assert(slot.state == Slot::State::in_flight);
  slot.state = Slot::State::waiting;
  --in_flight_;
}

void Slots::append_unsettled(std::vector<std::uint32_t>& lines) const {
  for (SlotId id = 0; id < size_; ++id) {
    const Slot& slot = (*this)[id];
    const bool is_sent = slot.state == Slot::State::in_flight && !slot.reads;
    const bool is_held = slot.state != Slot::State::free;
    if (is_sent || (is_held && slot.maybe_applied)) lines.push_back(slot.operation.line());
  }
}

SlotId Slots::find_settled() const {
  for (SlotId id = 0; id < size_; ++id) {
    const Slot& slot = (*this)[id];
    if (slot.state == Slot::State::waiting && slot.settled) return id;
  }
  return no_slot;
}

}  // namespace koobatch::flow
