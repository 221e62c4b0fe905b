#include "koobatch/flow/scheduler.hpp"

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
  slot.went_stale = slot.again = false;
  // Better that trace IDs repeat than that the operation cannot go on.
  if (slot.attempt == last_attempt) slot.attempt = 0;
  seat.repeat = id;
}

/// The next request has as many attempts, and as much time, as the first one.
void Scheduler::begin_anew(Slot& slot, TimePoint now) {
  slot.counted = slot.mended = 0;
  slot.begins = true;
  slot.first_attempt = now;  // its place among the repeats, should the seat not be able to send it
}

void Scheduler::read_on(Seat& seat, SlotId id, TimePoint now) {
  Slot& slot = slots_[id];
  advance(seat, id);
  begin_anew(slot, now);
  if (slot.attempt >= most_read_on) slot.attempt = 0;
  if (slot.retries) slot.retries->history.clear();
}

void Scheduler::send(Seat& seat, SlotId id, TimePoint now) {
  advance(seat, id);
  slots_[id].reads = false;
  slots_[id].read_at = now;
}

void Scheduler::read_back(Seat& seat, SlotId id, Status status, TimePoint now) {
  Slot& slot = slots_[id];
  advance(seat, id);
  begin_anew(slot, now);
  slot.settled = status;
  slot.maybe_applied = slot.reads = true;
}

void Scheduler::refresh_reading(Slot& slot, TimePoint now) const {
  if (!slot.reads_first || slot.reads || now - slot.read_at < longest_reading_age) return;
  const Duration down = pace_.downtime(now);
  if (slot.rereadings >= most_rereadings && down == slot.downtime_at_rereading) return;
  ++slot.rereadings;
  slot.downtime_at_rereading = down;
  slot.reads = true;
}

}  // namespace koobatch::flow
