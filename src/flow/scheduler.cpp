#include "koobatch/flow/scheduler.hpp"

#include <algorithm>
#include <utility>

namespace koobatch::flow {
namespace {

/// The last number an attempt can have: 8 bits of the trace ID.
constexpr std::uint8_t last_attempt = 255;
/// A slot gives back the memory of an operation larger than this, or a few huge lines would stay in memory for good.
constexpr std::size_t keep_footprint = 4096;
/// The same for the history of an operation that was sent more often than this.
constexpr std::size_t keep_history = 8;

}  // namespace

/// What only operations that are sent more than once need.
struct Scheduler::Retries {
  std::vector<AttemptRecord> history;
  Outcome last;
};

struct Scheduler::Slot {
  enum class State : std::uint8_t { free, waiting, in_flight };

  job::Operation operation;
  std::unique_ptr<Retries> retries;  ///< kept for the next operation once it exists
  TimePoint first_attempt;
  TimePoint due;               ///< when that should have been
  Duration downtime_before{};  ///< Pace::downtime at the first attempt
  SlotId next_free = no_slot;
  State state = State::free;
  std::uint8_t attempt = 0;    ///< the last trace number used
  std::uint8_t counted = 0;    ///< attempts that count against max_attempts
  std::uint8_t throttled = 0;  ///< waits without a Retry-After, for the backoff
  bool maybe_applied = false;
  bool attempted_before = false;  ///< in an earlier segment, whose report says so
  bool went_stale = false;
  std::uint8_t mended = 0;  ///< how often it was repeated because something about the request was mended
  bool noted = false;       ///< the next attempt is in the report
  bool on_budget = false;   ///< the next attempt is a retry after a failure

