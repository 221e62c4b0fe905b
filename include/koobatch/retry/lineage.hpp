#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/report/record.hpp"
#include "koobatch/retry/selection.hpp"

#include <filesystem>
#include <initializer_list>

namespace koobatch::retry {

/// What a report and those it descends from tell.
struct Lineage {
  report::RunRecord run;        ///< the named report's last segment
  bool finished = false;        ///< has every operation of the named report its result, in good order?
  std::uint64_t remaining = 0;  ///< operations of it without
  std::uint64_t invalid = 0;    ///< operations of it that were never sent
  LineStates states;
};

/// Reads `path` and, if it is the report of a retry, its parents too: a retry of a retry must not undo what succeeded
/// in the first run. What of `path` ended with one of `statuses` is wanted. An error (usage) if a parent cannot be
/// found or is not the one recorded.
Result<Lineage> read_lineage(const std::filesystem::path& path, std::initializer_list<Status> statuses);

}  // namespace koobatch::retry
