#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/report/record.hpp"
#include "koobatch/retry/selection.hpp"

#include <filesystem>
#include <initializer_list>

namespace koobatch::retry {

/// The combined content of a report and the reports it descends from.
struct Lineage {
  report::RunRecord run;        ///< the named report's last segment
  bool finished = false;        ///< whether the named report is complete: every operation has its result
  bool verified = false;        ///< whether all segments of the named report verified the job while sending it
  std::uint64_t remaining = 0;  ///< operations of the named report without a result
  std::uint64_t invalid = 0;    ///< operations of the named report that were never sent
  LineStates states;
};

/// Reads `path` and, if it is a retry's report, its parents too: a retry of a retry must not undo what succeeded in the
/// first run. Operations of `path` that ended with one of `statuses` are wanted. An error (usage) if a parent cannot be
/// found or is not the recorded one.
Result<Lineage> read_lineage(const std::filesystem::path& path, std::initializer_list<Status> statuses);

}  // namespace koobatch::retry
