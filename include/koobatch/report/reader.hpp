#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/report/decoder.hpp"
#include "koobatch/report/line_set.hpp"
#include "koobatch/report/record.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::report {

/// A result as seen by the scan, which parses only the first two members; visitors that need more decode `text`.
struct ResultLine {
  std::uint32_t line = 0;
  Status status = Status::unknown;
  std::string_view text;  ///< the whole line, valid during the call
};

/// Receives the valid lines of a report in order, up to the first bad one. They count only if the scan succeeds. An
/// Error ends the scan; its message is appended to the report's path and line.
class Visitor {
 public:
  virtual ~Visitor() = default;
  virtual Result<void> on_run(const RunRecord& run);
  virtual Result<void> on_result(const ResultLine& result);
  virtual Result<void> on_end(const EndRecord& end);
  /// A `read` line, see ReadingNote: `text` is valid during the call.
  virtual Result<void> on_read(std::string_view text);
  virtual Result<void> on_worker(const WorkerRecord& worker);
  virtual Result<void> on_collected(const CollectedRecord& collected);
};

struct Segment {
  RunRecord run;
  std::optional<EndRecord> end;  ///< nothing: the segment was not closed
};

/// The content of a report.
struct Scan {
  std::vector<Segment> segments;  ///< never empty
  LineSet done;                   ///< the lines of the job that have a result
  Counts counts;                  ///< over all segments; `remaining` is relative to the job's operations
  /// Lines of the job whose attempt was in flight when a segment ended, and that have no result since. Ascending.
  std::vector<std::uint32_t> unsettled;
  /// The last noted attempts of operations without a result, unless the segment's `end` line shows that they were not
  /// in flight: each may have been made. Ascending by line.
  std::vector<AttemptNote> noted;
  std::vector<std::uint32_t> worker_prefixes;  ///< trace prefixes of the workers of a run on many machines, each once
  std::uint64_t bytes = 0;                     ///< bytes read
  std::uint64_t valid_bytes = 0;  ///< less than `bytes` if the tail is torn: a resumed run cuts the report here
  std::uint64_t valid_lines = 0;
  std::uint64_t last_sync = 0;  ///< the highest `n`

  bool torn() const { return valid_bytes != bytes; }
  /// Whether the last segment was closed properly.
  bool ended() const { return segments.back().end.has_value(); }
  /// Whether every operation has its result, and the last segment was closed.
  bool finished() const { return ended() && counts.remaining == 0; }
  /// Whether a segment was not closed, or what was recorded is lost, so that an unrecorded attempt may have reached the
  /// service.
  bool has_unclosed_segment() const;
  /// Whether all segments verified the job while sending it.
  bool verified() const;
  /// The trace prefixes of all segments and workers, from which a new one must differ.
  std::vector<std::uint32_t> trace_prefixes() const;
};

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

/// Reads up to `size` bytes to `to`; 0 at the end.
using ReadSome = std::function<Result<std::size_t>(char* to, std::size_t size)>;

/// Reads a report from the start, in bounded memory (256 KiB, or its longest line), and checks every line's checksum. A
/// bad line (incomplete, not JSON, wrong checksum) that a valid `sync` or `end` line follows is damage: an error
/// (usage) that names it. Otherwise the report is valid up to the first bad line. Also errors: a file that does not
/// begin with a `run` line, a second result for a line of the job, a line that lacks a member of its type, an
/// unreadable file.
///
/// Result lines are trusted to be JSON if their checksum is right and they begin like ours: parsing every one of
/// millions would only detect forgeries by the report's owner.
///
/// A report that another process is writing can be scanned: its last, unfinished line looks like a torn tail.
/// `most_bytes`: treats the file as if it were no longer than that.
Result<Scan> scan(const std::filesystem::path& path, Visitor& visitor, std::uint64_t most_bytes = no_limit);
Result<Scan> scan(const std::filesystem::path& path);
/// Scans the bytes returned by `read`; `name` is for the messages.
Result<Scan> scan(const std::string& name, const ReadSome& read, Visitor& visitor);

/// The errors for a report that cannot be opened, because of `code`, and for an empty one.
Error open_error(const std::string& name, int code);
Error empty_error(const std::string& name);
/// The error for a file whose first line is not a valid `run` line: it is not a report, or another program has changed
/// it. `line`: without its end; empty if that is missing.
Error first_line_error(const std::string& name, std::string_view line);

}  // namespace koobatch::report
