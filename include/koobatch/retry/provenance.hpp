#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/report/reader.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// Whether the results in a report belong to the operations in its job. They do in segments that verified the job while
/// sending it; earlier versions compared the job with what had been validated only after sending all of it.
namespace koobatch::retry {

/// Results whose operation, folder or album differs from the job's on their line: proof that they belong to another
/// job.
struct Contradiction {
  std::uint64_t results = 0;
  std::uint32_t line = 0;       ///< the lowest such line
  std::uint32_t last_line = 0;  ///< the highest such line
  std::string recorded;         ///< on the lowest line: "rename_shared_folder 17"
  std::string in_job;           ///< the job's counterpart; empty: no operation begins there
};

/// Results of a segment that match the job in operation and identifier, but may still belong to another one: nothing
/// else is recorded.
struct Doubt {
  enum class Reason {
    job_changed,    ///< the segment found at its end that the job had been changed
    never_compared  ///< the segment did not reach its end, and the job's file was written or replaced after it began
  };
  Reason reason = Reason::never_compared;
  unsigned segment = 0;
  std::uint64_t results = 0;
  std::uint32_t line = 0;       ///< the lowest line
  std::uint32_t last_line = 0;  ///< the highest line
};

struct Provenance {
  std::optional<Contradiction> contradiction;
  std::vector<Doubt> doubts;
};

/// The results of a segment, except `invalid` ones: those were never sent.
struct SegmentResults {
  report::RunRecord run;
  std::optional<report::EndRecord> end;
  std::uint64_t results = 0;
  std::uint32_t line = 0;
  std::uint32_t last_line = 0;
};
/// Finds the doubtful segments. `job_changed`: when the job's file was last changed in any way. A segment that reached
/// its end compared everything it read; and a job last changed before a segment began was not changed while it was
/// sent.
std::vector<Doubt> find_doubts(std::span<const SegmentResults> segments, WallTime job_changed);

/// Examines the report against the job. Precondition: `reader.expected` is the job's fingerprint. Takes time only for
/// segments of earlier versions: one pass over both files, and one more for each 8 million lines. Memory: at most 16
/// MiB, 2 bytes per line.
Result<Provenance> examine(const std::filesystem::path& report, const std::filesystem::path& job,
                           const job::ReaderSettings& reader);

}  // namespace koobatch::retry
