#pragma once
#include "koobatch/core/attempt.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/pace_counts.hpp"
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
  int http = 0;                      ///< 0: no answer; not written
  std::optional<std::int64_t> code;  ///< absent: not written
  std::string_view msg;              ///< empty: not written
  unsigned attempts = 0;             ///< 0 for `invalid`
  std::optional<TraceId> trace_id;   ///< the last attempt's
  WallTime at;
  std::optional<Duration> latency;  ///< the last attempt's, from its first byte sent to its answer read
  std::optional<std::string_view> ref;
  std::string_view error;                  ///< empty: not written
  std::span<const AttemptRecord> history;  ///< written when there are at least two
};

/// An `attempt` line: it stands in the report, and is durable, before the first byte of an attempt that must not be
/// made twice is sent. The trace ID tells operation and attempt.
struct AttemptNote {
  TraceId trace_id;
  WallTime at;
};

/// RunRecord::parent. Not a member of it: clang lets no std::optional make a class whose enclosing class is incomplete.
struct ParentRun {
  std::string run_id;
  std::string report;            ///< an absolute path
  std::uint64_t superseded = 0;  ///< operations not repeated, because later ones have set anew all they would set
};

/// A `run` line: the first of every segment.
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
  } job;
  std::string endpoint;
  /// The run of which this one repeats what did not succeed. `job` is the whole job still, but for `operations`: those
  /// repeated.
  using Parent = ParentRun;
  std::optional<Parent> parent;  ///< absent: not written
  std::string settings;          ///< a JSON object without secrets
};

/// Counts over the whole run. `by_status` is indexed by Status.
struct Counts {
  std::array<std::uint64_t, 5> by_status{};
  std::uint64_t remaining = 0;

  std::uint64_t& operator[](Status s) { return by_status[static_cast<std::size_t>(s)]; }
  std::uint64_t operator[](Status s) const { return by_status[static_cast<std::size_t>(s)]; }
  std::uint64_t finished() const;  ///< the sum of by_status
};

/// Appends them as a JSON object, status by status, then `remaining`.
void append_counts(std::string& out, const Counts& counts);

/// Appends them as a JSON object.
void append_pace(std::string& out, const PaceCounts& pace);

/// An `end` line: the last of a segment that was closed in good order.
struct EndRecord {
  unsigned segment = 1;
  std::string reason;  ///< completed, interrupted or aborted
  Counts counts;
  std::vector<std::uint32_t> unsettled;  ///< lines whose attempt was under way
  WallTime at;
  double seconds = 0;          ///< how long the segment took
  std::uint64_t requests = 0;  ///< HTTP requests sent in this segment
  PaceCounts pace;             ///< of this segment
  std::string error;           ///< why it was aborted; empty: not written
};

/// Each appends one whole line, `sum` and newline included. Texts need not be valid UTF-8: what is not is written as
/// U+FFFD, because a line that is no JSON would be taken for damage when the report is read. The first is the hot path:
/// it allocates only when `out` has to grow.
void append_line(std::string& out, const ResultRecord& record);
void append_line(std::string& out, const AttemptNote& note);
void append_line(std::string& out, const RunRecord& record);
void append_line(std::string& out, const EndRecord& record);
/// `{"type":"sync","n":N,"sum":…}`: everything before this line was made durable.
void append_sync_line(std::string& out, std::uint64_t n);

/// Does `line` (without its newline) carry the `sum` of its own bytes?
bool has_valid_sum(std::string_view line);

}  // namespace koobatch::report
