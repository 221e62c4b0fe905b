#pragma once
#include "koobatch/core/attempt.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/status.hpp"
#include "koobatch/flow/outcome.hpp"
#include "koobatch/flow/pace.hpp"
#include "koobatch/flow/retry_policy.hpp"
#include "koobatch/flow/sequencer.hpp"
#include "koobatch/flow/stopped_users.hpp"
#include "koobatch/flow/user_queues.hpp"
#include "koobatch/job/operation.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace koobatch::flow {

struct SchedulerSettings {
  unsigned max_attempts = 5;  ///< at most 200, so that repeats still fit into a trace ID
  RetryPolicy retry;
  Duration deadline = std::chrono::minutes(10);  ///< of an operation, from its first attempt
  std::size_t look_ahead = 8192;                 ///< operations held at most
  std::size_t look_ahead_bytes = 8U << 20U;      ///< memory they hold at most, roughly
  std::size_t notes_ahead =
      16;                      ///< attempts noted in the report and not yet sent, at most: a crash makes each `unknown`
  std::size_t low_water = 64;  ///< with fewer operations ready than this, those waiting for durability ask for a sync
  std::size_t most_blocked_keys = 500'000;  ///< keys remembered because an operation on them was left out, at most
};

/// An operation the scheduler holds, by index. Valid until its result is recorded.
using SlotId = std::uint32_t;
constexpr SlotId no_slot = std::numeric_limits<SlotId>::max();

/// What one connection's turn has come to. Owned by the connection, kept up to date by scheduler and connection alike.
struct Seat {
  bool connected = false;   ///< set by the connection
  bool probing = false;     ///< set by the scheduler: this seat's next attempt is the one that goes alone
  SlotId repeat = no_slot;  ///< set by the scheduler: to be sent again at once, on a fresh connection
};

struct Action {
  enum class Kind {
    send,     ///< send slot's next attempt
    note,     ///< slot is not idempotent: note its next attempt in the report, call noted(), and ask again
    connect,  ///< open the connection, then ask again
    give_up,  ///< nothing more can come of slot: record its last_outcome() with `status`
    wait,     ///< nothing to do before `until`, or before the scheduler was told something new
    done,     ///< nothing will ever be left to do
  };
  Kind kind = Kind::wait;
  SlotId slot = no_slot;
  Status status = Status::failed;      ///< for give_up
  TimePoint until = TimePoint::max();  ///< for wait
};

/// Operations that stay without a result, because their user was stopped or because they follow such a one on its key.
struct LeftOut {
  std::uint64_t of_stopped = 0;
  std::uint64_t of_others = 0;

  std::uint64_t all() const { return of_stopped + of_others; }
  LeftOut& operator+=(const LeftOut& other) {
    of_stopped += other.of_stopped;
    of_others += other.of_others;
    return *this;
  }
};

/// When an attempt ended, and how long it took from its first byte sent.
struct AttemptTiming {
  TimePoint now;
  WallTime at;
  Duration latency{};
};

/// Decides what is sent when, for the connections of one thread. No I/O, no clock: tests drive it by hand.
///
/// Operations come in through admit() in file order; next() hands out attempts; complete() settles each attempt, and
/// when it returns a status, the caller records the result and calls recorded(); durable() then lets the next operation
/// on the same key go. Not thread-safe; only Pace and StoppedUsers are shared between threads.
///
/// Operations of stopped users are not held but left out, and with them whatever follows on their keys, whoever's it
/// is: a later segment sends them all, in order.
class Scheduler {
 public:
  Scheduler(const SchedulerSettings& settings, Pace& pace, const StoppedUsers& stopped, std::uint64_t seed);
  ~Scheduler();

