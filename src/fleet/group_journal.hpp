#pragma once
#include "fleet/group_fate.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/core/mutex.hpp"
#include "koobatch/fleet/ledger.hpp"
#include "koobatch/report/journal_file.hpp"
#include "koobatch/report/record.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::fleet {

/// What the groups of an enrolment have to do with the rest of its worker. Called on the thread that commits, one call
/// at a time; must not call the GroupCommitter.
class GroupEvents {
 public:
  virtual ~GroupEvents() = default;
  /// How far this worker's parts will have come once `lines` have their results, too: what the ledger does not know
  /// yet. Each line is passed once, whatever becomes of its group.
  virtual std::vector<PartProgress> progress_with(std::span<const std::uint32_t> lines) = 0;
  /// That progress, and the results it was asked for, are durable.
  virtual void committed(std::span<const PartProgress> progress) = 0;
  /// What to tell with a group, except for the counts of results.
  virtual Vitals vitals() = 0;
  /// A request is about to be sent to the ledger that is a heartbeat if it is acknowledged.
  virtual void sending() = 0;
  /// The last one was acknowledged.
  virtual void acknowledged() = 0;
  /// The ledger did not answer, or cannot be reached. Waits a little; returns whether to try again.
  virtual bool wait_to_try_again() = 0;
};

/// Commits the groups of one enrolment, in order, each exactly once. Safe to call from any thread; a call waits for the
/// ledger for as long as that takes.
class GroupCommitter {
 public:
  /// `ledger`: used by nobody else meanwhile. Both references must outlive it.
  GroupCommitter(Ledger& ledger, Enrolment enrolment, GroupEvents& events)
      : ledger_(ledger), enrolment_(enrolment), events_(events) {}

  /// Makes lines of a report durable, with the progress that they mean; nothing is asked of the ledger if there is
  /// neither. An error (fatal) says why they are not durable, or not known to be: nothing more can be committed then.
  Result<void> commit(std::string_view lines) EXCLUDES(mutex_);
  /// Commits only progress.
  Result<void> commit_progress() { return commit({}); }

  /// Why the ledger accepts nothing more; nothing if it does, or wait_to_try_again() said no.
  std::optional<Failure> failure() const EXCLUDES(state_mutex_);
  /// The results in groups that are known to be durable.
  report::Counts recorded() const EXCLUDES(state_mutex_);
  /// The number of the last such group.
  GroupNumber last_group() const EXCLUDES(state_mutex_);

 private:
  /// A group whose fate is not known yet: sent again, it must be the very same.
  struct Pending {
    Group group;
    std::vector<PartProgress> progress;
    report::Counts counts;  ///< of the enrolment, including this group
  };
  struct Verdict {
    GroupFate fate;
    Failure failure{};  ///< unless `committed` or `send_again`
  };

  Pending prepare(std::string_view lines) REQUIRES(mutex_);
  Result<void> carry_out(const Pending& pending) REQUIRES(mutex_);
  Verdict send(const Pending& pending) REQUIRES(mutex_);
  Verdict settle(const Pending& pending) REQUIRES(mutex_);
  void succeeded(const Pending& pending) REQUIRES(mutex_);
  Error end(const Failure& failure) REQUIRES(mutex_);
  Error give_up() REQUIRES(mutex_);

  Ledger& ledger_;
  const Enrolment enrolment_;
  GroupEvents& events_;
  Mutex mutex_;  ///< held while the ledger is asked
  std::optional<Error> ended_ GUARDED_BY(mutex_);

  mutable Mutex state_mutex_;  ///< never held for long
  GroupNumber last_group_ GUARDED_BY(state_mutex_) = 0;
  report::Counts recorded_ GUARDED_BY(state_mutex_);
  std::optional<Failure> failure_ GUARDED_BY(state_mutex_);
};

/// A run's journal in the ledger: what was appended becomes one group with sync(). For the writer's thread.
class GroupJournal final : public report::JournalFile {
 public:
  /// `committer` must outlive it.
  explicit GroupJournal(GroupCommitter& committer) : committer_(committer) {}

  Result<void> append(std::string_view bytes) override;
  Result<void> sync() override;
  std::optional<report::Counts> recorded() const override { return committer_.recorded(); }

 private:
  GroupCommitter& committer_;
  std::string lines_;
};

}  // namespace koobatch::fleet
