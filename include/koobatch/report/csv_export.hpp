#pragma once
#include "koobatch/core/new_file.hpp"
#include "koobatch/report/record_scan.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace koobatch::report {

/// A report's results as CSV (RFC 4180, UTF-8): a header, then one row per result in the report's order. Absent values
/// are empty cells. Texts from the service and the job are never taken for formulas by a spreadsheet.
class CsvExport final : public RecordVisitor {
 public:
  /// Creates the file `path`, which gets its name only in finish(). An existing one is a usage error.
  static Result<CsvExport> create(const std::filesystem::path& path);

  Result<void> on_run(const RunRecord&) override { return {}; }
  Result<void> on_result(const ResultRecord& result) override;
  Result<void> on_end(const EndRecord&) override { return {}; }

  Result<void> finish();
  std::uint64_t rows() const { return rows_; }

 private:
  explicit CsvExport(NewFile file);
  Result<void> write();

  NewFile file_;
  std::string buffer_;
  std::uint64_t rows_ = 0;
};

/// Append the header row and a result's row; each ends in CRLF.
void append_csv_header(std::string& out);
void append_csv_row(std::string& out, const ResultRecord& result);

}  // namespace koobatch::report