  /// Is there room for more? At least one operation always fits into an empty scheduler.
  bool wants_input() const;
  /// Takes `operation` over by swapping it with a used one, whose memory the caller reuses; leaves it out if its user
  /// is stopped, or its key is blocked by one that was. `attempted`: an earlier segment of the run may have sent it
  /// already, so it can never be said to be certainly not applied.
  void admit(job::Operation& operation, bool attempted = false);
  /// No more operations will come.
  void close_input() { input_open_ = false; }
  /// Sends nothing more. Attempts under way are still to be completed; next() answers done when there are none.
  void stop() { stopping_ = true; }
  bool stopping() const { return stopping_; }

  /// What `seat`, which has nothing under way, is to do now.
  Action next(Seat& seat, TimePoint now);
  /// An attempt to connect failed. It counts as an attempt of the operation that would have been sent, and if that is
  /// final now, it is returned. While the service is down it is the outage's failure, not an operation's; after stop()
  /// it is nobody's.
  struct Final {
    SlotId slot;
    Status status;
  };
  std::optional<Final> connect_failed(Seat& seat, const Outcome& outcome, const AttemptTiming& timing);

  /// The connection was not even tried, for want of room on this machine: what `seat` was to do is others' to do.
  void put_off(Seat& seat, TimePoint now);

  /// The next attempt of `slot` was noted in the report's group `ticket` (rising, shared with recorded()). It is sent
  /// once that is durable.
  void noted(SlotId slot, std::uint64_t ticket);

  /// The operation in `slot`, until its result is recorded.
  const job::Operation& operation(SlotId slot) const;
  /// The number of the attempt under way or last made, from 1: the one in its trace ID. To be noted is the next one.
  std::uint8_t attempt(SlotId slot) const;
  /// When the operation's first attempt was due by the schedule of the pace. Means nothing before that.
  TimePoint due(SlotId slot) const;
  /// How often was this operation repeated because credentials or clock were mended?
  unsigned mended(SlotId slot) const;

  /// The attempt ended. A status: the operation is final. Nothing: it will be sent again.
  std::optional<Status> complete(Seat& seat, SlotId slot, const Outcome& outcome, const AttemptTiming& timing);
  /// The attempt was answered in a way that stops the run, and was not applied (refused credentials): the operation
  /// stays without a result, and nothing more is sent.
  void abandon(Seat& seat, SlotId slot, TimePoint now);
  /// The attempt was refused because of its user, who is stopped now: the operation is left out.
  void leave_out(Seat& seat, SlotId slot, const Outcome& outcome, TimePoint now);
  const LeftOut& left_out() const { return left_out_; }
  /// Are more keys blocked than can be remembered? Then it has stopped: it could not tell any more what may be sent.
  bool overwhelmed() const { return overwhelmed_; }
  /// After a final status: every attempt in order; empty if there was only one.
  std::span<const AttemptRecord> history(SlotId slot) const;
  /// After give_up: what the last attempt came to, and when.
  const Outcome& last_outcome(SlotId slot) const;
  AttemptTiming last_timing(SlotId slot, TimePoint now) const;
  /// The final result of `slot` was put into the report's group `ticket` (rising). Frees the slot.
  void recorded(SlotId slot, std::uint64_t ticket);
  /// Groups up to `ticket` are durable. Their keys are free again, and attempts noted in them may be sent.
  void durable(std::uint64_t ticket);
  /// Could operations go on, or the run end, if what was recorded were made durable now? Never after stop().
  bool wants_sync() const;

  /// Did the pace change since the last call, so that other threads should ask again?
  bool take_pace_changed();
  /// Could a seat that asks now perhaps get something to do?
  bool has_ready(TimePoint now) const;
  /// Attempts under way.
  std::size_t in_flight() const { return in_flight_; }
  /// Operations held whose result is not recorded.
  std::size_t held() const { return held_; }
  /// Lines of operations that have no result yet but may have reached the service.
  std::vector<std::uint32_t> unsettled() const;

 private:
  struct Retries;
  struct Slot;
  struct Due {
    TimePoint at;
    SlotId slot;
    friend bool operator>(const Due& a, const Due& b) { return a.at > b.at; }
  };
  /// The operation that would go next, and where it waits.
  struct Candidate {
    enum class Where { nowhere, seat, users, repeats, retries, ready } where = Where::nowhere;
    SlotId slot = no_slot;
  };
  using DueQueue = std::priority_queue<Due, std::vector<Due>, std::greater<>>;

