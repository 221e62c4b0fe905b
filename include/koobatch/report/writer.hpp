#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/report/journal_file.hpp"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace koobatch::report {

/// Result lines of one worker that travel to the journal together.
struct Batch {
  unsigned worker = 0;        ///< who is told when they are durable
  std::uint64_t number = 0;   ///< the worker's own count, rising
  TimePoint first;            ///< when its first result came
  std::string lines;          ///< whole lines
};

/// Group commit: a thread that gathers batches, appends them in one write and makes them durable with one fdatasync, at
/// the latest `max_delay` after a group's first result, and at once when a batch is urgent. Every group after the first
/// opens with a `sync` line, which says that all before it is durable.
///
/// submit() may be called from any thread. The callbacks run on the writer's thread, and must not block.
class Writer {
 public:
  struct Callbacks {
    /// All batches of `worker` up to `number` are durable.
    std::function<void(unsigned worker, std::uint64_t number)> durable;
    /// A write or sync failed. Nothing more will be written; called once.
    std::function<void(const Error&)> failed;
  };

  Writer(std::unique_ptr<JournalFile> file, Callbacks callbacks, Duration max_delay = std::chrono::milliseconds(100));
  ~Writer();  ///< stops the thread; what was not committed is dropped
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Hands over `batch`; its memory is swapped for an empty string with capacity. `urgent`: commit without waiting.
  void submit(Batch& batch, bool urgent);
  /// Commits everything handed over, then `last_line` (if any), makes it durable and ends the thread.
  Result<void> close(std::string_view last_line);
};

}  // namespace koobatch::report