  void reset() {
    if (operation.footprint() > keep_footprint) operation = {};
    if (retries && retries->history.capacity() > keep_history) retries.reset();
    if (retries) {
      retries->history.clear();
      retries->last.clear();
    }
    attempt = counted = throttled = mended = 0;
    maybe_applied = attempted_before = went_stale = noted = on_budget = false;
    state = State::free;
  }
};

Scheduler::Scheduler(const SchedulerSettings& settings, Pace& pace, const StoppedUsers& stopped, std::uint64_t seed)
    : settings_(settings), pace_(pace), stopped_(stopped), random_(seed) {}
Scheduler::~Scheduler() = default;

bool Scheduler::wants_input() const {
  if (held_ == 0) return true;
  return held_ < settings_.look_ahead && held_bytes_ < settings_.look_ahead_bytes;
}

SlotId Scheduler::allocate() {
  if (free_ == no_slot) {
    slots_.emplace_back();
    return static_cast<SlotId>(slots_.size() - 1);
  }
  return std::exchange(free_, slots_[free_].next_free);
}

void Scheduler::admit(job::Operation& operation, bool attempted) {
  if (is_stopped(operation) || blocked_.contains(operation.key_hash())) {
    count_left_out(operation);
    block(operation.key_hash());
    return;
  }
  const SlotId id = allocate();
  Slot& slot = slots_[id];
  std::swap(slot.operation, operation);
  slot.state = Slot::State::waiting;
  slot.maybe_applied = slot.attempted_before = attempted;
  ++held_;
  held_bytes_ += slot.operation.footprint();
  sequencer_.add(slot.operation.key_hash(), id);
}

bool Scheduler::is_due(const DueQueue& queue, TimePoint now) {
  return !queue.empty() && queue.top().at <= now;
}

bool Scheduler::must_note(SlotId id) const {
  return !slots_[id].operation.row().idempotent && !slots_[id].noted;
}

bool Scheduler::may_start(SlotId id) const {
  return !must_note(id) || noted_ < settings_.notes_ahead;
}

Scheduler::Candidate Scheduler::choose(const Seat& seat, TimePoint now, bool prefer_fresh) const {
  using Where = Candidate::Where;
  if (seat.repeat != no_slot) return {Where::seat, seat.repeat};
  const bool fresh = !sequencer_.empty() && may_start(sequencer_.front());
  if (!fresh || !prefer_fresh) {
    if (users_.due(now) && may_start(users_.front())) return {Where::users, users_.front()};
    if (is_due(repeats_, now) && may_start(repeats_.top().slot)) return {Where::repeats, repeats_.top().slot};
    if (retries_from_ <= now && is_due(retries_, now) && may_start(retries_.top().slot))
      return {Where::retries, retries_.top().slot};
  }
  if (fresh) return {Where::ready, sequencer_.front()};
  return {};
}

void Scheduler::take(Seat& seat, const Candidate& candidate, TimePoint now) {
  switch (candidate.where) {
    case Candidate::Where::seat:
      seat.repeat = no_slot;
      break;
    case Candidate::Where::users:
      users_.pop(now);
      break;
    case Candidate::Where::repeats:
      repeats_.pop();
      break;
    case Candidate::Where::retries:
      retries_.pop();
      break;
    case Candidate::Where::ready:
      sequencer_.pop();
      break;
    case Candidate::Where::nowhere:
      break;
  }
}

Action Scheduler::idle(TimePoint now) const {
  Action action;
  if (!input_open_ && held_ == 0 && sequencer_.unsynced() == 0) action.kind = Action::Kind::done;
  // What is due already waits for notes to become durable, which is no matter of time.
  const auto consider = [&](TimePoint at) {
    if (at > now) action.until = std::min(action.until, at);
  };
  consider(users_.next());
  if (!repeats_.empty()) consider(repeats_.top().at);
  if (!retries_.empty()) consider(std::max(retries_.top().at, retries_from_));
  return action;
}

/// Another seat may be the first that can send; the operation must not be tied to this one.
void Scheduler::untie(Seat& seat, TimePoint now) {
  if (seat.repeat != no_slot) repeats_.push({now, std::exchange(seat.repeat, no_slot)});
}

void Scheduler::put_off(Seat& seat, TimePoint now) {
  if (std::exchange(seat.probing, false)) pace_.release_probe(now);
  untie(seat, now);
}

Action Scheduler::wait_for_permit(Seat& seat, const Pace::Permit& permit, TimePoint now) {
  seat.probing = false;
  untie(seat, now);
  Action action;
  action.until = permit.ask_at;
  return action;
}

Pace::Request Scheduler::request(const Candidate& candidate) const {
  using Kind = Pace::Request::Kind;
  const Slot& slot = slots_[candidate.slot];
  const Kind kind = slot.attempt == 0 ? Kind::first : slot.on_budget ? Kind::retry : Kind::repeat;
  return {kind, slot.operation.user()};
}

/// The candidate has to wait, but others need not.
void Scheduler::set_aside(Seat& seat, const Candidate& candidate, const Pace::Permit& permit, TimePoint now) {
  if (candidate.where == Candidate::Where::users) {
    users_.postpone(permit.ask_at);
  } else if (permit.only_retries) {
    retries_from_ = permit.ask_at;
  } else {
    take(seat, candidate, now);
    const Slot& slot = slots_[candidate.slot];
    // What is noted must not wait behind what can be noted only when it has been sent.
    users_.hold(UserPace::hash(slot.operation.user()), candidate.slot, permit.ask_at, slot.noted);
  }
}

void Scheduler::start(SlotId id, TimePoint now, const Pace::Permit& permit) {
  Slot& slot = slots_[id];
  if (slot.attempt++ == 0) {
    slot.first_attempt = now;
    slot.due = permit.due;
    slot.downtime_before = permit.downtime;
  }
  if (std::exchange(slot.noted, false)) --noted_;
  slot.on_budget = false;
  slot.state = Slot::State::in_flight;
  ++in_flight_;
}

Action Scheduler::next(Seat& seat, TimePoint now) {
  Action action;
  notice_stopped_users(now);
  for (;;) {
    if (stopping_) {
      if (std::exchange(seat.probing, false)) pace_.release_probe(now);
      if (in_flight_ == 0) action.kind = Action::Kind::done;
      return action;
    }
    if (const auto settled = settle_doubtful(now)) {
      return {.kind = Action::Kind::give_up, .slot = *settled, .status = given_up(slots_[*settled])};
    }
    // A probe is of another operation each time, as long as there are any.
    const Candidate candidate = choose(seat, now, seat.probing || pace_.interrupted());
    if (candidate.slot == no_slot) {
      if (std::exchange(seat.probing, false)) pace_.release_probe(now);
      return idle(now);
    }
    action.slot = candidate.slot;
    if (is_stopped(slots_[candidate.slot].operation)) {
      take(seat, candidate, now);
      leave_out_lane(candidate.slot);
      continue;
    }
    if (const Slot& slot = slots_[candidate.slot]; slot.attempt != 0 && past_deadline(slot, now)) {
      take(seat, candidate, now);
      action.kind = Action::Kind::give_up;
      action.status = given_up(slot);
      return action;
    }
    if (!seat.connected) return connect(seat, now);
    if (must_note(candidate.slot)) {
      take(seat, candidate, now);
      action.kind = Action::Kind::note;
      return action;
    }
    const auto permit = pace_.acquire(now, seat.probing, request(candidate));
    seat.probing = permit.probe;
    if (permit.granted) {
      take(seat, candidate, now);
      start(candidate.slot, now, permit);
      action.kind = Action::Kind::send;
      return action;
    }
    if (!permit.only_user && !permit.only_retries) return wait_for_permit(seat, permit, now);
    set_aside(seat, candidate, permit, now);
  }
}

Action Scheduler::connect(Seat& seat, TimePoint now) {
  const auto permit = seat.probing ? Pace::Permit{.granted = true, .probe = true} : pace_.may_connect(now);
  if (!permit.granted) return wait_for_permit(seat, permit, now);
  seat.probing = permit.probe;
  Action action;
  action.kind = Action::Kind::connect;
  return action;
}

bool Scheduler::past_deadline(const Slot& slot, TimePoint at) const {
  if (pace_.interrupted() || pace_.held()) return false;
  const Duration down = pace_.downtime(at) - slot.downtime_before;
  return at - slot.first_attempt - down >= settings_.deadline;
}

std::optional<Scheduler::Final> Scheduler::connect_failed(Seat& seat, const Outcome& outcome,
                                                          const AttemptTiming& timing) {
  const bool was_probe = std::exchange(seat.probing, false);
  pace_changed_ |= pace_.observe(outcome, timing.now, was_probe);
  if (stopping_) return std::nullopt;
  const Candidate candidate = choose(seat, timing.now, was_probe);
  if (candidate.slot == no_slot) return std::nullopt;
  if (pace_.interrupted()) {
    untie(seat, timing.now);
    return std::nullopt;
  }
  take(seat, candidate, timing.now);
  start(candidate.slot, timing.now, {.downtime = pace_.downtime(timing.now), .due = timing.now});
  const auto status = settle(seat, candidate.slot, outcome, timing);
  if (!status) return std::nullopt;
  return Final{candidate.slot, *status};
}

std::optional<Status> Scheduler::complete(Seat& seat, SlotId id, const Outcome& outcome, const AttemptTiming& timing) {
  pace_changed_ |= pace_.observe(outcome, timing.now, std::exchange(seat.probing, false), slots_[id].operation.user());
  return settle(seat, id, outcome, timing);
}

std::optional<Status> Scheduler::settle(Seat& seat, SlotId id, const Outcome& outcome, const AttemptTiming& timing) {
  Slot& slot = slots_[id];
  --in_flight_;
  slot.state = Slot::State::waiting;
  slot.maybe_applied |= outcome.verdict == Verdict::unclear || outcome.verdict == Verdict::stale;
  const auto status = decide(seat, id, outcome, timing.now);
  if (!status || slot.attempt > 1) remember(slot, outcome, timing);
  return status;
}

std::optional<Status> Scheduler::decide(Seat& seat, SlotId id, const Outcome& outcome, TimePoint now) {
  Slot& slot = slots_[id];
  switch (outcome.verdict) {
    case Verdict::succeeded:
      return Status::succeeded;
    case Verdict::rejected:
    case Verdict::unauthorized:
    case Verdict::suspicious:
      return Status::rejected;
    case Verdict::undecidable:
      return Status::unknown;
    case Verdict::throttled:
      return wait_for_room(id, outcome, now);
    case Verdict::stale:
      if (slot.operation.row().idempotent && !slot.went_stale && slot.attempt < last_attempt) {
        slot.went_stale = true;
        seat.repeat = id;
        return std::nullopt;
      }
      [[fallthrough]];
    case Verdict::unclear:
      if (!slot.operation.row().idempotent) return Status::unknown;
      return retry_counted(id, now);
    case Verdict::not_applied:
      return retry_counted(id, now);
    case Verdict::repeat:
      ++slot.mended;
      return again_at(id, now, repeats_);
  }
  return Status::unknown;
}

std::optional<Status> Scheduler::wait_for_room(SlotId id, const Outcome& outcome, TimePoint now) {
  Slot& slot = slots_[id];
  TimePoint at = now;
  // A wait of nothing would be hammering, whoever asks for it.
  if (outcome.retry_after > Duration::zero()) {
    at += *outcome.retry_after;
  } else {
    if (slot.throttled < last_attempt) ++slot.throttled;
    at += settings_.retry.backoff(slot.throttled, random_);
  }
  return again_at(id, at, repeats_);
}

Status Scheduler::given_up(const Slot& slot) {
  return slot.maybe_applied ? Status::unknown : Status::failed;
}

std::optional<Status> Scheduler::retry_counted(SlotId id, TimePoint now) {
  Slot& slot = slots_[id];
  // Attempts that fell into an outage are the outage's, and do not use up the operation's.
  if (!pace_.interrupted() && ++slot.counted >= settings_.max_attempts) {
    if (!pace_.failing()) return given_up(slot);
    doubtful_.push_back({id, pace_.outage_time(now)});
    return std::nullopt;
  }
  slot.on_budget = true;
  return again_at(id, now + settings_.retry.backoff(std::max<unsigned>(slot.counted, 1), random_), retries_);
}

/// An operation whose last attempt failed like the first ones of an outage is not given up before it is clear that
/// there is none: something was answered, or there is nothing else left that could tell. Returns one that is given up.
std::optional<SlotId> Scheduler::settle_doubtful(TimePoint now) {
  while (!doubtful_.empty()) {
    const auto [id, downtime] = doubtful_.front();
    Slot& slot = slots_[id];
    if (pace_.outage_time(now) > downtime && slot.attempt < last_attempt) {
      --slot.counted;
      slot.on_budget = true;
      retries_.push({now, id});
    } else if (!pace_.failing() || nothing_to_try(now)) {
      doubtful_.pop_front();
      return id;
    } else {
      return std::nullopt;
    }
    doubtful_.pop_front();
  }
  return std::nullopt;
}

/// Is nothing under way, and nothing waiting for its time?
bool Scheduler::nothing_to_try(TimePoint now) const {
  return in_flight_ == 0 && notes_.empty() && choose({}, now, false).slot == no_slot &&
         idle(now).until == TimePoint::max();
}

std::optional<Status> Scheduler::again_at(SlotId id, TimePoint at, DueQueue& queue) {
  Slot& slot = slots_[id];
  if (slot.attempt == last_attempt || past_deadline(slot, at)) return given_up(slot);
  // What is only to be left out need not wait for it.
  queue.push({is_stopped(slot.operation) ? TimePoint::min() : at, id});
  return std::nullopt;
}

void Scheduler::remember(Slot& slot, const Outcome& outcome, const AttemptTiming& timing) {
  if (!slot.retries) slot.retries = std::make_unique<Retries>();
  slot.retries->history.push_back({slot.attempt, outcome.http, outcome.code, outcome.error, timing.at, timing.latency});
  slot.retries->last = outcome;
}

void Scheduler::abandon(Seat& seat, SlotId id, TimePoint now) {
  // Whoever ends the run learns of it later than the seats look for their next operation.
  stop();
  if (std::exchange(seat.probing, false)) pace_.release_probe(now);
  slots_[id].state = Slot::State::waiting;
  --in_flight_;
}

void Scheduler::leave_out(Seat& seat, SlotId id, const Outcome& outcome, TimePoint now) {
  pace_changed_ |= pace_.observe(outcome, now, std::exchange(seat.probing, false));
  slots_[id].state = Slot::State::waiting;
  --in_flight_;
  leave_out_lane(id);
}

bool Scheduler::is_stopped(const job::Operation& operation) const {
  return stopped_.size() != 0 && stopped_.contains(UserPace::hash(operation.user()));
}

/// Waits must not keep operations of users that have been stopped since: they would fill the look-ahead for nothing.
void Scheduler::notice_stopped_users(TimePoint now) {
  const std::size_t size = stopped_.size();
  if (std::exchange(stopped_seen_, size) == size) return;
  hasten(repeats_, now);
  hasten(retries_, now);
  users_.hasten([&](UserPace::User user) { return stopped_.contains(user); }, now);
}

void Scheduler::hasten(DueQueue& queue, TimePoint now) const {
  DueQueue hastened;
  for (; !queue.empty(); queue.pop()) {
    Due due = queue.top();
    if (is_stopped(slots_[due.slot].operation)) due.at = std::min(due.at, now);
    hastened.push(due);
  }
  queue = std::move(hastened);
}

void Scheduler::block(std::uint64_t key) {
  if (blocked_.size() < settings_.most_blocked_keys) {
    blocked_.insert(key);
  } else if (!blocked_.contains(key)) {
    overwhelmed_ = stopping_ = true;
  }
}

/// The slot is the head of its lane, and in no queue.
void Scheduler::leave_out_lane(SlotId id) {
  const std::uint64_t key = slots_[id].operation.key_hash();
  block(key);
  behind_.assign(1, id);
  sequencer_.abandon(key, behind_);
  for (const SlotId left : behind_) {
    const Slot& slot = slots_[left];
    count_left_out(slot.operation);
    if (slot.maybe_applied && !slot.attempted_before) left_unsettled_.push_back(slot.operation.line());
    release(left);
  }
}

void Scheduler::count_left_out(const job::Operation& operation) {
  ++(is_stopped(operation) ? left_out_.of_stopped : left_out_.of_others);
}

std::span<const AttemptRecord> Scheduler::history(SlotId id) const {
  const auto& retries = slots_[id].retries;
  if (!retries || retries->history.size() < 2) return {};
  return retries->history;
}

const Outcome& Scheduler::last_outcome(SlotId id) const {
  return slots_[id].retries->last;
}

AttemptTiming Scheduler::last_timing(SlotId id, TimePoint now) const {
  const AttemptRecord& last = slots_[id].retries->history.back();
  return {now, last.at, last.latency};
}

void Scheduler::noted(SlotId id, std::uint64_t ticket) {
  slots_[id].noted = true;
  ++noted_;
  notes_.push_back({id, ticket});
}

void Scheduler::durable(std::uint64_t ticket) {
  sequencer_.durable(ticket);
  // Before all others: a note ages, for if the process dies now, its operation ends `unknown`.
  for (; !notes_.empty() && notes_.front().ticket <= ticket; notes_.pop_front()) {
    repeats_.push({TimePoint::min(), notes_.front().slot});
  }
}

void Scheduler::recorded(SlotId id, std::uint64_t ticket) {
  sequencer_.recorded(slots_[id].operation.key_hash(), ticket);
  release(id);
}

void Scheduler::release(SlotId id) {
  Slot& slot = slots_[id];
  if (slot.noted) --noted_;
  held_bytes_ -= slot.operation.footprint();
  --held_;
  slot.reset();
  slot.next_free = std::exchange(free_, id);
}

bool Scheduler::wants_sync() const {
  if (stopping_) return false;
  if (!notes_.empty()) return true;
  if (sequencer_.waiting_for_sync() > 0) return sequencer_.ready() < settings_.low_water;
  return !input_open_ && held_ == 0 && sequencer_.unsynced() > 0;
}

bool Scheduler::take_pace_changed() {
  return std::exchange(pace_changed_, false);
}

bool Scheduler::has_ready(TimePoint now) const {
  if (stopping_) return in_flight_ == 0;
  return !sequencer_.empty() || !doubtful_.empty() || is_due(repeats_, now) || users_.due(now) ||
         (retries_from_ <= now && is_due(retries_, now)) || idle(now).kind == Action::Kind::done;
}

std::vector<std::uint32_t> Scheduler::unsettled() const {
  std::vector<std::uint32_t> lines = left_unsettled_;
  for (const Slot& slot : slots_) {
    if (slot.state == Slot::State::in_flight || (slot.state == Slot::State::waiting && slot.maybe_applied)) {
      lines.push_back(slot.operation.line());
    }
  }
  return lines;
}

std::uint8_t Scheduler::attempt(SlotId id) const {
  return slots_[id].attempt;
}
TimePoint Scheduler::due(SlotId id) const {
  return slots_[id].due;
}
unsigned Scheduler::mended(SlotId id) const {
  return slots_[id].mended;
}
const job::Operation& Scheduler::operation(SlotId id) const {
  return slots_[id].operation;
}

}  // namespace koobatch::flow