  struct Note {
    SlotId slot;
    std::uint64_t ticket;
  };

  struct Doubt {
    SlotId slot;
    Duration downtime;  ///< Pace::downtime when it arose
  };

  static bool is_due(const DueQueue& queue, TimePoint now);
  Action connect(Seat& seat, TimePoint now);
  bool may_start(SlotId id) const;
  bool must_note(SlotId id) const;
  Candidate choose(const Seat& seat, TimePoint now, bool prefer_fresh) const;
  void take(Seat& seat, const Candidate& candidate, TimePoint now);
  Pace::Request request(const Candidate& candidate) const;
  void set_aside(Seat& seat, const Candidate& candidate, const Pace::Permit& permit, TimePoint now);
  Action idle(TimePoint now) const;
  void untie(Seat& seat, TimePoint now);
  Action wait_for_permit(Seat& seat, const Pace::Permit& permit, TimePoint now);
  void start(SlotId id, TimePoint now, const Pace::Permit& permit);
  bool past_deadline(const Slot& slot, TimePoint at) const;
  std::optional<Status> settle(Seat& seat, SlotId id, const Outcome& outcome, const AttemptTiming& timing);
  std::optional<Status> decide(Seat& seat, SlotId id, const Outcome& outcome, TimePoint now);
  std::optional<Status> wait_for_room(SlotId id, const Outcome& outcome, TimePoint now);
  std::optional<Status> retry_counted(SlotId id, TimePoint now);
  static Status given_up(const Slot& slot);
  std::optional<SlotId> settle_doubtful(TimePoint now);
  bool nothing_to_try(TimePoint now) const;
  std::optional<Status> again_at(SlotId id, TimePoint at, DueQueue& queue);
  static void remember(Slot& slot, const Outcome& outcome, const AttemptTiming& timing);
  SlotId allocate();
  void release(SlotId id);
  bool is_stopped(const job::Operation& operation) const;
  void count_left_out(const job::Operation& operation);
  void notice_stopped_users(TimePoint now);
  void hasten(DueQueue& queue, TimePoint now) const;
  void block(std::uint64_t key);
  void leave_out_lane(SlotId id);

  SchedulerSettings settings_;
  Pace& pace_;
  const StoppedUsers& stopped_;
  std::size_t stopped_seen_ = 0;  ///< how many there were when the queues were last looked through for them
  std::mt19937_64 random_;
  std::deque<Slot> slots_;  ///< never moves its elements: operation() stays valid while others come in
  SlotId free_ = no_slot;   ///< head of the list of free slots
  Sequencer sequencer_;
  UserQueues users_;                           ///< wait because of their user
  DueQueue repeats_;                           ///< wait because the service asked for it, or for nothing but their turn
  DueQueue retries_;                           ///< failed before, and go on the retry budget
  TimePoint retries_from_ = TimePoint::min();  ///< the budget has nothing for them before
  std::deque<Doubt> doubtful_;                 ///< out of attempts, unless their failures turn out to be an outage's
  std::deque<Note> notes_;                     ///< not known to be durable
  std::size_t noted_ = 0;                      ///< slots whose next attempt is noted
  std::size_t in_flight_ = 0;
  std::size_t held_ = 0;
  std::size_t held_bytes_ = 0;
  boost::unordered_flat_set<std::uint64_t> blocked_;  ///< keys of which an operation was left out
  std::vector<std::uint32_t> left_unsettled_;         ///< lines left out that this scheduler may have had applied
  std::vector<SlotId> behind_;                        ///< memory for leave_out_lane()
  LeftOut left_out_;
  bool overwhelmed_ = false;
  bool input_open_ = true;
  bool stopping_ = false;
  bool pace_changed_ = false;
};

}  // namespace koobatch::flow
