#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/flow/sequencer.hpp"
#include "koobatch/flow/slots.hpp"
#include "koobatch/flow/user_queues.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <queue>
#include <vector>

namespace koobatch::flow {

/// Holds operations until their next attempt: decides which one goes next, and when that may change. Reads no clock.
class Backlog {
 public:
  /// The operation that would go next, and where it waits.
  struct Candidate {
    enum class Where : std::uint8_t {
      nowhere,
      users,    ///< set aside because its user had to wait
      repeats,  ///< waits until a time the service named, or merely for its turn
      retries,  ///< failed before; charged to the retry budget
      fresh,    ///< the head of a key's lane, never sent
    };
    Where where = Where::nowhere;
    SlotId slot = no_slot;
  };

  /// `notes_ahead`: the maximum number of attempts that are noted in the report but not yet sent. `slots` must outlive
  /// this object.
  Backlog(Slots& slots, std::size_t notes_ahead) : slots_(slots), notes_ahead_(notes_ahead) {}

  /// Puts a new operation at the end of its key's lane.
  void add(SlotId id);
  /// Raises the number of attempts that may be noted ahead, see Backlog(). Existing notes stay.
  void allow_notes(std::size_t ahead) { notes_ahead_ = ahead; }
  /// Makes the operation eligible for sending again from `at` on.
  void repeat_at(TimePoint at, SlotId id) { repeats_.push({at, id}); }
  /// Like repeat_at(), for an operation that failed at `failed`.
  void retry_at(TimePoint at, SlotId id, TimePoint failed) { retries_.push({at, id, failed}); }
  /// Sets the operation aside until its user may send again. Precondition: it was taken.
  void hold_for_user(SlotId id, TimePoint until);
  /// Makes the first operation of the due user, and with it all operations of that user, wait until `until`.
  void postpone_user(TimePoint until) { users_.postpone(until); }
  /// Sends no retries before `until`.
  void hold_retries(TimePoint until) { retries_from_ = until; }

  /// The operation that would go next. `prefer_fresh`: prefers one that was never sent. `proven`: when the service last
  /// accepted something. If no other operation is eligible, one that failed before `proven` need not wait for its
  /// backoff. `not_ahead`: none that was never sent may be read now.
  Candidate choose(TimePoint now, bool prefer_fresh, TimePoint proven = TimePoint::min(), bool not_ahead = false) const;
  /// Removes the candidate, which is about to be sent. Precondition: choose() returned it.
  void take(const Candidate& candidate, TimePoint now);
  /// When an operation becomes eligible that is not eligible now; TimePoint::max() if that does not depend on time.
  TimePoint next_change(TimePoint now) const;
  /// Whether an operation may go now, as far as a cheap check can tell.
  bool has_ready(TimePoint now, TimePoint proven = TimePoint::min()) const;

  /// Whether the next attempt of the operation must first be noted in the report.
  bool must_note(SlotId id) const {
    const Slot& slot = slots_[id];
    return !slot.operation.is_repeatable() && !slot.noted && !slot.reads;
  }
  /// Reports that the next attempt was noted in the report's group `ticket`; it is sent once that group is durable.
  void noted(SlotId id, std::uint64_t ticket);
  /// Reports that the noted attempt was sent, or will not be.
  void use_note(SlotId id);
  bool has_notes_to_sync() const { return !notes_.empty(); }
  /// Makes the operation eligible for sending once the report's group `ticket` is durable. Precondition: it waits
  /// nowhere.
  void await(SlotId id, std::uint64_t ticket);
  /// The one of these that has waited for the longest time; no_slot if there is none.
  SlotId first_awaiting() const { return awaiting_.empty() ? no_slot : awaiting_.front().slot; }
  /// The number of operations that could continue if everything recorded were durable.
  std::size_t waiting_for_sync() const { return sequencer_.waiting_for_sync() + awaiting_.size(); }

  /// Reports that the operation's result is in the report's group `ticket`.
  void recorded(SlotId id, std::uint64_t ticket);
  /// Reports that groups up to `ticket` are durable: their keys are free again, and attempts noted in them may be sent.
  void durable(std::uint64_t ticket);
  /// Removes the rest of the key's lane after its head, and appends it to `behind`.
  void abandon_lane(std::uint64_t key, std::vector<SlotId>& behind) { sequencer_.abandon(key, behind); }
  /// Makes waiting operations eligible now if `chosen(SlotId)` or `chosen_user(User)` is true for them.
  void hasten(const std::function<bool(SlotId)>& chosen, const std::function<bool(UserQueues::User)>& chosen_user,
              TimePoint now);

  const Sequencer& lanes() const { return sequencer_; }

 private:
  struct Due {
    TimePoint at;
    SlotId slot;
    TimePoint failed = TimePoint::max();
    friend bool operator>(const Due& a, const Due& b) { return a.at != b.at ? a.at > b.at : a.slot > b.slot; }
  };
  using DueQueue = std::priority_queue<Due, std::vector<Due>, std::greater<>>;
  struct Note {
    SlotId slot;
    std::uint64_t ticket;
  };

  static bool is_due(const DueQueue& queue, TimePoint now) { return !queue.empty() && queue.top().at <= now; }
  bool may_retry_early(TimePoint now, TimePoint proven) const {
    return retries_from_ <= now && !retries_.empty() && retries_.top().failed < proven;
  }
  bool may_start(SlotId id) const { return !must_note(id) || noted_ < notes_ahead_; }
  static void hasten(DueQueue& queue, const std::function<bool(SlotId)>& chosen, TimePoint now);

  Slots& slots_;
  std::size_t notes_ahead_;
  Sequencer sequencer_;
  UserQueues users_;
  DueQueue repeats_;
  DueQueue retries_;
  TimePoint retries_from_ = TimePoint::min();  ///< the budget allows no retry before
  std::deque<Note> notes_;                     ///< not known to be durable, in ticket order
  std::deque<Note> awaiting_;                  ///< likewise, of operations that wait for what was read
  std::size_t noted_ = 0;                      ///< slots whose next attempt is noted
};

}  // namespace koobatch::flow
