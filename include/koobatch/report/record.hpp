#pragma once
#include "koobatch/core/attempt.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/next_step.hpp"
#include "koobatch/core/pace_counts.hpp"
#include "koobatch/core/pace_findings.hpp"
#include "koobatch/core/status.hpp"
#include "koobatch/core/trace_id.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::report {

constexpr int schema_version = 1;

/// A `result` line. The views must outlive the call that encodes it; after decoding they point into the decoder's
/// memory.
struct ResultRecord {
  std::uint32_t line = 0;
  std::string_view op;
  std::string_view id;
  Status status = Status::unknown;
  int http = 0;                      ///< 0: no answer, and not written
  std::optional<std::int64_t> code;  ///< absent: not written
  std::string_view msg;              ///< empty: not written
  unsigned attempts = 0;             ///< 0 for `invalid`
  unsigned readings = 0;             ///< attempts that read, besides the one that every operation takes; 0: not written
  std::optional<TraceId> trace_id;   ///< the last attempt's
  WallTime at;
  std::optional<Duration> latency;  ///< the last attempt's, from sending its first byte to reading its answer
  std::optional<std::string_view> ref;
  std::string_view error;   ///< empty: not written
  std::string_view reason;  ///< why it was not fulfilled: one word; empty: not written
  /// What was read about the item: members of a JSON object, as they are written; empty: nothing.
  std::string_view reading;
  bool has_was = false;           ///< `reading` says what the item was. Only set by reading a report, as the next one
  std::string_view not_captured;  ///< why it does not: one of not_captured_reasons
  /// Its attempts from the first one that settled nothing; written if there are at least two.
  std::span<const AttemptRecord> history;
};

/// Why nothing says what an item was before it was changed, in one word: it was not there, it could not be read, or
/// nothing reads what the operation changes.
constexpr std::array<std::string_view, 3> not_captured_reasons = {"gone", "unreadable", "unsupported"};

/// How many results say what the item was before, and how many do not, indexed like the reasons.
struct CaptureCounts {
  std::uint64_t captured = 0;
  std::array<std::uint64_t, not_captured_reasons.size()> not_captured{};

  /// Whether the run captured anything, or tried to.
  bool any() const;
};

/// An `attempt` line: durable in the report before the first byte of an attempt is sent that must not be made twice.
/// The trace ID identifies operation and attempt.
struct AttemptNote {
  TraceId trace_id;
  WallTime at;
};

/// A `read` line: what a request that reads has found, before the operation has a result.
struct ReadingNote {
  TraceId trace_id;
  WallTime at;
  std::string_view reading;  ///< members of a JSON object, as they are written
};

/// See RunRecord::parent. Not nested in it: clang rejects a std::optional of a nested class while the outer class is
/// incomplete.
struct ParentRun {
  std::string run_id;
  std::string report;  ///< an absolute path
  std::uint64_t superseded =
      0;  ///< operations not repeated because later ones have overwritten everything they would set
};

/// The file whose operations a run knows besides those that are built in. See RunRecord::operations.
struct OperationsRecord {
  std::string path;        ///< an absolute path
  std::uint64_t xxh3 = 0;  ///< of its bytes; written as 16 lower-case hex digits
};

/// The plan that a run carries out. See RunRecord::plan.
struct PlanRecord {
  std::string id;
  std::string sha256;  ///< of its lines before the last, in hexadecimal
};

/// A `run` line, the first of every segment.
struct RunRecord {
  std::string run_id;
  unsigned segment = 1;
  std::string version;
  WallTime started;
  std::uint32_t trace_prefix = 0;
  struct Job {
    std::string path;
    std::string format;
    std::uint64_t bytes = 0;
    std::uint64_t operations = 0;
    std::uint64_t xxh3 = 0;  ///< written as 16 lower-case hex digits
    /// Whether the segment verifies everything it reads against what was validated before sending any of it. False: not
    /// written, as by versions that compared the digest only after everything had been sent.
    bool verified = false;
  } job;
  std::string endpoint;
  std::optional<OperationsRecord> operations;  ///< absent: not written
  std::optional<PlanRecord> plan;              ///< absent: not written
  /// The run whose failed operations this one repeats. `job` still describes the whole job, except `operations`, which
  /// counts those repeated.
  using Parent = ParentRun;
  std::optional<Parent> parent;  ///< absent: not written
  bool verifies = false;         ///< it only reads what another run has changed; false: not written
  /// The URL, without secrets, of the engine through which many machines carry out this run, under the same `run_id`;
  /// empty: one process does, and it is not written.
  std::string engine{};
  std::string settings;  ///< a JSON object without secrets
};

