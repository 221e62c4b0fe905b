#pragma once
#include "koobatch/core/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace koobatch::report {

/// Result lines of one worker that are handed to the journal together.
struct Batch {
  unsigned worker = 0;       ///< notified once they are durable
  std::uint64_t number = 0;  ///< the worker's own count, rising
  TimePoint first;           ///< when its first result arrived
  std::string lines;         ///< whole lines
};

/// When a group is committed.
struct CommitPolicy {
  Duration max_delay = std::chrono::milliseconds(100);  ///< from a group's first result to its durability
  std::size_t full_bytes = std::size_t{2} << 20;        ///< a group of this size is committed without waiting
};

/// The batches that become durable together, and when. A plain value: no thread, clock or file.
class CommitGroup {
 public:
  /// States that all batches of `worker` up to `number` are in the group.
  struct Mark {
    unsigned worker = 0;
    std::uint64_t number = 0;
  };

  /// Moves the batch's lines into the group; the batch keeps its capacity. A batch without lines is only a nudge: it
  /// gets no mark, and its urgency applies to what the group holds already.
  void add(Batch& batch, bool urgent);
  /// Makes the group begin with a `sync` line. Precondition: nothing was added.
  void open_with_sync(std::uint64_t n);

  bool empty() const { return marks_.empty(); }
  /// When to begin the commit; nothing for an empty group. `commit_time`, the duration of the last commit, is deducted
  /// from the delay, so that the results are durable when the delay is over; but at most half the delay is deducted, so
  /// that a slow disk still gets groups worth a sync. A time in the past means now.
  std::optional<TimePoint> due(const CommitPolicy& policy, Duration commit_time) const;

  const std::string& lines() const { return lines_; }
  std::span<const Mark> marks() const { return marks_; }
  /// Empties the group and keeps its capacity.
  void clear();

 private:
  std::string lines_;
  std::vector<Mark> marks_;  // one for each worker: few, so a search beats an index
  TimePoint first_;
  bool urgent_ = false;
};

}  // namespace koobatch::report
