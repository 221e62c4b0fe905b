#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/core/status.hpp"
#include "koobatch/report/line_set.hpp"
#include "koobatch/report/reader.hpp"
#include "koobatch/report/record.hpp"
#include "koobatch/report/run_doubts.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace koobatch::cli {

/// How the lines of a plan ended, in a run and the runs that it repeats.
class PlanResults {
 public:
  /// An error (job) says why the reports cannot be read.
  static Result<PlanResults> read(const std::filesystem::path& report);

  /// The run of the report.
  const report::RunRecord& run() const { return run_; }
  /// How a line of the job ended: `succeeded`; `unknown` if it may have been applied, also by a process that was killed
  /// before it could record that; otherwise `failed`.
  Status status_of(std::uint32_t line) const;
  /// What the service has stored instead of what the line says, as a JSON object; null: nothing else is known.
  const std::string* stored_instead(std::uint32_t line) const;

 private:
  friend class PlanResultCollector;
  Result<report::RunRecord> add(const std::filesystem::path& report);

  report::RunRecord run_;
  report::LineSet succeeded_;
  report::LineSet doubtful_;
  report::RunDoubts doubts_;
  std::map<std::uint32_t, std::string> stored_;
};

}  // namespace koobatch::cli
