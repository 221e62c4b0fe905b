#pragma once
#include "fleet/open_part.hpp"
#include "koobatch/core/boot_clock.hpp"
#include "koobatch/core/trace_id.hpp"
#include "koobatch/fleet/ledger.hpp"
#include "koobatch/report/line_set.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace koobatch::fleet {

/// What is done with an operation of a chunk that is read.
enum class Ruling : std::uint8_t {
  send,     ///< nobody has sent it
  repeat,   ///< an earlier owner may have sent it: it can never be said to be certainly not applied
  unknown,  ///< an earlier owner has noted an attempt that must not be made twice: record it without sending, see
            ///< note()
  skip,     ///< it has a result, or its turn has not come: it will be read once more
};

/// The parts that a worker owns: which chunk is read next, what is done with its operations, and how far each part has
/// come. No I/O, no clock; not thread-safe: reading and recording share it under one mutex.
///
/// A chunk may be read once the ledger has acknowledged that it is fed. Until then nobody could know that its
/// operations may have been sent.
///
/// The earlier owner of a part that is in doubt may still be sending, but only the first operation of each key that has
/// no result: the others wait for the result of the one before them, and the ledger takes none from it. Hence these
/// heads are repeated at once, the value being the same. What follows on such a key waits until the part's hold is
/// over, and is then read once more, so that waiting takes no memory but for line numbers.
class PartBook {
 public:
  struct Limits {
    std::size_t open_lines_per_part = 2'000;  ///< read, without a result: a part with more lets others go first
    std::size_t open_lines = 16'384;          ///< likewise, of all parts
    std::size_t waiting_lines = 200'000;      ///< waiting for holds, of all parts; beyond, parts on hold are stalled
    ChunkNumber chunks_ahead = 64;            ///< read beyond the first chunk that is not done, of one part
    ChunkNumber fed_ahead = 1;                ///< fed beyond the last one queued
  };

  PartBook() = default;
  explicit PartBook(const Limits& limits) : limits_(limits) {}

  /// Adds a part that this worker now owns. `received`: when the answer arrived.
  void claimed(const ClaimedPart& part, BootTime received);

  // What earlier owners have recorded, before anything of the part is read:
  struct History {
    PartNumber part = 0;
    ChunkNumber from = 0;  ///< results since this chunk was begun
  };
  /// The next part whose earlier results must be read; nothing if there is none.
  std::optional<History> wanted_history() const;
  /// An operation, of whatever part, has a result.
  void earlier_result(std::uint32_t line) { results_.insert(line); }
  /// An attempt that must not be made twice was noted.
  void earlier_note(const TraceId& attempt) { notes_.insert_or_assign(attempt.line, attempt); }
  /// All that earlier owners recorded of the part has been added.
  void history_known(PartNumber part);

  // Reading. Chunks are fetched by one thread, which may run ahead of the one that reads their operations:
  struct Next {
    PartNumber part = 0;
    ChunkNumber chunk = 0;
    bool again = false;  ///< it was read before, and operations in it waited for the hold
  };
  /// The chunk to be fetched now; nothing if there is none, which may change with time, see next_change(), or with an
  /// acknowledged group.
  std::optional<Next> next_chunk(BootTime now) const;
  /// That chunk will be read, after all that were queued before.
  void queued(const Next& next);
  /// Begins to read the operations of a chunk. Precondition: the chunk before was read to its end.
  void begin(const Next& next, BootTime now);
  struct Line {
    std::uint32_t number = 0;
    std::uint64_t key = 0;  ///< koodrive::Operation::key_hash()
    bool is_repeatable = true;
  };
  /// Decides about the next operation of that chunk. Called once for each, invalid ones included, in their order.
  Ruling rule(const Line& line);
  /// The note of an operation that was ruled unknown.
  const TraceId& note(std::uint32_t line) const { return notes_.at(line); }
  /// All operations of that chunk were ruled.
  void end();
  /// Whether operations wait for a hold.
  bool waits(BootTime now) const;
  /// A hold ends at `at` instead of later: nothing of the earlier owner can arrive any more.
  void hold_ends(PartNumber part, BootTime at);
  /// When the next hold ends, so that next_chunk() may return something; BootTime::max() if time changes nothing.
  BootTime next_change(BootTime now) const;

  // Recording:
  /// What the next group is to say once `lines` have their results with it; parts of which there is nothing new are
  /// left out. To be kept with the group until its fate is known. Lines of nobody's part are ignored.
  std::vector<PartProgress> progress_with(std::span<const std::uint32_t> lines, BootTime now);
  /// Whether a group should be committed even without results: because reading waits for it, or a part is done.
  bool wants_commit(BootTime now) const;
  /// A group that said so was acknowledged. Parts that are done are dropped.
  void committed(std::span<const PartProgress> progress);

  // How it stands:
  /// Parts that still have something to be read that need not wait for a hold.
  std::uint32_t open_parts(BootTime now) const;
  std::uint32_t owned_parts() const { return static_cast<std::uint32_t>(parts_.size()); }
  /// Their numbers, for Ledger::claim().
  std::vector<PartNumber> owned() const;
  /// The parts with these operations, ascending; all that are owned if one of them is not open here.
  std::vector<PartNumber> parts_of(std::span<const std::uint32_t> lines) const;
  /// Whether another part should be claimed: those that are owned have nothing that may be read soon.
  bool wants_parts(BootTime now) const;
  /// Whether something could be sent, or soon could: operations were read, or may be.
  bool has_work(BootTime now) const { return !open_.empty() || next_chunk(now).has_value(); }
  /// Operations that wait for holds.
  std::size_t waiting_lines() const { return waiting_; }
  /// Operations read whose results are not recorded.
  std::size_t open_lines() const { return open_.size(); }

 private:
  struct Whereabouts {
    PartNumber part;
    ChunkNumber chunk;
  };

  bool has_room(const OpenPart& part, BootTime now) const;
  bool is_open(const OpenPart& part, BootTime now) const;
  ChunkNumber wanted_fed(const OpenPart& part, BootTime now) const;
  void record(std::uint32_t line);
  void drop_if_done(PartNumber number);

  Limits limits_;
  std::map<PartNumber, OpenPart> parts_;
  std::vector<PartNumber> order_;  ///< as they were claimed: the oldest is read first
  boost::unordered_flat_map<std::uint32_t, Whereabouts> open_;
  report::LineSet results_;  ///< of earlier owners
  boost::unordered_flat_map<std::uint32_t, TraceId> notes_;
  std::optional<PartNumber> reading_;
  std::size_t waiting_ = 0;
};

}  // namespace koobatch::fleet
