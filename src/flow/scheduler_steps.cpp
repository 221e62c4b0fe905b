#include "koobatch/flow/scheduler.hpp"

#include <utility>

// How an operation continues that takes several requests.

namespace koobatch::flow {
namespace {

/// From this attempt on, the numbers of a series of readings begin anew, and so its trace IDs repeat: then
/// SchedulerSettings::max_attempts further attempts have numbers.
constexpr std::uint8_t most_read_on = 50;

}  // namespace

void Scheduler::advance(Seat& seat, SlotId id) {
  Slot& slot = slots_[id];
  if (slot.reads) ++slot.readings;
  slot.again = false;
  // Each connection that is used again may have been closed meanwhile. But one that is closed each time the operation
  // itself is sent must not repeat that for ever.
  if (!slot.maybe_applied) slot.went_stale = false;
  // next() may give up another operation before the one that the seat is to send.
  untie(seat);
  // Better to repeat trace IDs than to keep the operation from continuing.
  if (slot.attempt == last_attempt) slot.attempt = 0;
  seat.repeat = id;
}

/// The next request has as many attempts, and as much time, as the first one.
void Scheduler::begin_anew(Slot& slot, TimePoint now) {
  slot.counted = slot.mended = 0;
  if (slot.retries) slot.retries->clock = {};
  slot.begins = true;
  slot.first_attempt = now;  // its place among the repeats, should the seat not be able to send it
}

void Scheduler::read_on(Seat& seat, SlotId id, TimePoint now) {
  Slot& slot = slots_[id];
  advance(seat, id);
  if (slot.was_sent) {
    // The time for sending the operation continues to run.
    slot.counted = 0;
    return;
  }
  begin_anew(slot, now);
  if (slot.attempt >= most_read_on) slot.attempt = 0;
  if (slot.retries) slot.retries->history.clear();
}

void Scheduler::send(Seat& seat, SlotId id, TimePoint now) {
  Slot& slot = slots_[id];
  advance(seat, id);
  if (std::exchange(slot.reads, false)) slot.read_at = now;
  // Readings that failed before one succeeded take no attempt from the operation itself.
  slot.counted = slot.counted_sending;
}

void Scheduler::send_once_durable(Seat& seat, SlotId id, std::uint64_t ticket, TimePoint now) {
  send(seat, id, now);
  seat.repeat = no_slot;
  backlog_.await(id, ticket);
}

bool Scheduler::may_send_unread(SlotId id, TimePoint now) const {
  const Slot& slot = slots_[id];
  if (slot.settled) return false;
  return !slot.was_sent || (slot.reads && slot.counted_sending < settings_.max_attempts && !past_deadline(slot, now));
}

void Scheduler::send_unread(SlotId id, Unread why, TimePoint now) {
  Slot& slot = slots_[id];
  if (why == Unread::failed) {
    slot.reads_first = false;
  } else {
    // A reading that was due has not been made: what was read is as old as it was.
    slot.reads = false;
  }
  if (!slot.was_sent) begin_anew(slot, now);
}

void Scheduler::read_back(Seat& seat, SlotId id, Status status, TimePoint now) {
  Slot& slot = slots_[id];
  advance(seat, id);
  begin_anew(slot, now);
  slot.settled = status;
  slot.maybe_applied = slot.reads = true;
}

/// Whether what waits for durability would have been read too long ago when a seat that sends something else now is
/// free again: then it would have to be read once more, and so would what is read now.
bool Scheduler::must_not_read_ahead(TimePoint now) const {
  const SlotId id = backlog_.first_awaiting();
  return id != no_slot && now - slots_[id].read_at + request_takes() > longest_reading_age / 2;
}

Interruptions Scheduler::interruptions(TimePoint now) const {
  const auto counts = pace_.counts();
  return {pace_.downtime(now), counts.pauses + counts.user_pauses};
}

void Scheduler::refresh_reading(Slot& slot, TimePoint now) const {
  if (!slot.reads_first || slot.reads || now - slot.read_at < longest_reading_age) return;
  const Interruptions before = std::exchange(slot.interruptions, interruptions(now));
  const bool is_for_the_pace = before == slot.interruptions;
  if (slot.rereadings >= (is_for_the_pace ? most_rereadings : most_rereadings_in_all)) return;
  ++slot.rereadings;
  slot.reads = true;
}

}  // namespace koobatch::flow
