#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/fleet/collected.hpp"
#include "koobatch/fleet/ledger.hpp"
#include "koobatch/report/journal_file.hpp"
#include "koobatch/report/record.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace koobatch::fleet {

class LineFilter;

/// Appends the results of a run from the ledger to a report. Any number of collectors may do so, each with a report of
/// its own: all reports are complete. A collector that is killed continues where its last `collected` line says;
/// results that it had appended after that line are found again, and left out.
class Collector {
 public:
  /// `collected`: what the report holds. `file`: the report, cut where its valid lines end. `ledger` must outlive it.
  Collector(Ledger& ledger, RunNumber run, std::unique_ptr<report::JournalFile> file, Collected collected);
  ~Collector();

  /// What a round has found.
  struct Round {
    Survey survey;
    std::uint64_t results = 0;  ///< appended in this round
    bool ended = false;         ///< the run has ended, and so have its workers: nothing more will be recorded
  };
  /// Appends everything that has been recorded until now, and makes it durable. A Failure `forgotten` says that the
  /// ledger lacks what it had acknowledged. After any failure of the report itself (`refused`), nothing more can be
  /// appended.
  Answer<Round> collect();

  /// The results of all operations, as far as the report has them.
  report::Counts counts() const;
  /// Whether the report has a result for the operation on this line.
  bool has_result(std::uint32_t line) const;
  /// Second results for an operation, which were left out: there must be none.
  std::uint64_t doubled() const;

  /// Appends the last line, and makes it durable. Precondition: collect() answered that the run has ended, or that the
  /// ledger has forgotten results.
  Result<void> close(const report::EndRecord& end);

 private:
  /// The groups of an enrolment up to the one that the survey names.
  Answer<void> collect_from(const WorkerRow& worker, std::uint64_t& results);
  Answer<void> take(const WorkerRow& worker, const JournalRow& row);
  /// Appends a `worker` line if the report lacks it, or has an older one although the enrolment is over.
  void note_worker(const WorkerRow& worker);
  /// Appends what was gathered, with the cursors that go with it.
  Answer<void> write_out();
  Answer<void> check_memory(const Survey& survey) const;
  Failure confirmed(Failure failure, std::uint64_t connection);

  Ledger& ledger_;
  const RunNumber run_;
  const std::unique_ptr<report::JournalFile> file_;
  const report::RunRecord record_;
  const report::Counts counts_before_;
  std::unique_ptr<LineFilter> filter_;
  Cursors cursors_;
  Cursors changed_;  ///< cursors that no `collected` line says yet
  std::map<std::string, report::WorkerRecord> workers_;
  std::string lines_;  ///< gathered, and not in the file yet
  std::uint64_t next_sync_;
};

/// Opens the report at `path`, which no other process may be collecting into, and cuts off its torn end. A usage error
/// if the report has an `end` line: there is nothing to be added.
struct OpenedReport {
  std::unique_ptr<report::JournalFile> file;
  Collected collected;
};
Result<OpenedReport> open_for_collecting(const std::filesystem::path& path);

}  // namespace koobatch::fleet
