#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/operation.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/report/line_set.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <cstdint>
#include <vector>

/// Repeating what of a run did not succeed, without undoing what came after it.
namespace koobatch::retry {

/// What reports tell of a job's operations, as far as a selection needs it.
struct LineStates {
  report::LineSet wanted;     ///< to be repeated, if nothing newer has superseded them
  report::LineSet unsettled;  ///< of the wanted ones, those that may have been applied (`unknown`)
  report::LineSet succeeded;
};

/// Which operations to repeat, and with which fields.
struct Selection {
  struct Narrowed {
    std::uint32_t line = 0;
    job::FieldSet without = 0;
  };

  report::LineSet lines;           ///< the operations to repeat
  report::LineSet unsettled;       ///< of these, or of those left out, what may have been applied already
  std::vector<Narrowed> narrowed;  ///< of `lines`, those whose fields were set again in part; ascending
  std::uint64_t superseded = 0;    ///< operations left out, because all their fields were set again
  std::uint64_t uncertain = 0;     ///< operations left out: they may have been applied, and must not be twice

  /// The fields to leave out of the operation on `line`.
  job::FieldSet without(std::uint32_t line) const;
};

/// Decides which operations to repeat. Is shown the wanted and the succeeded operations of a job in file order, which
/// is the order in which operations on one key take effect: a field of a wanted one that a later one set successfully
/// must not be set again, for the newer value would be lost. An operation that failed, was rejected or is unknown
/// supersedes nothing.
///
/// Memory: 8 bytes for a wanted operation, some 50 for each key they are on, nothing for the others. A key is its
/// Operation::key_hash(): with ten million keys, the odds that two share one are some one in a million.
class Selector {
 public:
  void add_wanted(std::uint32_t line, std::uint64_t key, job::FieldSet fields);
  void add_succeeded(std::uint32_t line, std::uint64_t key, job::FieldSet fields);
  /// `unsettled` and `uncertain` of it are left empty.
  Selection finish();

 private:
  struct Wanted {
    std::uint32_t line;
    std::uint32_t key;  ///< index into last_set_
    job::FieldSet fields;
  };
  /// The line of the last succeeded operation that set each field.
  using LastSet = std::array<std::uint32_t, job::max_fields>;

  boost::unordered_flat_map<std::uint64_t, std::uint32_t> keys_;
  std::vector<LastSet> last_set_;
  std::vector<Wanted> wanted_;
};

/// Reads the job to its end with `reader` and selects of it what `states` wants, but for what may have been applied and
/// is not idempotent: only a person can tell whether to repeat that. An error (usage) if a wanted line has
/// no operation: then the report is about another job.
Result<Selection> select(job::Reader& reader, LineStates states);

}  // namespace koobatch::retry
