#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/report/reader.hpp"
#include "koobatch/report/record.hpp"

#include <filesystem>
#include <span>

namespace koobatch::report {

/// Receives the decoded records of a report, in order. An Error ends the scan.
class RecordVisitor {
 public:
  virtual ~RecordVisitor() = default;
  virtual Result<void> on_run(const RunRecord& run) = 0;
  /// The record's views are valid during the call.
  virtual Result<void> on_result(const ResultRecord& result) = 0;
  virtual Result<void> on_end(const EndRecord& end) = 0;
};

/// Reads the report once and passes every record to all `visitors`. Errors as in scan().
Result<Scan> scan_records(const std::filesystem::path& report, std::span<RecordVisitor* const> visitors,
                          std::uint64_t most_bytes = no_limit);

}  // namespace koobatch::report
