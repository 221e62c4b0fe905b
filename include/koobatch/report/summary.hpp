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

/// How a run stands.
enum class Outcome {
  completed,    ///< every operation has its result
  interrupted,  ///< stopped by a signal, in good order
  aborted,      ///< stopped by koobatch itself: `error` says why
  unfinished,   ///< the last segment was not closed: it was killed, or is running still
};
std::string_view to_string(Outcome outcome);

/// What there is to say about a run.
struct Summary {
  std::string report;                        ///< its path
  RunRecord run;                             ///< the first segment's
  std::vector<std::string> later_endpoints;  ///< of the other segments, each once, if not the first's
  unsigned segments = 1;
  Outcome outcome = Outcome::unfinished;
  bool running = false;              ///< unfinished because a process is at work on it just now, if somebody has looked
  std::string error;                 ///< why it was aborted
  WallTime finished;                 ///< when the last segment ended, or its last result came
  double seconds = 0;                ///< the segments' durations together
  Counts counts;                     ///< over all segments
  std::uint64_t requests = 0;        ///< as the segments counted them; for one not closed, the attempts of its results
  std::uint64_t retries = 0;         ///< attempts after an operation's first
  PaceCounts pace;                   ///< of the segments that were closed
  double operations_per_second = 0;  ///< finished and sent (so without `invalid`), over `seconds`
  struct Latency {
    std::uint64_t count = 0;  ///< 0: the others mean nothing
    Duration p50{}, p90{}, p99{}, max{};
  } latency;
  std::vector<Cause> causes;       ///< most frequent first, at most `most_listed_causes`
  std::uint64_t other_causes = 0;  ///< operations that did not succeed and are in none of them
};

constexpr std::size_t most_listed_causes = 20;

/// Puts a Summary together from the segments of a run and their results: while a report is scanned, or by the engine as
/// the run goes, whose workers each fill a Tally that is merged here. For every segment: begin_segment, then its
/// results, then end_segment unless it was not closed. Not thread-safe.
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
  void add(const ResultRecord& result) { tally_.add(result); }
  void merge(const Tally& tally) { tally_.merge(tally); }
  void end_segment(const EndRecord& end);
  /// `report` is the path to show. At least one segment was begun.
  Summary build(std::string report) const;

 private:
  /// What a segment adds that has no `end` line: as long as until its last result.
  double open_seconds() const;
  std::uint64_t open_requests() const { return tally_.attempts() - attempts_before_; }

  RunRecord first_;
  std::vector<std::string> later_endpoints_;
  unsigned segments_ = 0;
  bool open_ = false;  // a segment was begun and not ended
  WallTime segment_started_;
  std::uint64_t attempts_before_ = 0;  // of all segments before the open one
  double seconds_ = 0;
  std::uint64_t requests_ = 0;
  PaceCounts pace_;
  std::optional<EndRecord> last_end_;
  Tally tally_;
};

/// Reads the report and sums it up. Errors as those of scan().
Result<Summary> summarize(const std::filesystem::path& report);
/// As above, and leaves what was gathered in `builder`, for a run that goes on.
Result<Summary> summarize(const std::filesystem::path& report, SummaryBuilder& builder);

/// For people: what came out of it, in a few lines of at most `width` columns (60 at the least; trace IDs, paths and
/// commands are never cut), with the causes of what did not succeed and what to do next. Ends in a newline. All that
/// came from the service or the job is harmless to a terminal. `colour`: with ANSI colours.
std::string summary_text(const Summary& summary, bool colour, std::size_t width);

/// For programs: one line of JSON with `"schema":1`, without a newline. As harmless to a terminal.
std::string summary_json(const Summary& summary);

}  // namespace koobatch::report
