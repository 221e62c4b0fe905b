#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/report/record.hpp"
#include "koobatch/report/record_scan.hpp"
#include "koobatch/report/tally.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace koobatch::report {

/// The state of a run.
enum class Outcome {
  completed,    ///< every operation has its result
  interrupted,  ///< stopped by a signal and closed properly
  aborted,      ///< stopped by koobatch itself: `error` says why
  unfinished,   ///< the last segment was not closed: it was killed, or is still running
};
std::string_view to_string(Outcome outcome);

/// The summary of a run.
struct Summary {
  std::string report;                        ///< its path
  RunRecord run;                             ///< the first segment's
  std::vector<std::string> later_endpoints;  ///< of the other segments, each once, if different from the first's
  unsigned segments = 1;
  Outcome outcome = Outcome::unfinished;
  bool running = false;               ///< unfinished because a process is at work on it, as far as that was checked
  std::string error;                  ///< why it was aborted
  std::optional<NextStep> next_step;  ///< EndRecord::next_step: what `error` advises
  WallTime finished;                  ///< when the last segment ended, or its last result was recorded
  double seconds = 0;                 ///< total duration of the segments
  Counts counts;                      ///< over all segments
  /// How many of these may be of operations the job never had: their segment verified the job only after sending it,
  /// and found that it had been changed. Only earlier versions recorded such results.
  std::uint64_t doubtful = 0;
  std::uint64_t unrecorded = 0;  ///< results counted after the report had failed, and so not in it
  bool report_lost = false;      ///< the file under the report's name is not the report as the run left it
  std::uint64_t requests = 0;  ///< as counted by the segments; for one that was not closed, the attempts of its results
  std::uint64_t retries = 0;   ///< attempts after an operation's first
  std::string http;            ///< EndRecord::http of the last segment
  PaceCounts pace;             ///< in the segments that were closed
  PaceFindings found;          ///< at the end of the last of these
  double operations_per_second = 0;  ///< operations sent and finished (so without `invalid`), over `seconds`
  struct Latency {
    std::uint64_t count = 0;  ///< 0: the other members are meaningless
    Duration p50{}, p90{}, p99{}, max{};
  } latency;
  std::vector<Cause> causes;       ///< most frequent first, at most `most_listed_causes`
  CaptureCounts captures;          ///< what results say about items before they were changed
  std::uint64_t other_causes = 0;  ///< operations that did not succeed and belong to none of these
};

constexpr std::size_t most_listed_causes = 20;

/// Builds a Summary from the segments of a run and their results: while a report is scanned, or by the engine during a
/// run, whose workers each fill a Tally that is merged here. For every segment: begin_segment, its results, then
/// end_segment unless it was not closed. Not thread-safe.
class SummaryBuilder final : public RecordVisitor {
 public:
  Result<void> on_run(const RunRecord& run) override {
    begin_segment(run);
    return {};
  }
  Result<void> on_result(const ResultRecord& result) override {
    add(result);
    return {};
  }
  Result<void> on_end(const EndRecord& end) override {
    end_segment(end);
    return {};
  }

  void begin_segment(const RunRecord& run);
  void add(const ResultRecord& result) {
    tally_.add(result);
    // With a reason, it is what another has changed since a plan was made.
    if ((result.has_was && result.reason.empty()) || !result.not_captured.empty()) {
      tally_.add_capture(result.not_captured);
    }
  }
  void merge(const Tally& tally) { tally_.merge(tally); }
  void end_segment(const EndRecord& end);
  /// `report` is the path to show. Precondition: a segment was begun.
  Summary build(std::string report) const;

 private:
  /// The duration of a segment without an `end` line: up to its last result.
  double open_seconds() const;
  std::uint64_t open_requests() const { return tally_.attempts() - attempts_before_; }
  /// Results of operations that were sent.
  std::uint64_t sent() const { return tally_.counts().finished() - tally_.counts()[Status::invalid]; }

  RunRecord first_;
  std::vector<std::string> later_endpoints_;
  unsigned segments_ = 0;
  bool open_ = false;      // a segment was begun and not ended
  bool verified_ = false;  // of the latest segment: RunRecord::Job::verified
  WallTime segment_started_;
  std::uint64_t attempts_before_ = 0;  // in all segments before the open one
  std::uint64_t sent_before_ = 0;
  std::uint64_t doubtful_ = 0;
  double seconds_ = 0;
  std::uint64_t requests_ = 0;
  PaceCounts pace_;
  std::optional<EndRecord> last_end_;
  Tally tally_;
};

/// Reads and summarises the report. Errors as in scan().
Result<Summary> summarize(const std::filesystem::path& report);
/// Summarises the report and leaves what was gathered in `builder`, for a run that continues.
Result<Summary> summarize(const std::filesystem::path& report, SummaryBuilder& builder,
                          std::uint64_t most_bytes = no_limit);

/// The summary for people to read: the outcome in lines of at most `width` columns (at least 60; trace IDs, paths and
/// commands are never cut), the causes of what did not succeed, and what to do next. Ends in a newline. Foreign text is
/// made harmless to a terminal. `colour`: with ANSI colours.
std::string summary_text(const Summary& summary, bool colour, std::size_t width);

/// The summary for programs: one line of JSON with `"schema":1`, without a newline. Foreign text is made harmless to a
/// terminal.
std::string summary_json(const Summary& summary);

}  // namespace koobatch::report
