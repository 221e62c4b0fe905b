#pragma once
#include "koobatch/core/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace koobatch::report {

/// Result lines of one worker that travel to the journal together.
struct Batch {
  unsigned worker = 0;       ///< who is told when they are durable
  std::uint64_t number = 0;  ///< the worker's own count, rising
  TimePoint first;           ///< when its first result came
  std::string lines;         ///< whole lines
};

/// When a group is committed.
struct CommitPolicy {
  Duration max_delay = std::chrono::milliseconds(100);  ///< from a group's first result to its being durable
  std::size_t full_bytes = std::size_t{2} << 20;        ///< a group of this size is committed without waiting
};

/// The batches that become durable together, and the decision when. A value: no thread, no clock, no file.
class CommitGroup {
 public:
  /// All batches of `worker` up to `number` are in the group.
  struct Mark {
    unsigned worker = 0;
    std::uint64_t number = 0;
  };

  /// Adds the batch's lines and empties it; its memory stays with it. A batch without lines is only a nudge: it is not
  /// marked, and its urgency counts for what the group holds already.
  void add(Batch& batch, bool urgent);
  /// Makes the lines begin with a `sync` line. Before the first add().
  void open_with_sync(std::uint64_t n);

  bool empty() const { return marks_.empty(); }
  /// When to begin the commit; nothing for an empty group. `commit_time` is how long the last one took: it is taken off
  /// the delay, so that the results are durable when the delay is over, but no more than half of it, so that a slow
  /// disk still gets groups worth a sync. A time long past means at once.
  std::optional<TimePoint> due(const CommitPolicy& policy, Duration commit_time) const;

  const std::string& lines() const { return lines_; }
  std::span<const Mark> marks() const { return marks_; }
  /// Keeps the memory.
  void clear();

 private:
  std::string lines_;
  std::vector<Mark> marks_;  // one for each worker: few, so a search beats an index
  TimePoint first_;
  bool urgent_ = false;
};

}  // namespace koobatch::report
