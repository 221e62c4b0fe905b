#pragma once
#include "koobatch/report/line_set.hpp"
#include "koobatch/report/reader.hpp"

#include <cstdint>
#include <vector>

namespace koobatch::cli {

/// Which operations of a run, and of those that it repeats, may have been applied although no result says so: their
/// process was killed, or stopped while they were in flight. Reports are added from the latest to the first one.
class RunDoubts {
 public:
  /// Adds a report. `failed`: the lines of its operations that have failed, which a retry repeats.
  void add(report::Scan&& scan, report::LineSet&& failed);

  /// Whether an operation that has no result with another meaning may have been applied.
  bool leave(std::uint32_t line) const;

 private:
  struct Report {
    report::LineSet done;
    report::LineSet failed;                ///< of those
    std::vector<std::uint32_t> unsettled;  ///< ascending
    bool was_killed;
  };

  std::vector<Report> reports_;
};

}  // namespace koobatch::cli
