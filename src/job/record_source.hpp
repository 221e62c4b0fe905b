#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/line_checks.hpp"
#include "koobatch/job/line_splitter.hpp"
#include "koobatch/job/reading.hpp"
#include "koobatch/koodrive/fields.hpp"
#include "koobatch/koodrive/operation_catalogue.hpp"
#include "koobatch/koodrive/rules.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::job {

/// The records of a job in one of its formats, read but not yet checked.
class RecordSource {
 public:
  virtual ~RecordSource() = default;
  /// Reads the next record that is not blank into `fields`, whose views are valid until the next call; false at the
  /// end. Appends what is wrong with its form to `out`; if nothing could be recognised, `fields` has no row.
  virtual Result<bool> next(koodrive::Fields& fields, std::vector<koodrive::Violation>& out) = 0;
  /// The physical line on which the last record starts.
  virtual std::uint32_t line() const = 0;
  /// The physical line on which it ends. Before the first record, both are those of the header; 0 if there is none.
  virtual std::uint32_t last_line() const = 0;
  /// Appends the last record in the job's format, without a line end and without the values that are no longer in
  /// `fields`. Precondition: it is valid.
  virtual void append_record(const koodrive::Fields& fields, std::string& out) const = 0;
  /// See Reader::append_header(), Reader::stands_alone(), Reader::notes().
  virtual void append_header(std::string& /*out*/) const {}
  virtual bool stands_alone() const { return true; }
  virtual std::vector<std::string> notes() const { return {}; }
  virtual Digest digest() const = 0;
  /// See Reader::cut_short().
  virtual bool cut_short() const { return false; }
};

/// Reads one JSON object per line. A job in another form of JSON is an error (job) at its first record. `name`: the
/// job's name, for that error. `found_valid`: an earlier source has read the same bytes and found nothing wrong. The
/// catalogue must outlive the source.
std::unique_ptr<RecordSource> read_ndjson(LineSplitter lines, const koodrive::OperationCatalogue& catalogue,
                                          std::string name, const Reading& reading = {}, bool found_valid = false);
/// Reads the lines of a plan, which was checked: its header and its last line are passed over. A record that needs the
/// one before belongs to that one's group. The catalogue must outlive the source.
std::unique_ptr<RecordSource> read_plan(LineSplitter lines, const koodrive::OperationCatalogue& catalogue);
/// Reads CSV (RFC 4180, also with other delimiters), beginning with the header row: an error (job) if that is unusable.
/// `name`: the job's name, for that error. The catalogue must outlive the source.
Result<std::unique_ptr<RecordSource>> read_csv(LineSplitter lines, const koodrive::OperationCatalogue& catalogue,
                                               const std::string& name, const Reading& reading = {});

}  // namespace koobatch::job
