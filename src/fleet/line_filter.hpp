#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/report/decoder.hpp"
#include "koobatch/report/line_set.hpp"
#include "koobatch/report/record.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace koobatch::fleet {

/// Chooses the lines of workers' groups that go into a report, so that it stays valid: no second result, and no attempt
/// after its result, as noted by an enrolment whose groups are read later. Lines that say how a report was
/// written (`run`, `sync`, `end` and the like) are dropped: it has its own.
class LineFilter {
 public:
  /// `done`: the lines with results in the report. `uncovered`: those of them that may be read again.
  LineFilter(report::LineSet done, report::LineSet uncovered)
      : done_(std::move(done)), uncovered_(std::move(uncovered)) {}

  /// Appends those of the whole lines in `lines` that the report lacks. An Error says what is wrong with a line.
  Result<void> append(std::string& out, std::string_view lines);

  const report::LineSet& done() const { return done_; }
  /// The results appended, by status.
  const report::Counts& counts() const { return counts_; }
  /// Second results for an operation, which were left out: there must be none.
  std::uint64_t doubled() const { return doubled_; }

 private:
  Result<bool> wants(std::string_view line);
  Result<bool> wants_result(std::string_view line);
  Result<bool> wants_attempt(std::string_view line);

  report::LineSet done_;
  report::LineSet uncovered_;
  report::Counts counts_;
  std::uint64_t doubled_ = 0;
  report::Decoder decoder_;
};

}  // namespace koobatch::fleet
