#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/report/commit_group.hpp"
#include "koobatch/report/journal_file.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace koobatch::report {

struct WriterSettings {
  CommitPolicy policy;
  /// saturated() from this many bytes handed over and not yet durable: some 300 ms of results at 100,000 a second.
  std::size_t pending_limit = std::size_t{8} << 20;
  /// The highest `sync` number the report holds (Scan::last_sync), in a resumed run: then the first group opens with a
  /// `sync` line too, because LockedReport::append_from made all before it durable. Nothing for a new report.
  std::optional<std::uint64_t> last_sync;
};

/// Group commit: a thread that gathers batches, appends them in one write and makes them durable with one fdatasync, at
/// the latest `max_delay` after a group's first result, and at once when a batch is urgent. Every group after the first
/// opens with a `sync` line, which says that all before it is durable. The last line of a segment is written only when
/// the groups before it are durable, for it proves them as a `sync` line does.
///
/// submit(), pending_bytes() and saturated() may be called from any thread and never wait for the disk. The callbacks
/// run on the writer's thread, and must neither block nor call close().
///
/// Memory: what is handed over is held until it is durable, and a disk may be slower than the service. submit() refuses
/// nothing, since a result that came has to be kept; so whoever asks for *new work* looks at saturated() first, and
/// waits for `relieved` if it is. Then no more is pending than the limit and the results of what is in flight.
class Writer {
 public:
  struct Callbacks {
    /// All batches of `worker` up to `number` are durable.
    std::function<void(unsigned worker, std::uint64_t number)> durable;
    /// A write or sync failed. Nothing more will be written; called once.
    std::function<void(const Error&)> failed;
    /// saturated() was true since the last call, and is not any more: all workers may go on. May be empty.
    std::function<void()> relieved;
  };

  Writer(std::unique_ptr<JournalFile> file, Callbacks callbacks, WriterSettings settings = {});
  ~Writer();  ///< stops the thread; what was not committed is dropped
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Hands over `batch`, whose lines are left empty, with their memory. `urgent`: commit without waiting; with no
  /// lines, this is about what was handed over before. After a failure or close() the lines are dropped.
  void submit(Batch& batch, bool urgent);

  /// Bytes handed over and not yet durable. Takes no lock: cheap enough to ask before every operation.
  std::size_t pending_bytes() const { return pending_.load(std::memory_order_relaxed); }
  bool saturated() const { return pending_bytes() >= settings_.pending_limit; }

  /// Commits everything handed over, then `last_line` (if any), makes it durable and ends the thread. An Error if this
  /// or an earlier commit failed (`failed` was called for it). Called again, it says the same again.
  Result<void> close(std::string_view last_line);

 private:
  using Lock = std::unique_lock<std::mutex>;

  void run();
  /// Waits until a group is due (true), or until there is nothing left to do (false).
  bool wait_for_group(Lock& lock);
  /// Writes what was gathered, without holding the lock meanwhile. False if that failed.
  bool commit(Lock& lock);
  void commit_last_line(Lock& lock);
  Result<void> make_durable(std::string_view lines);
  void tell_durable(bool relieved);
  void fail(Lock& lock, const Error& error);

  const std::unique_ptr<JournalFile> file_;  // used by the thread alone
  const Callbacks callbacks_;
  const WriterSettings settings_;

  std::mutex mutex_;  // guards what follows, down to the next empty line
  std::condition_variable changed_;
  CommitGroup gathering_;
  std::atomic<std::size_t> pending_{0};  // changed under the lock, read without
  std::uint64_t next_sync_ = 1;
  bool was_saturated_ = false;
  bool closing_ = false;
  bool stopped_ = false;  // no more than the commit under way; also after a failure
  std::string last_line_;
  std::optional<Error> error_;

  CommitGroup writing_;     // the thread's own
  Duration commit_time_{};  // the thread's own: how long the last commit took

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace koobatch::report
