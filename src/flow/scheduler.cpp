#include "koobatch/flow/scheduler.hpp"

#include "flow/attempt_policy.hpp"

#include <algorithm>
#include <utility>

namespace koobatch::flow {

Scheduler::Scheduler(const SchedulerSettings& settings, Pace& pace, const StoppedUsers& stopped, std::uint64_t seed)
    : settings_(settings),
      pace_(pace),
      stopped_(stopped),
      random_(seed),
      backlog_(slots_, settings.notes_ahead),
      blocked_(settings.most_blocked_keys),
      groups_(std::move(settings_.groups)) {}

void Scheduler::expect_seats(std::size_t low_water, std::size_t notes_ahead) {
  settings_.low_water = low_water;
  settings_.look_ahead = std::max(settings_.look_ahead, low_water);
  backlog_.allow_notes(notes_ahead);
}

void Scheduler::admit(koodrive::Operation& operation, bool attempted, bool reads_first) {
  if (is_stopped(operation) || blocked_.contains(operation.key_hash())) {
    blocked_.count(is_stopped(operation));
    block(operation.key_hash());
    return;
  }
  const SlotId id = slots_.hold(operation, attempted);
  slots_[id].reads = slots_[id].reads_first = reads_first;
  backlog_.add(id);
}

Scheduler::Choice Scheduler::choose(const Seat& seat, TimePoint now, bool prefer_fresh) const {
  if (seat.repeat != no_slot) return {true, {Backlog::Candidate::Where::nowhere, seat.repeat}};
  return {false, backlog_.choose(now, prefer_fresh, pace_.last_accepted(), must_not_read_ahead(now))};
}

void Scheduler::take(Seat& seat, const Choice& choice, TimePoint now) {
  if (choice.from_seat) {
    seat.repeat = no_slot;
  } else {
    backlog_.take(choice.candidate, now);
  }
}

/// Another seat may be the first that can send, so the operation must not be tied to this one.
void Scheduler::untie(Seat& seat) {
  if (seat.repeat == no_slot) return;
  const SlotId id = std::exchange(seat.repeat, no_slot);
  backlog_.repeat_at(slots_[id].first_attempt, id);
}

void Scheduler::put_off(Seat& seat, TimePoint now) {
  if (std::exchange(seat.probing, false)) pace_.release_probe(now);
  untie(seat);
}

Action Scheduler::wait_for_permit(Seat& seat, const Pace::Permit& permit) {
  seat.probing = false;
  untie(seat);
  Action action;
  action.until = permit.ask_at;
  return action;
}

Pace::Request Scheduler::request(SlotId id) const {
  using Kind = Pace::Request::Kind;
  const Slot& slot = slots_[id];
  const Kind kind = slot.begins ? Kind::first : slot.on_budget ? Kind::retry : Kind::repeat;
  return {kind, slot.operation.user()};
}

/// The choice has to wait, but other operations need not.
void Scheduler::set_aside(Seat& seat, const Choice& choice, const Pace::Permit& permit, TimePoint now) {
  if (choice.candidate.where == Backlog::Candidate::Where::users) {
    backlog_.postpone_user(permit.ask_at);
  } else if (permit.only_retries) {
    backlog_.hold_retries(permit.ask_at);
  } else {
    take(seat, choice, now);
    backlog_.hold_for_user(choice.candidate.slot, permit.ask_at);
  }
}

void Scheduler::start(SlotId id, TimePoint now, const Pace::Permit& permit) {
  Slot& slot = slots_[id];
  slot.before = {slot.begins, slot.on_budget, slot.was_sent};
  ++slot.attempt;
  if (std::exchange(slot.begins, false)) {
    slot.first_attempt = now;
    slot.due = permit.due;
    slot.downtime_before = permit.downtime;
  }
  if (!slot.reads) {
    slot.was_sent = true;
    slot.rereadings = 0;
  }
  slot.sent = permit.sent;
  backlog_.use_note(id);
  slot.on_budget = false;
  slots_.take_off(id);
}

Action Scheduler::next(Seat& seat, TimePoint now) {
  notice_stopped_users(now);
  for (;;) {
    if (stopping_) {
      if (std::exchange(seat.probing, false)) pace_.release_probe(now);
      if (const SlotId id = slots_.find_settled(); id != no_slot) {
        return {.kind = Action::Kind::give_up, .slot = id, .status = given_up(slots_[id])};
      }
      return {.kind = slots_.in_flight() == 0 ? Action::Kind::done : Action::Kind::wait};
    }
    if (const auto settled = settle_doubtful(now)) {
      return {.kind = Action::Kind::give_up, .slot = *settled, .status = given_up(slots_[*settled])};
    }
    // Each probe uses a different operation as long as there are any.
    const Choice choice = choose(seat, now, seat.probing || pace_.interrupted());
    const SlotId id = choice.candidate.slot;
    if (id == no_slot) {
      if (std::exchange(seat.probing, false)) pace_.release_probe(now);
      return idle(now);
    }
    if (const auto status = lost(slots_[id], now)) {
      take(seat, choice, now);
      return {.kind = Action::Kind::give_up, .slot = id, .status = *status};
    }
    if (is_stopped(slots_[id].operation)) {
      take(seat, choice, now);
      leave_out_lane(id);
      continue;
    }
    if (!seat.connected) return connect(seat, now);
    refresh_reading(slots_[id], now);
    if (backlog_.must_note(id)) {
      take(seat, choice, now);
      return {.kind = Action::Kind::note, .slot = id};
    }
    const auto permit = pace_.acquire(now, seat.probing, request(id));
    seat.probing = permit.probe;
    if (permit.granted) {
      take(seat, choice, now);
      start(id, now, permit);
      return {.kind = Action::Kind::send, .slot = id};
    }
    if (!permit.only_user && !permit.only_retries) return wait_for_permit(seat, permit);
    set_aside(seat, choice, permit, now);
  }
}

Action Scheduler::connect(Seat& seat, TimePoint now) {
  const auto permit = seat.probing ? Pace::Permit{.granted = true, .probe = true} : pace_.may_connect(now);
  if (!permit.granted) return wait_for_permit(seat, permit);
  seat.probing = permit.probe;
  return {.kind = Action::Kind::connect};
}

/// The status with which an operation that would go next is given up; nothing if something can still come of it.
std::optional<Status> Scheduler::lost(const Slot& slot, TimePoint now) const {
  if (is_stopped(slot.operation)) return slot.settled;
  if (groups_ && groups_->is_vain(slot.operation)) return Status::skipped;
  if (!slot.begins && past_deadline(slot, now)) return given_up(slot);
  return std::nullopt;
}

bool Scheduler::past_deadline(const Slot& slot, TimePoint at) const {
  if (pace_.interrupted() || pace_.held()) return false;
  const Duration down = pace_.downtime(at) - slot.downtime_before;
  return at - slot.first_attempt - down >= settings_.deadline;
}

std::optional<Scheduler::Final> Scheduler::connect_failed(Seat& seat, const koodrive::Outcome& outcome,
                                                          const AttemptTiming& timing) {
  const bool was_probe = std::exchange(seat.probing, false);
  pace_changed_ |= pace_.observe_unsent(outcome, timing.now, was_probe);
  if (stopping_) return std::nullopt;
  const Choice choice = choose(seat, timing.now, was_probe);
  const SlotId id = choice.candidate.slot;
  if (id == no_slot) return std::nullopt;
  if (pace_.interrupted()) {
    untie(seat);
    return std::nullopt;
  }
  take(seat, choice, timing.now);
  start(id, timing.now, {.downtime = pace_.downtime(timing.now), .due = timing.now});
  const auto status = settle(seat, id, outcome, timing);
  if (!status) return std::nullopt;
  return Final{id, *status};
}

std::optional<Status> Scheduler::complete(Seat& seat, SlotId id, const koodrive::Outcome& outcome,
                                          const AttemptTiming& timing) {
  const Slot& slot = slots_[id];
  pace_changed_ |=
      pace_.observe(outcome, timing.now, std::exchange(seat.probing, false), slot.operation.user(), slot.sent);
  return settle(seat, id, outcome, timing);
}

void Scheduler::withhold(Seat& seat, SlotId id, TimePoint now) {
  Slot& slot = slots_[id];
  slot.begins = slot.before.begins;
  slot.on_budget = slot.before.on_budget;
  slot.was_sent = slot.before.was_sent;
  --slot.attempt;
  slots_.land(id);
  pace_.withhold(now, std::exchange(seat.probing, false), request(id), slot.sent);
  if (slot.on_budget) {
    backlog_.retry_at(now, id, now);
  } else {
    backlog_.repeat_at(slot.first_attempt, id);
  }
}

std::optional<Status> Scheduler::settle(Seat& seat, SlotId id, const koodrive::Outcome& outcome,
                                        const AttemptTiming& timing) {
  using koodrive::Verdict;
  Slot& slot = slots_[id];
  slots_.land(id);
  // Of a failed attempt to connect it is 0.
  if (timing.latency > Duration::zero()) (slot.reads ? reading_took_ : sending_took_) = timing.latency;
  slot.maybe_applied |= !slot.reads && (outcome.verdict == Verdict::unclear || outcome.verdict == Verdict::stale);
  const auto status = follow(seat, id, outcome, timing.now);
  slot.again = !status;
  if (slot.again && !slot.reads) slot.counted_sending = slot.counted;
  if (slot.again || slot.has_history()) slot.remember(outcome, timing);
  // The lost attempt may have been applied: that shows before it is repeated.
  if (slot.again && slot.reads_first && slot.maybe_applied) slot.reads = true;
  return status;
}

std::optional<Status> Scheduler::follow(Seat& seat, SlotId id, const koodrive::Outcome& outcome, TimePoint now) {
  Slot& slot = slots_[id];
  const auto decision = decide(outcome.verdict, {.idempotent = slot.reads || slot.operation.is_repeatable(),
                                                 .reads = slot.reads,
                                                 .went_stale = slot.went_stale,
                                                 .has_numbers = slot.attempt < last_attempt});
  switch (decision.disposition) {
    case Disposition::finish:
      return decision.status;
    case Disposition::repeat_at_once:
      slot.went_stale = true;
      seat.repeat = id;
      return std::nullopt;
    case Disposition::repeat:
      ++slot.mended;
      if (!may_try_again(slot, now)) return given_up(slot);
      backlog_.repeat_at(when(slot, now), id);
      return std::nullopt;
    case Disposition::wait_for_room:
      return wait_for_room(id, outcome, now);
    case Disposition::retry:
      return retry_counted(id, now);
  }
  return Status::unknown;
}

std::optional<Status> Scheduler::wait_for_room(SlotId id, const koodrive::Outcome& outcome, TimePoint now) {
  const Slot& slot = slots_[id];
  // The pace knows when there is room; of the operations waiting for it, the oldest goes first.
  if (!may_try_again(slot, now + outcome.retry_after.value_or(Duration::zero()))) return given_up(slot);
  backlog_.repeat_at(slot.first_attempt, id);
  return std::nullopt;
}

Status Scheduler::given_up(const Slot& slot) {
  return slot.settled.value_or(slot.maybe_applied ? Status::unknown : Status::failed);
}

std::optional<Status> Scheduler::retry_counted(SlotId id, TimePoint now) {
  Slot& slot = slots_[id];
  // Attempts during an outage do not count against the operation.
  if (!pace_.interrupted() && ++slot.counted >= settings_.max_attempts) {
    if (!pace_.failing()) return given_up(slot);
    doubtful_.push_back({id, pace_.outage_time(now)});
    return std::nullopt;
  }
  slot.on_budget = true;
  const TimePoint at = now + settings_.retry.backoff(std::max<unsigned>(slot.counted, 1), random_);
  if (!may_try_again(slot, at)) return given_up(slot);
  backlog_.retry_at(when(slot, at), id, now);
  return std::nullopt;
}

/// An operation whose last attempt failed like the first ones of an outage is not given up until it is clear that there
/// is no outage: either something was answered, or nothing else is left that could show it. Returns an operation to be
/// given up.
std::optional<SlotId> Scheduler::settle_doubtful(TimePoint now) {
  while (!doubtful_.empty()) {
    const auto [id, downtime] = doubtful_.front();
    Slot& slot = slots_[id];
    const bool alone = nothing_to_try(now);
    // A foreign answer proves nothing: the operation itself continues to be sent until something is answered, or enough
    // has failed to be an outage.
    const bool unproven = alone && slot.retries->last.foreign && pace_.failing();
    if ((pace_.outage_time(now) > downtime || unproven) && slot.attempt < last_attempt) {
      --slot.counted;
      slot.counted_sending = std::min(slot.counted_sending, slot.counted);
      slot.on_budget = true;
      backlog_.retry_at(unproven ? now + settings_.retry.backoff(slot.counted + 1U, random_) : now, id, now);
    } else if (!pace_.failing() || alone) {
      doubtful_.pop_front();
      return id;
    } else {
      return std::nullopt;
    }
    doubtful_.pop_front();
  }
  return std::nullopt;
}

bool Scheduler::may_try_again(const Slot& slot, TimePoint at) const {
  return slot.attempt != last_attempt && !past_deadline(slot, at);
}

/// An operation that will only be left out need not wait for that.
TimePoint Scheduler::when(const Slot& slot, TimePoint at) const {
  return is_stopped(slot.operation) ? TimePoint::min() : at;
}

void Scheduler::abandon(Seat& seat, SlotId id, TimePoint now) {
  // The thread that ends the run is notified later than the seats look for their next operation.
  stop();
  if (std::exchange(seat.probing, false)) pace_.release_probe(now);
  slots_.land(id);
}

void Scheduler::leave_out(Seat& seat, SlotId id, const koodrive::Outcome& outcome, TimePoint now) {
  const Slot& slot = slots_[id];
  pace_changed_ |= pace_.observe(outcome, now, std::exchange(seat.probing, false), slot.operation.user(), slot.sent);
  slots_.land(id);
  leave_out_lane(id);
}

bool Scheduler::is_stopped(const koodrive::Operation& operation) const {
  return stopped_.size() != 0 && stopped_.contains(UserPace::hash(operation.user()));
}

/// Operations of users stopped meanwhile must not wait any longer: they would fill the look-ahead for nothing.
void Scheduler::notice_stopped_users(TimePoint now) {
  const std::size_t size = stopped_.size();
  if (std::exchange(stopped_seen_, size) == size) return;
  backlog_.hasten([&](SlotId id) { return is_stopped(slots_[id].operation); },
                  [&](UserPace::User user) { return stopped_.contains(user); }, now);
}

void Scheduler::block(std::uint64_t key) {
  if (!blocked_.block(key)) stopping_ = true;
}

/// Precondition: the slot is the head of its lane, and in no queue.
void Scheduler::leave_out_lane(SlotId id) {
  const std::uint64_t key = slots_[id].operation.key_hash();
  block(key);
  std::vector<SlotId> behind(1, id);
  backlog_.abandon_lane(key, behind);
  for (const SlotId left : behind) {
    const Slot& slot = slots_[left];
    blocked_.count(is_stopped(slot.operation));
    if (slot.maybe_applied && (slot.was_sent || !slot.attempted_before)) blocked_.add_unsettled(slot.operation.line());
    release(left);
  }
}

void Scheduler::recorded(SlotId id, std::uint64_t ticket, Status status) {
  if (groups_) groups_->ended(slots_[id].operation, status);
  backlog_.recorded(id, ticket);
  release(id);
}

void Scheduler::release(SlotId id) {
  backlog_.use_note(id);
  slots_.release(id);
}

}  // namespace koobatch::flow
