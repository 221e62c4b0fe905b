#pragma once
#include "koobatch/core/boot_clock.hpp"
#include "koobatch/fleet/ledger.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

namespace koobatch::fleet {

/// The operations of a part that wait until its hold is over: their lines, by chunk.
class WaitingLines {
 public:
  bool empty() const { return lines_.empty(); }
  std::size_t size() const { return size_; }
  /// Whether an operation on this key waits, so that a later one must, too.
  bool contains_key(std::uint64_t key) const { return keys_.contains(key); }
  /// The first chunk after this one in which something waits; nothing if there is none.
  std::optional<ChunkNumber> next_after(ChunkNumber chunk) const;

  void add(ChunkNumber chunk, std::uint32_t line, std::uint64_t key);
  /// Takes one out. Returns whether it was there.
  bool take(ChunkNumber chunk, std::uint32_t line, std::uint64_t key);

 private:
  std::map<ChunkNumber, boost::unordered_flat_set<std::uint32_t>> lines_;
  boost::unordered_flat_map<std::uint64_t, std::size_t> keys_;  ///< how many wait
  std::size_t size_ = 0;
};

/// One part that a worker owns: its chunks, and the keys about which an earlier owner has left doubt. See PartBook.
class OpenPart {
 public:
  OpenPart(const ClaimedPart& part, BootTime received);

  bool knows_history() const { return knows_history_; }
  void set_history_known() { knows_history_ = true; }

  /// Whether operations that follow one in doubt must still wait.
  bool is_holding(BootTime now) const { return now < hold_until_; }
  BootTime hold_until() const { return hold_until_; }
  /// It ends then, unless it ends before.
  void hold_ends(BootTime at) { hold_until_ = std::min(hold_until_, at); }
  bool is_in_doubt(ChunkNumber chunk) const { return chunk <= doubt_; }

  // Fetching:
  /// The next chunk to be read once more, now that the hold is over.
  std::optional<ChunkNumber> next_again(BootTime now) const;
  /// The next chunk to be read for the first time, whether or not the ledger knows that it is fed; nothing while some
  /// must be read once more.
  std::optional<ChunkNumber> next_fresh(BootTime now) const;
  void queued(ChunkNumber chunk, bool again) { (again ? queued_again_ : queued_) = chunk; }
  ChunkNumber last_queued() const { return queued_; }

  // Reading:
  void begin(ChunkNumber chunk, bool again, BootTime now);
  /// Whose turn it is.
  enum class Turn : std::uint8_t {
    fresh,     ///< nobody has sent it
    in_doubt,  ///< an earlier owner may have sent it
    waits,     ///< until the hold is over
    not_now,   ///< it was read before, and did not wait
  };
  /// Decides about an operation without a result. `noted`: an earlier owner has noted an attempt that must not be
  /// repeated.
  Turn take(std::uint32_t line, std::uint64_t key, bool is_repeatable, bool noted);
  void end();
  /// The chunk that is read. Precondition: between begin() and end().
  ChunkNumber reading() const { return *reading_; }

  // Recording:
  /// An operation of this chunk that was taken, fresh or in doubt, has its result.
  void recorded(ChunkNumber chunk);
  /// Chunks up to this one have all their results.
  ChunkNumber done() const { return done_; }
  ChunkNumber chunks() const { return chunks_; }
  /// What the ledger has acknowledged.
  const PartProgress& acknowledged() const { return acknowledged_; }
  void acknowledge(const PartProgress& progress) { acknowledged_ = progress; }

  std::size_t open_lines() const { return open_lines_; }
  const WaitingLines& waiting() const { return waiting_; }

 private:
  struct ChunkState {
    std::size_t left = 0;   ///< operations without a result, those that wait included
    bool was_read = false;  ///< to its end
  };
  /// Whether an earlier owner may have sent the first operation of a key that has no result.
  enum class Head : std::uint8_t { sent, not_sent };

  ChunkState& state(ChunkNumber chunk) { return states_[chunk - done_ - 1]; }
  Turn take_first(std::uint32_t line, std::uint64_t key, bool is_repeatable, bool noted);
  bool must_wait(std::uint64_t key) const;
  void advance();

  const ChunkNumber chunks_;
  const ChunkNumber doubt_;
  BootTime hold_until_;
  bool knows_history_;
  ChunkNumber done_;
  PartProgress acknowledged_;
  ChunkNumber queued_;
  ChunkNumber queued_again_ = 0;
  std::optional<ChunkNumber> reading_;
  bool again_ = false;
  bool holding_ = false;           ///< when the chunk that is read was begun
  std::deque<ChunkState> states_;  ///< of the chunks after done_ that were begun
  std::size_t open_lines_ = 0;
  boost::unordered_flat_map<std::uint64_t, Head> heads_;  ///< of keys with operations in chunks in doubt
  WaitingLines waiting_;
};

}  // namespace koobatch::fleet
