#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/koodrive/recent_range.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace koobatch::koodrive {

/// An offset is what is added to steady time to get an X-Date.

/// What threads tell each other of the service's clock: the first request of a run goes alone, and what it finds out
/// must do for all of them.
class ClockProof {
 public:
  /// The service accepted an X-Date with this offset.
  void accept(Duration offset) { accepted_.store(offset.count(), std::memory_order_relaxed); }
  /// Nothing was accepted yet; this is the offset to try next.
  void suggest(Duration offset) { suggested_.store(offset.count(), std::memory_order_relaxed); }
  /// An answer had a Date.
  void dated() { dated_.store(true, std::memory_order_relaxed); }
  std::optional<Duration> accepted() const { return read(accepted_); }
  std::optional<Duration> suggested() const { return read(suggested_); }
  bool was_dated() const { return dated_.load(std::memory_order_relaxed); }

 private:
  using Count = std::atomic<Duration::rep>;
  static constexpr Duration::rep none = Duration::min().count();
  static std::optional<Duration> read(const Count& from) {
    const auto count = from.load(std::memory_order_relaxed);
    return count == none ? std::nullopt : std::optional(Duration(count));
  }

  Count accepted_{none};
  Count suggested_{none};
  std::atomic<bool> dated_{false};
};

/// What is known of the clock at the other end of one connection. Starts anew with each connection.
struct NodeClock {
  std::optional<Duration> offset{};
  bool accepted = false;  ///< an X-Date with that offset was accepted on this connection; else only an answer said so
};

/// How a request was dated.
struct Dated {
  WallTime x_date;    ///< whole seconds, as the header carries it
  Duration offset{};  ///< what that was meant to be; the header is up to a second behind it
  TimePoint at;       ///< when, which is not after it was sent
};

/// How far one operation has come that was refused in a way that may be the clock's fault.
struct ClockRepeats {
  unsigned count = 0;        ///< how often it was repeated because of the clock
  Duration offset{};         ///< for the next attempt
  bool blind = false;        ///< when that was chosen, the service had accepted nothing yet
  bool node_agreed = false;  ///< an answer refused it whose own Date had the X-Date inside the window
  unsigned dateless = 0;     ///< refusals without a Date
  unsigned in_vain = 0;      ///< refusals that their Date did not explain, while nothing was accepted
};

/// What a refusal says of its cause.
enum class Cause {
  unsaid,      ///< nothing that would rule out the clock
  parameters,  ///< a parameter is wrong: X-Date is one
  another,     ///< one that is not the clock
};

/// What time it is for the service, learned from its answers.
///
/// The service takes an X-Date that is at most 15 minutes old and not a second ahead. Its nodes' clocks differ, and
/// the judge of X-Date, a node or something behind it, may have another clock than the Date of an answer shows. What
/// is known for sure is only what was accepted, so an offset that was accepted is kept for as long as it is. Before
/// that, and for small corrections, X-Date stays a margin behind the smallest recent Date: behind costs nothing. All
/// of it follows steady time, so a jump of our own clock changes nothing once an answer has come.
///
/// A refusal that may be the clock's fault is believed only if the clock can be ruled out by both accounts: by the Date
/// of an answer that refused the operation (right if nodes judge by their own clocks), and by what the service has
/// accepted lately (right if one clock judges all). Otherwise the operation is repeated, by the clock of the very
/// answer first, then by what was accepted, or, as long as nothing was, over the whole range of Dates seen.
///
/// Guaranteed, for an operation that the service takes when its X-Date is right: it is not rejected
/// - if one clock judges all requests, whatever the Dates say, once anything was accepted; before that, if this clock
///   lies within 13 minutes of the range of the Dates seen, or ours is right to six minutes;
/// - if each node judges by the clock that its answers show, but for chance: where nodes change from request to request
///   and differ by more than the window, no X-Date suits them all. Each repeat meets one it suits as often as there are
///   such nodes; after `max_repeats` the last answer is taken at its word.
/// Impossible in principle: to know a judge's clock that neither ours nor any Date shows; to tell nodes apart that
/// judge by clocks of their own and show others, or none (an answer without a Date is believed when several agree); to
/// notice within `memory` that the one judge's clock was set, if the answer's Date claims that it was not.
///
/// What it costs: a clock of ours that is wrong, one request; a node further off than the window that judges by its own
/// clock, a request or two for each connection to it; an operation that is rejected, one request, or a few while clocks
/// differ by more than the window or nothing was accepted yet.
///
/// One thread only, but for the ClockProof.
class ServerClock {
 public:
  /// What was seen counts at most so long (kept by the minute, so four minutes at least); the last stands until there
  /// is something newer.
  static constexpr Duration memory = RecentRange::memory;
  /// Stay this much behind the smallest clock: nodes that are further behind than any seen so far may exist.
  static constexpr Duration margin = std::chrono::minutes(1);
  /// X-Date may be this old at most (the reference: "within 15 minutes from the current time").
  static constexpr Duration window = std::chrono::minutes(15);
  /// An operation is repeated at most so often because of the clock. With the attempts, its numbers fit a trace ID.
  static constexpr unsigned max_repeats = 40;

