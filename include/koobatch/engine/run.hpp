#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/engine/measurements.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/job/validator.hpp"
#include "koobatch/observe/metrics.hpp"
#include "koobatch/observe/snapshot.hpp"
#include "koobatch/report/journal_file.hpp"
#include "koobatch/report/reader.hpp"
#include "koobatch/report/summary.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace koobatch::engine {

/// How a segment ended. The report says the same.
struct RunResult {
  report::Summary summary;     ///< of the whole run
  std::optional<Error> error;  ///< why it was aborted
  Measurements measurements;   ///< empty unless the job is synthetic
};

/// What the report of a run tells, for a further segment. The report is locked for as long as this lives.
struct Earlier {
  report::LockedReport report;
  report::Scan scan;
};
Result<Earlier> read_earlier(const std::filesystem::path& report);

/// Is the job still the one the report is about? An error (usage) that says what differs.
Result<void> check_same_job(const report::RunRecord& recorded, const std::filesystem::path& job,
                            const job::Digest& digest);

/// One segment of a run, from job to report: reader, workers and report writer on threads of their own. The caller's
/// thread only watches.
class Run {
 public:
  /// Creates the report and starts. `validation` is what validating the job came to: it is not read for errors again,
  /// but compared with what is read while sending. Its `operations` are those to send, which of a retry are
  /// the selected ones; 0 of a made-up job without an end.
  static Result<std::unique_ptr<Run>> start(const RunSettings& settings, const job::Validation& validation);
  /// Goes on with the run that `earlier` holds: a new segment at the end of its report. The job must be the same: see
  /// check_same_job().
  static Result<std::unique_ptr<Run>> resume(const RunSettings& settings, const job::Validation& validation,
                                             Earlier earlier);
  ~Run();  ///< of an unfinished run: stops at once, as a crash would

  /// Waits until the run has ended, or for `patience`. True if it has ended.
  bool wait(std::chrono::milliseconds patience);
  /// Sends nothing more; what is under way may finish for `grace`. For signals: the reason will be `interrupted`.
  void interrupt(std::chrono::milliseconds grace);
  observe::Snapshot snapshot() const;
  /// From any thread.
  observe::RunMetrics metrics() const;
  /// The `run` line of this segment.
  const report::RunRecord& record() const;
  /// Under its final name, which may have got a number.
  const std::filesystem::path& report() const;

  /// Another rate from now on, in requests a second; 0: no limit. These three return once it is so, false if the run
  /// has ended before.
  bool change_rate(double rate);
  /// Nothing is sent until go_on(); what is under way may finish.
  bool pause();
  bool go_on();
  /// After wait() was true: writes the `end` line, closes the report. Once. After a resume() it reads the whole report
  /// for the summary.
  RunResult finish();

 private:
  struct Impl;
  explicit Run(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace koobatch::engine
