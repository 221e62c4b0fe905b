#pragma once
#include "koobatch/core/attempt.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/status.hpp"
#include "koobatch/flow/sent.hpp"
#include "koobatch/koodrive/operation.hpp"
#include "koobatch/koodrive/outcome.hpp"
#include "koobatch/koodrive/server_clock.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace koobatch::flow {

/// Identifies an operation that is held. Valid until it is released.
using SlotId = std::uint32_t;
constexpr SlotId no_slot = std::numeric_limits<SlotId>::max();

/// The highest number of an attempt: it has 8 bits in the trace ID.
constexpr std::uint8_t last_attempt = 255;

/// When an attempt ended, and how long it took from sending its first byte.
struct AttemptTiming {
  TimePoint now;
  WallTime at;
  Duration latency{};
};

/// What has kept all operations, or all of one user, waiting so far, other than the pace itself.
struct Interruptions {
  Duration downtime{};       ///< Pace::downtime
  std::uint64_t pauses = 0;  ///< that the service asked for

  friend bool operator==(const Interruptions&, const Interruptions&) = default;
};

/// An operation and its progress.
struct Slot {
  enum class State : std::uint8_t { free, waiting, in_flight };
  /// Needed only for operations that are sent more than once.
  struct Retries {
    std::vector<AttemptRecord> history;
    koodrive::Outcome last;
    koodrive::ClockRepeats clock;
  };

  koodrive::Operation operation;
  std::unique_ptr<Retries> retries;  ///< once allocated, reused for the slot's next operation
  TimePoint first_attempt;
  Sent sent;                   ///< of the last attempt
  TimePoint due;               ///< when the last attempt should have been sent
  Duration downtime_before{};  ///< Pace::downtime at the first attempt
  SlotId next_free = no_slot;
  State state = State::free;
  std::uint8_t attempt = 0;  ///< the number of the last attempt, as in its trace ID
  std::uint8_t counted = 0;  ///< attempts that count against max_attempts
  bool maybe_applied = false;
  bool attempted_before = false;  ///< in an earlier segment, according to the report
  bool went_stale = false;
  std::uint32_t readings = 0;        ///< requests that read, after which the operation continued
  std::uint8_t mended = 0;           ///< how often it was repeated because something about the request was corrected
  bool noted = false;                ///< the next attempt is noted in the report
  bool on_budget = false;            ///< the next attempt is a retry after a failure
  bool again = false;                ///< the next attempt, or the one in flight, repeats one that settled nothing
  bool reads = false;                ///< the next attempt, or the one in flight, reads instead of sending the operation
  bool reads_first = false;          ///< the operation is sent only after it was read, and not long after
  bool was_sent = false;             ///< an attempt has sent the operation itself
  std::uint8_t counted_sending = 0;  ///< `counted` when the operation itself was last sent for nothing
  std::uint8_t rereadings = 0;       ///< readings that were too old before the operation could be sent
  TimePoint read_at;                 ///< when the last one was answered
  Interruptions interruptions;       ///< when the last of `rereadings` was noticed
  std::optional<Status> settled;     ///< how sending it ended: it is only read back now
  bool begins = true;  ///< the next attempt is the first one, or the first one after a reading that succeeded
  struct Before {
    bool begins = false;
    bool on_budget = false;
    bool was_sent = false;
  } before{};  ///< the attempt in flight, should it turn out not to have been sent

  Retries& more();  ///< allocates them on demand
  /// Stores an attempt's outcome, for the history and in case the operation is given up.
  void remember(const koodrive::Outcome& outcome, const AttemptTiming& timing);
  /// Every attempt in order, from the first one that settled nothing; empty if there was only one.
  std::span<const AttemptRecord> history() const;
  /// The outcome of the last attempt; null if none has failed so far.
  const koodrive::Outcome* last_outcome() const { return has_history() ? &retries->last : nullptr; }
  bool has_history() const { return retries && !retries->history.empty(); }
};

/// Stores the operations that are held. Reuses memory; never moves an operation while it is held.
class Slots {
 public:
  /// Stores `operation` by swapping it with a used one. `attempted`: an earlier segment may have sent it.
  SlotId hold(koodrive::Operation& operation, bool attempted);
  /// Frees the slot. Precondition: it is held and not in flight.
  void release(SlotId id);

  Slot& operator[](SlotId id) { return blocks_[id / block][id % block]; }
  const Slot& operator[](SlotId id) const { return blocks_[id / block][id % block]; }

  /// Report that an attempt is sent, and that it has ended.
  void take_off(SlotId id);
  void land(SlotId id);

  std::size_t in_flight() const { return in_flight_; }
  std::size_t held() const { return held_; }
  /// The approximate memory that the operations hold.
  std::size_t bytes() const { return bytes_; }
  /// An operation that is only to be read back, and is not in flight; no_slot if there is none.
  SlotId find_settled() const;
  /// Appends the lines of operations that may have reached the service.
  void append_unsettled(std::vector<std::uint32_t>& lines) const;

 private:
  /// A slot is found by a shift and a mask. A std::deque of objects of this size has one to a block, and divides.
  static constexpr SlotId block = 64;

  std::vector<std::unique_ptr<Slot[]>> blocks_;
  SlotId size_ = 0;        ///< slots, free or not
  SlotId free_ = no_slot;  ///< head of the list of free slots
  std::size_t in_flight_ = 0;
  std::size_t held_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace koobatch::flow