  ServerClock() = default;
  explicit ServerClock(ClockProof& shared) : shared_(&shared) {}

  /// An answer with this Date header was received. Anything that is not a date is ignored. Before accepted() or
  /// refused(), which are about the same answer.
  void observe(std::string_view date, TimePoint received);
  /// How to date a request that is sent now on a connection of which `node` is known. `repeats`: of an operation that
  /// was refused before, else null. `wall` is our own clock, used until an answer shows a better one.
  Dated date(TimePoint now, WallTime wall, const NodeClock& node = {}, const ClockRepeats* repeats = nullptr) const;

  /// The request succeeded.
  void accepted(const Dated& sent, TimePoint received, NodeClock& node);

  enum class Refusal {
    believe,           ///< the clock is not to blame, as far as can be told
    repeat,            ///< repeat the operation, dated with `repeats`
    repeat_elsewhere,  ///< the same, but on another connection: this one's Date has been of no help
  };
  /// The request was refused in a way that may be the clock's fault. If it names another cause, it is believed unless
  /// both accounts speak against it. `wall` is our own clock at receipt.
  Refusal refused(const Dated& sent, std::string_view date, TimePoint received, WallTime wall, Cause cause,
                  NodeClock& node, ClockRepeats& repeats);

 private:
  std::optional<Duration> accepted_offset() const;
  std::optional<Duration> suggested_offset() const;
  Duration smallest_with_margin() const;
  Duration follow(Duration accepted) const;
  bool inside_all_dates(const Dated& sent, TimePoint received) const;
  bool inside_for_node(const Dated& sent, const std::optional<WallTime>& date, TimePoint received, Cause cause,
                       ClockRepeats& repeats);
  bool inside_for_service(const Dated& sent, TimePoint received, WallTime wall, const ClockRepeats& repeats) const;
  void leave_edge(const Dated& sent, TimePoint received);
  Duration next_offset(const Dated& sent, const std::optional<Duration>& told, const ClockRepeats& repeats,
                       Duration ours);
  Duration search(Duration ours);

  ClockProof* shared_ = nullptr;
  RecentRange dates_;                  ///< of Date − receipt
  RecentRange proven_;                 ///< low: X-Date − sending, high: X-Date − receipt, of what was accepted
  std::optional<Duration> accepted_;   ///< the offset accepted last
  std::optional<Duration> suggested_;  ///< as ClockProof's
  // While nothing is accepted:
  unsigned in_the_dark_ = 0;  ///< refusals that their answer's Date explained
  unsigned in_vain_ = 0;      ///< those that it did not
  unsigned searched_ = 0;     ///< offsets tried in spite of the Dates

  bool refusals_have_dates_ = false;  ///< one had
  unsigned dateless_refusals_ = 0;
  std::string last_date_;  ///< the same Date comes thousands of times a second
  WallTime last_parsed_;
  bool last_valid_ = false;
};

}  // namespace koobatch::koodrive