/// What the record of an export has in place of a job's path, which is absolute.
constexpr std::string_view export_path = "export";
/// Whether the run reads lists for an export: the report is its journal, and nothing but the export continues it.
bool is_export(const RunRecord& run);

/// Counts over the whole run. `by_status` is indexed by Status.
struct Counts {
  std::array<std::uint64_t, status_names.size()> by_status{};
  std::uint64_t remaining = 0;

  std::uint64_t& operator[](Status s) { return by_status[static_cast<std::size_t>(s)]; }
  std::uint64_t operator[](Status s) const { return by_status[static_cast<std::size_t>(s)]; }
  std::uint64_t finished() const;   ///< the sum of by_status
  std::uint64_t fulfilled() const;  ///< the sum of those that are, see is_fulfilled()
};

/// Appends the counts as a JSON object: each status, then `remaining`. Those that only the operations of a plan can
/// have are left out if they are 0.
void append_counts(std::string& out, const Counts& counts);

/// Appends counts and findings as a JSON object; findings that are absent, and an empty list of changes, are left out.
void append_pace(std::string& out, const PaceCounts& pace, const PaceFindings& found,
                 std::span<const LimitChange> limits = {});

/// Appends the plan as a JSON object.
void append_plan(std::string& out, const PlanRecord& plan);

/// Appends command and settings as a JSON object. The report is left out: it is the one that holds the object.
void append_next_step(std::string& out, const NextStep& step);

/// An `end` line: the last of a segment that was closed properly.
struct EndRecord {
  unsigned segment = 1;
  std::string reason;  ///< completed, interrupted or aborted
  Counts counts;
  std::vector<std::uint32_t> unsettled;  ///< lines whose attempt was in flight
  /// Whether an attempt of any operation without a result may have been in flight: what was recorded about them is
  /// lost. False: not written.
  bool all_unsettled = false;
  WallTime at;
  double seconds = 0;          ///< how long the segment took
  std::uint64_t requests = 0;  ///< HTTP requests sent in this segment
  std::string http;            ///< version of the last connection, "1.1" or "2"; empty: there was none; not written
  PaceCounts pace;             ///< of this segment
  PaceFindings found;          ///< when the segment ended
  std::vector<LimitChange> limits;
  std::string error;  ///< why it was aborted; empty: not written
  /// The command that `error` advises as the way to continue, on this report, whose path is not written. Nothing: none.
  std::optional<NextStep> next_step{};
};

/// Whether the segment was aborted because its job had been changed. Determined from the error's text, the only
/// evidence in reports of the versions that matter here.
bool found_job_changed(const EndRecord& end);

/// Each appends one complete line with its checksum and newline. Texts need not be valid UTF-8: invalid bytes are
/// written as U+FFFD, because a line that is not JSON would be taken for damage on reading. The first is the hot path:
/// it allocates only to grow `out`.
void append_line(std::string& out, const ResultRecord& record);
void append_line(std::string& out, const AttemptNote& note);
void append_line(std::string& out, const ReadingNote& note);
void append_line(std::string& out, const RunRecord& record);
void append_line(std::string& out, const EndRecord& record);
/// `{"type":"sync","n":N,"sum":…}`: states that everything before this line was made durable.
void append_sync_line(std::string& out, std::uint64_t n);

/// Whether `line` (without its newline) carries the right checksum.
bool has_valid_sum(std::string_view line);

}  // namespace koobatch::report
