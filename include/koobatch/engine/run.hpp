#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/engine/measurements.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/job/source.hpp"
#include "koobatch/observe/metrics.hpp"
#include "koobatch/observe/snapshot.hpp"
#include "koobatch/report/journal_file.hpp"
#include "koobatch/report/reader.hpp"
#include "koobatch/report/summary.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace koobatch::engine {

/// How a segment ended, as recorded in its report.
struct RunResult {
  report::Summary summary;                 ///< of the whole run
  std::optional<Error> error;              ///< why it was aborted
  Measurements measurements;               ///< empty unless it was a benchmark
  std::vector<std::uint32_t> unsettled{};  ///< EndRecord::unsettled of this segment
};

/// The content of a run's report, as needed for a further segment. The report is locked during its lifetime.
struct Earlier {
  report::LockedReport report;
  report::Scan scan;
};
Result<Earlier> read_earlier(const std::filesystem::path& report);

/// Checks that the job is still the one the report is about. An error (usage) says what differs.
Result<void> check_same_job(const report::RunRecord& recorded, const std::filesystem::path& job,
                            const job::Digest& digest);

class Segment;

/// One segment of a run, from job to report: reader, workers and report writer run on threads of their own. The
/// caller's thread only watches.
class Run {
 public:
  /// Creates the report and starts. `source` was validated; the run stops at the first block that differs from what was
  /// validated.
  static Result<std::unique_ptr<Run>> start(const RunSettings& settings, std::shared_ptr<const job::Source> source);
  /// Resumes the run that `earlier` holds: a new segment at the end of its report. Precondition: the job is the same,
  /// see check_same_job().
  static Result<std::unique_ptr<Run>> resume(const RunSettings& settings, std::shared_ptr<const job::Source> source,
                                             Earlier earlier);
  /// Takes part in a run that others began, as `record` says: its results go into `journal`, which others read, so no
  /// line about the run itself is written. The summary is counted: it is about this part alone.
  static Result<std::unique_ptr<Run>> take_part(const RunSettings& settings, std::shared_ptr<const job::Source> source,
                                                report::RunRecord record, std::unique_ptr<report::JournalFile> journal);
  ~Run();  ///< of an unfinished run: stops immediately, like a crash

  /// Waits up to `patience` for the run to end. Returns whether it has ended.
  bool wait(std::chrono::milliseconds patience);
  /// Sends nothing more; requests in flight may take up to `grace`. For signals: the recorded reason is `interrupted`.
  void interrupt(std::chrono::milliseconds grace);
  observe::Snapshot snapshot() const;
  /// Safe to call from any thread.
  observe::RunMetrics metrics() const;
  /// The `run` line of this segment.
  const report::RunRecord& record() const;
  /// The report's final path, which may contain an added number.
  const std::filesystem::path& report() const;

  /// Changes the rate, in requests a second; 0: no limit. Nothing sent before counts any more, nor anything saved up.
  /// `burst`: PaceSettings::burst from now on; nothing: as it was. This and the functions below return once the change
  /// is in effect, or false if the run has ended before.
  bool change_rate(double rate, std::optional<std::uint32_t> burst = {});
  /// Changes the rate of each user, in requests a second; 0: no limit.
  bool change_rate_per_user(double rate);
  /// Sends nothing until go_on(); requests in flight may finish.
  bool pause();
  bool go_on();

  // For a run that others take part in. They decide, too, when something may be sent:
  /// Sends nothing until release(), whether or not the user has paused the run. Also begins when RunSettings::gate
  /// turns a request away.
  bool hold();
  bool release();
  /// Sends nothing for so long, because the service asked one of the others for it. snapshot().pace.wait is the longest
  /// such time, including what this run was asked for.
  bool pause_for(Duration wait);
  /// Refusals that are held back: they are not counted as results, and may become some.
  std::uint64_t held_refusals() const;
  /// Operations that are left without a result because their users were refused, or because they follow such ones on
  /// their keys: nothing will come of them in this run, and finish() says so as the error. As of when there was last
  /// nothing else to do.
  std::uint64_t left_out() const;
  /// What is added to steady time for the X-Date of a request, as the service has accepted it, or as its answers
  /// suggest as long as it has not; nothing before its first answer: then it is our own clock's time.
  std::optional<Duration> service_clock() const;
  /// Whether the service has accepted an attempt that was dated too early; nothing as long as that is not known. See
  /// RunSettings::stale_first_attempt.
  std::optional<bool> stale_attempt_accepted() const;
  /// Resets connections whose requests may not have arrived in full, so that nothing of them arrives later; operations
  /// on them are in doubt. Returns whether that was done within `patience`: then, if RunSettings::gate has been turning
  /// requests away since before the call, nothing more can be sent, as no thread is between asking it and sending. What
  /// was sent less than a round trip ago has not arrived, as far as is known: so wait that long first, if there is
  /// time.
  bool withdraw(std::chrono::milliseconds patience);
  /// Writes the `end` line and closes the report. Precondition: wait() returned true; to be called once. After resume()
  /// it reads the whole report for the summary.
  RunResult finish();

 private:
  explicit Run(std::unique_ptr<Segment> segment);
  std::unique_ptr<Segment> segment_;
};

}  // namespace koobatch::engine
