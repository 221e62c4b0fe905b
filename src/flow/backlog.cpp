#include "koobatch/flow/backlog.hpp"

#include <algorithm>
#include <utility>

namespace koobatch::flow {

void Backlog::add(SlotId id) {
  sequencer_.add(slots_[id].operation.key_hash(), id);
}

void Backlog::hold_for_user(SlotId id, TimePoint until) {
  const Slot& slot = slots_[id];
  // A noted operation must not wait behind one that can be noted only after it has been sent, nor one that was read
  // behind those that were not.
  users_.hold(UserPace::hash(slot.operation.user()), id, until, slot.noted || slot.readings != 0);
}

Backlog::Candidate Backlog::choose(TimePoint now, bool prefer_fresh, TimePoint proven, bool not_ahead) const {
  using Where = Candidate::Where;
  const bool fresh =
      !sequencer_.empty() && may_start(sequencer_.front()) && !(not_ahead && slots_[sequencer_.front()].reads);
  if (!fresh || !prefer_fresh) {
    if (users_.due(now) && may_start(users_.front())) return {Where::users, users_.front()};
    if (is_due(repeats_, now) && may_start(repeats_.top().slot)) return {Where::repeats, repeats_.top().slot};
    if (retries_from_ <= now && is_due(retries_, now) && may_start(retries_.top().slot)) {
      return {Where::retries, retries_.top().slot};
    }
  }
  if (fresh) return {Where::fresh, sequencer_.front()};
  if (may_retry_early(now, proven) && may_start(retries_.top().slot)) return {Where::retries, retries_.top().slot};
  return {};
}

void Backlog::take(const Candidate& candidate, TimePoint now) {
  switch (candidate.where) {
    case Candidate::Where::users:
      users_.pop(now);
      break;
    case Candidate::Where::repeats:
      repeats_.pop();
      break;
    case Candidate::Where::retries:
      retries_.pop();
      break;
    case Candidate::Where::fresh:
      sequencer_.pop();
      break;
    case Candidate::Where::nowhere:
      break;
  }
}

TimePoint Backlog::next_change(TimePoint now) const {
  TimePoint next = TimePoint::max();
  // What is already due is waiting for notes to become durable, which does not depend on time.
  const auto consider = [&](TimePoint at) {
    if (at > now) next = std::min(next, at);
  };
  consider(users_.next());
  if (!repeats_.empty()) consider(repeats_.top().at);
  if (!retries_.empty()) consider(std::max(retries_.top().at, retries_from_));
  return next;
}

bool Backlog::has_ready(TimePoint now, TimePoint proven) const {
  return !sequencer_.empty() || is_due(repeats_, now) || users_.due(now) ||
         (retries_from_ <= now && is_due(retries_, now)) || may_retry_early(now, proven);
}

void Backlog::noted(SlotId id, std::uint64_t ticket) {
  slots_[id].noted = true;
  ++noted_;
  notes_.push_back({id, ticket});
}

void Backlog::await(SlotId id, std::uint64_t ticket) {
  awaiting_.push_back({id, ticket});
}

void Backlog::use_note(SlotId id) {
  if (std::exchange(slots_[id].noted, false)) --noted_;
}

void Backlog::recorded(SlotId id, std::uint64_t ticket) {
  sequencer_.recorded(slots_[id].operation.key_hash(), ticket);
}

void Backlog::durable(std::uint64_t ticket) {
  sequencer_.durable(ticket);
  // Before all others, because if the process dies now, the noted operation ends as `unknown`.
  for (; !notes_.empty() && notes_.front().ticket <= ticket; notes_.pop_front()) {
    repeats_.push({TimePoint::min(), notes_.front().slot});
  }
  // These, too, because what was read is soon too old.
  for (; !awaiting_.empty() && awaiting_.front().ticket <= ticket; awaiting_.pop_front()) {
    repeats_.push({TimePoint::min(), awaiting_.front().slot});
  }
}

void Backlog::hasten(DueQueue& queue, const std::function<bool(SlotId)>& chosen, TimePoint now) {
  DueQueue hastened;
  for (; !queue.empty(); queue.pop()) {
    Due due = queue.top();
    if (chosen(due.slot)) due.at = std::min(due.at, now);
    hastened.push(due);
  }
  queue = std::move(hastened);
}

void Backlog::hasten(const std::function<bool(SlotId)>& chosen,
                     const std::function<bool(UserQueues::User)>& chosen_user, TimePoint now) {
  hasten(repeats_, chosen, now);
  hasten(retries_, chosen, now);
  users_.hasten(chosen_user, now);
}

}  // namespace koobatch::flow
