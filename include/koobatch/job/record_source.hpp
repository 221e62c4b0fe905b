#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/line_splitter.hpp"
#include "koobatch/job/operation.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace koobatch::job {

/// The records of a job in one of its formats, as read and not yet checked.
class RecordSource {
 public:
  virtual ~RecordSource() = default;
  /// Reads the next record that is not blank into `fields`, whose views stay valid until the next call; false at the
  /// end. What is wrong with its form is appended to `out`; if nothing of it could be made out, `fields` has no row.
  virtual Result<bool> next(Fields& fields, std::vector<Violation>& out) = 0;
  /// The physical line on which the last record starts.
  virtual std::uint32_t line() const = 0;
  /// The physical line on which it ends. Before the first record, both are about the header; 0 if there is none.
  virtual std::uint32_t last_line() const = 0;
  /// Appends the last record, which is valid, in the job's format and without a line end. Of its values, those that are
  /// not in `fields` any more are left out.
  virtual void append_record(const Fields& fields, std::string& out) const = 0;
  virtual Digest digest() const = 0;
  /// See Reader::cut_short().
  virtual bool cut_short() const { return false; }
};

/// One JSON object a line.
std::unique_ptr<RecordSource> read_ndjson(LineSplitter lines);
/// CSV (RFC 4180). Reads the header row at once: an error of kind job if it is unusable. `name`: the file's, for that.
Result<std::unique_ptr<RecordSource>> read_csv(LineSplitter lines, const std::string& name);

/// Nothing but white space?
bool is_blank(std::string_view line);
/// What is wrong with a line over the limit.
Violation too_long_line(const LineLimits& limits);

}  // namespace koobatch::job
