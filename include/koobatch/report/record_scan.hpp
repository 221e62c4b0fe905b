#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/report/reader.hpp"
#include "koobatch/report/record.hpp"

#include <filesystem>
#include <span>

namespace koobatch::report {

/// Is shown the records of a report in their order, each decoded. An Error ends the scan.
class RecordVisitor {
 public:
  virtual ~RecordVisitor() = default;
  virtual Result<void> on_run(const RunRecord& run) = 0;
  /// The record's views are valid during the call.
  virtual Result<void> on_result(const ResultRecord& result) = 0;
  virtual Result<void> on_end(const EndRecord& end) = 0;
};

/// Reads the report once and shows every record to all of `visitors`. Errors as those of scan().
Result<Scan> scan_records(const std::filesystem::path& report, std::span<RecordVisitor* const> visitors);

}  // namespace koobatch::report
