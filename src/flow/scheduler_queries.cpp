#include "koobatch/flow/scheduler.hpp"

#include <utility>

// What a scheduler is asked, and what changes nothing about its operations.

namespace koobatch::flow {

bool Scheduler::wants_input() const {
  if (slots_.held() == 0) return true;
  return slots_.held() < settings_.look_ahead && slots_.bytes() < settings_.look_ahead_bytes;
}

AttemptTiming Scheduler::last_timing(SlotId id, TimePoint now) const {
  const AttemptRecord& last = slots_[id].retries->history.back();
  return {now, last.at, last.latency};
}

bool Scheduler::wants_sync() const {
  if (stopping_) return false;
  if (backlog_.has_notes_to_sync()) return true;
  const Sequencer& lanes = backlog_.lanes();
  if (backlog_.waiting_for_sync() > 0) {
    if (lanes.ready() < settings_.low_water) return true;
    // What was read grows old.
    return backlog_.first_awaiting() != no_slot && request_takes() > longest_reading_age / 2;
  }
  return !input_open_ && slots_.held() == 0 && lanes.unsynced() > 0;
}

bool Scheduler::take_pace_changed() {
  return std::exchange(pace_changed_, false);
}

bool Scheduler::has_ready(TimePoint now) const {
  if (stopping_) return slots_.in_flight() == 0;
  return !doubtful_.empty() || backlog_.has_ready(now, pace_.last_accepted()) || idle(now).kind == Action::Kind::done;
}

std::vector<std::uint32_t> Scheduler::unsettled() const {
  std::vector<std::uint32_t> lines = blocked_.unsettled();
  slots_.append_unsettled(lines);
  return lines;
}

bool Scheduler::at_rest(TimePoint now) const {
  return doubtful_.empty() && backlog_.waiting_for_sync() == 0 && nothing_to_try(now);
}

/// Whether nothing is in flight, and nothing waits for its time.
bool Scheduler::nothing_to_try(TimePoint now) const {
  return slots_.in_flight() == 0 && !backlog_.has_notes_to_sync() && backlog_.first_awaiting() == no_slot &&
         backlog_.choose(now, false).slot == no_slot && backlog_.next_change(now) == TimePoint::max();
}

Action Scheduler::idle(TimePoint now) const {
  Action action;
  if (!input_open_ && slots_.held() == 0 && backlog_.lanes().unsynced() == 0) action.kind = Action::Kind::done;
  action.until = backlog_.next_change(now);
  return action;
}

}  // namespace koobatch::flow
