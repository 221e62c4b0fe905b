#pragma once
#include "koobatch/core/status.hpp"
#include "koobatch/report/line_set.hpp"
#include "koobatch/report/reader.hpp"

#include <cstdint>
#include <vector>

namespace koobatch::report {

/// What a result says of whether its operation was applied. One that was refused after an attempt that settled nothing
/// may have been, by that attempt: it counts as `unknown`.
Status status_in_doubt(const ResultLine& result);

/// Which operations of a run, and of those that it repeats, may have been applied although no result says so: their
/// process was killed, or stopped while they were in flight. Reports are added from the latest to the first one.
class RunDoubts {
 public:
  /// Adds a report that was scanned whole. `failed`: the lines of its operations that have failed, which a retry
  /// repeats.
  void add(Scan&& scan, LineSet&& failed);

  /// Whether an operation that has no result with another meaning may have been applied.
  bool leave(std::uint32_t line) const;

 private:
  struct Report {
    LineSet done;
    LineSet failed;                        ///< of those
    std::vector<std::uint32_t> unsettled;  ///< ascending
    bool was_killed;
  };

  std::vector<Report> reports_;
};

}  // namespace koobatch::report
