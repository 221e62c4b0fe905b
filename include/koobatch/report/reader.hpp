#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/report/decoder.hpp"
#include "koobatch/report/line_set.hpp"
#include "koobatch/report/record.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::report {

/// A result as the scan sees it. Only the first two are read from it; whoever wants the rest decodes `text`.
struct ResultLine {
  std::uint32_t line = 0;
  Status status = Status::unknown;
  std::string_view text;  ///< the whole line, valid during the call
};

/// Is shown the valid lines of a report in their order, up to the first bad one. What it was shown counts only if the
/// scan succeeds. An Error ends the scan; its message is put behind the report's path and line.
class Visitor {
 public:
  virtual ~Visitor() = default;
  virtual Result<void> on_run(const RunRecord& run);
  virtual Result<void> on_result(const ResultLine& result);
  virtual Result<void> on_end(const EndRecord& end);
};

struct Segment {
  RunRecord run;
  std::optional<EndRecord> end;  ///< nothing: the segment was not closed
};

/// What a report holds.
struct Scan {
  std::vector<Segment> segments;  ///< never empty
  LineSet done;                   ///< the lines of the job that have a result
  Counts counts;                  ///< over all segments; remaining as the job's operations have it
  /// Lines of the job whose attempt was under way when some segment ended, and that have no result since. Ascending.
  std::vector<std::uint32_t> unsettled;
  /// The last attempts noted of operations that have no result, unless the segment's `end` line tells that they were not
  /// under way then: each may have been made. Ascending by line.
  std::vector<AttemptNote> noted;
  std::uint64_t bytes = 0;        ///< as read
  std::uint64_t valid_bytes = 0;  ///< less than `bytes` if the tail is torn: a resumed run cuts the report here
  std::uint64_t valid_lines = 0;
  std::uint64_t last_sync = 0;  ///< the highest `n`

  bool torn() const { return valid_bytes != bytes; }
  /// Was the last segment closed in good order?
  bool ended() const { return segments.back().end.has_value(); }
  /// Is there a segment that was not closed, so that an attempt nobody recorded may have arrived?
  bool has_unclosed_segment() const;
  /// The trace prefixes of all segments; a new one must differ from them.
  std::vector<std::uint32_t> trace_prefixes() const;
};

/// Fills up to `size` bytes at `to`; 0 at the end.
using ReadSome = std::function<Result<std::size_t>(char* to, std::size_t size)>;

/// Reads a report from the start, in bounded memory (256 KiB, or its longest line), and checks every line's sum.
/// A bad line (not whole, no JSON, wrong sum) that a valid `sync` or `end` line follows is damage: an error (usage)
/// that names it. Without one, the report is valid up to the first bad line. Also errors: a file that does not begin
/// with a `run` line, a second result for a line of the job, a line that lacks what its type needs, a file that cannot
/// be read.
///
/// Result lines are trusted to be JSON if their sum is right and they begin as ours do: parsing every one of millions
/// would only find what nobody but their author could have put there.
///
/// A report that another process is writing can be scanned: its last, unfinished line looks like a torn tail.
Result<Scan> scan(const std::filesystem::path& path, Visitor& visitor);
Result<Scan> scan(const std::filesystem::path& path);
/// As above, from `read`; `name` is for the messages.
Result<Scan> scan(const std::string& name, const ReadSome& read, Visitor& visitor);

}  // namespace koobatch::report
