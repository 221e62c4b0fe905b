#pragma once
#include "koobatch/core/attempt.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/status.hpp"
#include "koobatch/flow/backlog.hpp"
#include "koobatch/flow/blocked_keys.hpp"
#include "koobatch/flow/broken_groups.hpp"
#include "koobatch/flow/pace.hpp"
#include "koobatch/flow/retry_policy.hpp"
#include "koobatch/flow/slots.hpp"
#include "koobatch/flow/stopped_users.hpp"
#include "koobatch/koodrive/operation.hpp"
#include "koobatch/koodrive/outcome.hpp"
#include "koobatch/koodrive/server_clock.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <span>
#include <vector>

namespace koobatch::flow {

struct SchedulerSettings {
  unsigned max_attempts = 5;  ///< at most 200, so that repeats still fit into a trace ID
  RetryPolicy retry;
  Duration deadline = std::chrono::minutes(10);  ///< from an operation's first attempt
  std::size_t look_ahead = 8192;                 ///< the maximum number of operations held
  std::size_t look_ahead_bytes = 8U << 20U;      ///< the approximate maximum memory that they hold
  /// The maximum number of attempts noted in the report and not yet sent: a crash makes each `unknown`.
  std::size_t notes_ahead = 16;
  std::size_t low_water = 64;  ///< with fewer operations ready than this, those waiting for durability ask for a sync
  std::size_t most_blocked_keys = 500'000;  ///< keys to remember because an operation on them was left out, at most
  /// If operations depend on those before them in their group: the groups that earlier segments have left broken.
  std::optional<BrokenGroups> groups = {};
};

/// One exchange at a time on a connection, which several seats may share. Kept up to date by scheduler and owner alike.
struct Seat {
  bool connected = false;   ///< set by the owner
  bool probing = false;     ///< set by the scheduler: this seat's next attempt is the one that goes alone
  SlotId repeat = no_slot;  ///< set by the scheduler: to be sent again at once
};

struct Action {
  enum class Kind {
    send,     ///< send slot's next attempt
    note,     ///< slot is not idempotent: note its next attempt in the report, call noted(), and ask again
    connect,  ///< open the connection, then ask again
    give_up,  ///< nothing more can come of slot: record its last_outcome() with `status`, which is `skipped` if an
              ///< operation on which it depends was not fulfilled
    wait,     ///< nothing to do before `until`, or before the scheduler receives news
    done,     ///< nothing will ever be left to do
  };
  Kind kind = Kind::wait;
  SlotId slot = no_slot;
  Status status = Status::failed;      ///< for give_up
  TimePoint until = TimePoint::max();  ///< for wait
};

/// Decides what is sent and when, for the connections of one thread. No I/O, no clock: tests drive it by hand.
///
/// Operations enter through admit() in file order; next() hands out attempts; complete() settles each attempt. When
/// that returns a status, the caller records the result and calls recorded(); durable() then lets the next operation on
/// the same key go. Not thread-safe; only Pace and StoppedUsers are shared between threads.
///
/// Operations of stopped users are not held but left out, together with everything that follows on their keys, for
/// whatever user: a later segment sends them all, in order.
///
/// An operation may take several requests: it is read before it is sent, in as many requests as that takes, and perhaps
/// read back. The caller says so by read_on(), send() and read_back() instead of recording a result.
class Scheduler {
 public:
  /// An operation that is read first is read again if so much time has passed before it could be sent, whatever it had
  /// to wait for.
  static constexpr Duration longest_reading_age = std::chrono::seconds(1);
  /// But no more often than this without an outage or a pause in between: then the pace itself leaves more time between
  /// two requests, and reading once more would not help.
  static constexpr unsigned most_rereadings = 2;
  /// And no more often than this where each request is followed by a pause.
  static constexpr unsigned most_rereadings_in_all = 10;

  Scheduler(const SchedulerSettings& settings, Pace& pace, const StoppedUsers& stopped, std::uint64_t seed);

  /// Whether there is room for more. At least one operation always fits into an empty scheduler.
  bool wants_input() const;
  /// Takes `operation` over by swapping it with a used one, whose memory the caller reuses; leaves it out if its user
  /// is stopped, or its key is blocked by one that was. `attempted`: an earlier segment of the run may have sent it
  /// already, so it can never be said to be certainly not applied.
  /// `reads_first`: it is sent only after it was read.
  void admit(koodrive::Operation& operation, bool attempted = false, bool reads_first = false);
  /// The number of attempts that can be in flight has changed: see the members of SchedulerSettings.
  void expect_seats(std::size_t low_water, std::size_t notes_ahead);
  /// No more operations will come.
  void close_input() { input_open_ = false; }
  /// Sends nothing more. Attempts in flight must still be completed; next() answers done when there are none.
  void stop() { stopping_ = true; }
  bool stopping() const { return stopping_; }

