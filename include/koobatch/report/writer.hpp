#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/report/commit_group.hpp"
#include "koobatch/report/journal_file.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace koobatch::report {

struct WriterSettings {
  CommitPolicy policy;
  /// The number of pending bytes from which saturated() is true: about 300 ms of results at 100,000 a second.
  std::size_t pending_limit = std::size_t{8} << 20;
  /// In a resumed run, the highest `sync` number in the report (Scan::last_sync): the first group then opens with a
  /// `sync` line too, because LockedReport::append_from made everything before it durable. Nothing for a new report.
  std::optional<std::uint64_t> last_sync;
  /// Whether groups open with `sync` lines. Unnecessary where the journal keeps groups apart by itself.
  bool sync_lines = true;
  /// How often the file is checked while nothing is appended, so that a change during a long pause or outage is
  /// reported at once, and not only after more was sent.
  Duration idle_check = std::chrono::seconds(1);
};

/// Receives the outcome of what was handed to a Writer. Called on the writer's thread: must neither block nor call
/// close().
class WriterEvents {
 public:
  virtual ~WriterEvents() = default;
  /// All batches of `worker` up to `number` are durable.
  virtual void durable(unsigned worker, std::uint64_t number) = 0;
  /// A write or sync failed, or the report is lost. Nothing more will be written. Called once.
  virtual void failed(const Error& cause) = 0;
  /// saturated() was true since the last call, and no longer is: all workers may continue.
  virtual void relieved() = 0;
};

/// Group commit: a thread that gathers batches, appends them in one write and makes them durable with one fdatasync, at
/// most `max_delay` after a group's first result, or at once if a batch is urgent. Every group after the first opens
/// with a `sync` line (unless the settings say otherwise), which states that everything before it is durable. The last
/// line of a segment is written only once all groups before it are durable, because it states that as well. If the file
/// under the report's name is no longer as the thread left it (JournalFile), that is handled like a disk failure; it is
/// checked before, with and after each group, and while idle.
///
/// submit(), pending_bytes() and saturated() may be called from any thread and never wait for the disk.
///
/// Memory: everything handed over is held until it is durable, and a disk may be slower than the service. submit()
/// never refuses, because every result must be kept. So a caller checks saturated() before asking for *new work*, and
/// waits for `relieved` if it is true. Then at most the limit and the results of requests in flight are pending.
class Writer {
 public:
  /// `events` must outlive the writer.
  Writer(std::unique_ptr<JournalFile> file, WriterEvents& events, WriterSettings settings = {});
  ~Writer();  ///< stops the thread; drops what was not committed
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Hands over `batch`, which is emptied and keeps its capacity. `urgent`: commits without waiting; a batch without
  /// lines makes earlier ones urgent. After a failure or close() the lines are dropped.
  void submit(Batch& batch, bool urgent);

  /// Bytes handed over and not yet durable. Takes no lock: cheap enough to check before every operation.
  std::size_t pending_bytes() const { return pending_.load(std::memory_order_relaxed); }
  bool saturated() const { return pending_bytes() >= settings_.pending_limit; }

  /// Commits everything handed over, then `last_line` (if any), makes it durable and ends the thread. An Error if this
  /// or an earlier commit failed (`failed` was called for it). Further calls return the first result.
  Result<void> close(std::string_view last_line);
  /// See JournalFile. Precondition: close() returned an error.
  bool lost() const { return file_->lost(); }
  JournalFile::Remains remains() const { return file_->remains(); }
  std::optional<Counts> recorded() const { return file_->recorded(); }

 private:
  using Lock = std::unique_lock<std::mutex>;

  void run();
  /// Waits until a group is due (true), or until there is nothing left to do (false).
  bool wait_for_group(Lock& lock);
  /// Waits until something changes. If nothing does for a while, checks the file.
  void idle(Lock& lock);
  /// Writes what was gathered, releasing the lock meanwhile. False on failure.
  bool commit(Lock& lock);
  void commit_last_line(Lock& lock);
  Result<void> make_durable(std::string_view lines);
  void tell_durable(bool relieved);
  void fail(Lock& lock, const Error& error);

  const std::unique_ptr<JournalFile> file_;  // used by the thread alone
  WriterEvents& events_;
  const WriterSettings settings_;

  std::mutex mutex_;  // guards what follows, down to the next empty line
  std::condition_variable changed_;
  CommitGroup gathering_;
  std::atomic<std::size_t> pending_{0};  // changed under the lock, read without
  std::uint64_t next_sync_ = 1;
  bool was_saturated_ = false;
  bool closing_ = false;
  bool stopped_ = false;  // the thread ends after the present commit; also after a failure
  std::string last_line_;
  std::optional<Error> error_;

  CommitGroup writing_;     // the thread's own
  Duration commit_time_{};  // the thread's own: how long the last commit took

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace koobatch::report