  /// Decides what `seat` must do now. Precondition: it has nothing in flight.
  Action next(Seat& seat, TimePoint now);
  /// Reports that an attempt to connect failed. It counts as an attempt of the operation that would have been sent; if
  /// that operation is final now, it is returned. While the service is down, the failure is attributed to the outage;
  /// after stop() it is ignored.
  struct Final {
    SlotId slot;
    Status status;
  };
  std::optional<Final> connect_failed(Seat& seat, const koodrive::Outcome& outcome, const AttemptTiming& timing);

  /// Reports that the connection was not even tried, because the descriptor budget is exhausted: other seats take over
  /// what `seat` was to do.
  void put_off(Seat& seat, TimePoint now);

  /// Reports that the next attempt of `slot` was noted in the report's group `ticket` (rising, shared with recorded()).
  /// It is sent once that group is durable.
  void noted(SlotId slot, std::uint64_t ticket) { backlog_.noted(slot, ticket); }

  /// The operation in `slot`, until its result is recorded.
  const koodrive::Operation& operation(SlotId slot) const { return slots_[slot].operation; }
  /// The number of the attempt in flight or last made, from 1, as in its trace ID. An attempt to be noted is the next
  /// one.
  std::uint8_t attempt(SlotId slot) const { return slots_[slot].attempt; }
  /// When the operation's first attempt was due by the schedule of the pace. Meaningless before that attempt.
  TimePoint due(SlotId slot) const { return slots_[slot].due; }
  /// How often this operation was repeated because credentials or clock were corrected.
  unsigned mended(SlotId slot) const { return slots_[slot].mended; }
  /// The outcomes of the operation's X-Dates, for the ServerClock. Kept until the result is recorded.
  koodrive::ClockRepeats& clock_repeats(SlotId slot) { return slots_[slot].more().clock; }

  /// Reports that the attempt ended. Returns a status if the operation is final, nothing if it will be sent again.
  std::optional<Status> complete(Seat& seat, SlotId slot, const koodrive::Outcome& outcome,
                                 const AttemptTiming& timing);
  /// Reports that the attempt was not sent after all: the operation is as it was before, and waits for its turn.
  void withhold(Seat& seat, SlotId slot, TimePoint now);
  // Continue an operation instead of recording it as final: its next request goes at once, on the same seat if that
  // can send. Precondition: complete() returned a status for it, or next() give_up, and nothing was recorded.
  /// Continues with another reading, for which there are as many attempts, and as much time, as for the first.
  void read_on(Seat& seat, SlotId slot, TimePoint now);
  /// Continues with the operation itself. If an attempt is lost, or the reading grows old, it is read again before.
  void send(Seat& seat, SlotId slot, TimePoint now);
  /// Like send(), once what was read is durable in the report's group `ticket` (rising, shared with recorded()).
  void send_once_durable(Seat& seat, SlotId slot, std::uint64_t ticket, TimePoint now);
  /// Whether an operation that was given up can be sent nevertheless: because it was given up before it was sent, or
  /// read once more, and has attempts and time left.
  bool may_send_unread(SlotId slot, TimePoint now) const;
  /// Why an operation was given up that is sent nevertheless.
  enum class Unread {
    failed,   ///< its reading has failed
    overdue,  ///< nothing has failed since it was read, but that is long ago: it is read again
  };
  /// The operation is sent although it was given up: if it was not sent before, it has all its attempts, and all its
  /// time. To be followed by send() or send_once_durable(). Precondition: may_send_unread().
  void send_unread(SlotId slot, Unread why, TimePoint now);
  /// Reads back what the operation did, whose result is `status` unless the caller learns more: also if no reading
  /// succeeds, or the run stops before.
  void read_back(Seat& seat, SlotId slot, Status status, TimePoint now);
  /// How sending the operation ended, if it is being read back.
  std::optional<Status> settled(SlotId slot) const { return slots_[slot].settled; }
  /// Whether the request in flight, or the last one, reads.
  bool reads(SlotId slot) const { return slots_[slot].reads; }
  /// How many requests have read for the operation, after which it continued.
  unsigned readings(SlotId slot) const { return slots_[slot].readings; }
  /// Whether the request in flight, or the last one, repeats one that settled nothing.
  bool is_repeat(SlotId slot) const { return slots_[slot].again; }
  /// Whether the operation may have been applied, as far as is known: an attempt was lost, perhaps of an earlier
  /// segment.
  bool maybe_applied(SlotId slot) const { return slots_[slot].maybe_applied; }
  /// Reports that the attempt was answered in a way that stops the run, and was not applied (refused credentials): the
  /// operation remains without a result, and nothing more is sent.
  void abandon(Seat& seat, SlotId slot, TimePoint now);
  /// Reports that the attempt was refused because of its user, who is now stopped: the operation is left out.
  void leave_out(Seat& seat, SlotId slot, const koodrive::Outcome& outcome, TimePoint now);
  const LeftOut& left_out() const { return blocked_.left_out(); }
  /// Whether more keys are blocked than can be remembered. The scheduler has then stopped, because it no longer knows
  /// what may be sent.
  bool overwhelmed() const { return blocked_.overwhelmed(); }
  /// See Slot::history(). Precondition: the operation has a final status.
  std::span<const AttemptRecord> history(SlotId slot) const { return slots_[slot].history(); }
  /// The outcome of the last attempt; null if none has failed so far. Precondition: next() returned give_up.
  const koodrive::Outcome* last_outcome(SlotId slot) const { return slots_[slot].last_outcome(); }
  /// When that attempt ended. Precondition: last_outcome() is not null.
  AttemptTiming last_timing(SlotId slot, TimePoint now) const;
  /// Reports that the final result of `slot` is in the report's group `ticket` (rising). Frees the slot. Unless that
  /// fulfils the operation, those that depend on it are given up.
  void recorded(SlotId slot, std::uint64_t ticket, Status status = Status::succeeded);
  /// Reports that groups up to `ticket` are durable. Their keys are free again, and attempts noted in them may be sent.
  void durable(std::uint64_t ticket) { backlog_.durable(ticket); }
  /// Whether operations could continue, or the run could end, if everything recorded became durable now. Never after
  /// stop().
  bool wants_sync() const;

  /// Whether the pace has changed since the last call, so that other threads should ask again.
  bool take_pace_changed();
  /// Whether a seat that asks now might get something to do.
  bool has_ready(TimePoint now) const;
  /// Whether nothing is in flight, can be sent, or waits for its time or for durability: only more input can change
  /// that, or the results of operations that complete() called final and that are not recorded yet.
  bool at_rest(TimePoint now) const;
  /// Whether no more operations will come.
  bool input_closed() const { return !input_open_; }
  /// The number of attempts in flight.
  std::size_t in_flight() const { return slots_.in_flight(); }
  /// The number of operations held whose result is not recorded.
  std::size_t held() const { return slots_.held(); }
  /// Lines of operations that have no result yet but may have reached the service.
  std::vector<std::uint32_t> unsettled() const;

 private:
  /// An operation that would go next, or that is tied to a seat.
  struct Choice {
    bool from_seat = false;
    Backlog::Candidate candidate;
  };
  struct Doubt {
    SlotId slot;
    Duration downtime;  ///< Pace::downtime when it arose
  };

  Action connect(Seat& seat, TimePoint now);
  std::optional<Status> lost(const Slot& slot, TimePoint now) const;
  Interruptions interruptions(TimePoint now) const;
  void refresh_reading(Slot& slot, TimePoint now) const;
  void advance(Seat& seat, SlotId id);
  void begin_anew(Slot& slot, TimePoint now);
  bool must_not_read_ahead(TimePoint now) const;
  /// How long a seat that sends something may be away.
  Duration request_takes() const { return std::max(reading_took_, sending_took_); }
  Choice choose(const Seat& seat, TimePoint now, bool prefer_fresh) const;
  void take(Seat& seat, const Choice& choice, TimePoint now);
  Pace::Request request(SlotId id) const;
  void set_aside(Seat& seat, const Choice& choice, const Pace::Permit& permit, TimePoint now);
  Action idle(TimePoint now) const;
  void untie(Seat& seat);
  Action wait_for_permit(Seat& seat, const Pace::Permit& permit);
  void start(SlotId id, TimePoint now, const Pace::Permit& permit);
  bool past_deadline(const Slot& slot, TimePoint at) const;
  std::optional<Status> settle(Seat& seat, SlotId id, const koodrive::Outcome& outcome, const AttemptTiming& timing);
  std::optional<Status> follow(Seat& seat, SlotId id, const koodrive::Outcome& outcome, TimePoint now);
  std::optional<Status> wait_for_room(SlotId id, const koodrive::Outcome& outcome, TimePoint now);
  std::optional<Status> retry_counted(SlotId id, TimePoint now);
  static Status given_up(const Slot& slot);
  std::optional<SlotId> settle_doubtful(TimePoint now);
  bool nothing_to_try(TimePoint now) const;
  bool may_try_again(const Slot& slot, TimePoint at) const;
  TimePoint when(const Slot& slot, TimePoint at) const;
  void release(SlotId id);
  bool is_stopped(const koodrive::Operation& operation) const;
  void notice_stopped_users(TimePoint now);
  void block(std::uint64_t key);
  void leave_out_lane(SlotId id);

  SchedulerSettings settings_;
  Pace& pace_;
  const StoppedUsers& stopped_;
  std::size_t stopped_seen_ = 0;  ///< the number of stopped users when the queues were last searched for theirs
  std::mt19937_64 random_;
  Slots slots_;
  Backlog backlog_;
  BlockedKeys blocked_;
  std::optional<BrokenGroups> groups_;
  std::deque<Doubt> doubtful_;  ///< out of attempts, unless their failures turn out to belong to an outage
  Duration reading_took_{};     ///< the last one
  Duration sending_took_{};     ///< likewise, of an operation itself
  bool input_open_ = true;
  bool stopping_ = false;
  bool pace_changed_ = false;
};

}  // namespace koobatch::flow
