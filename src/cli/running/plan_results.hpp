#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/core/status.hpp"
#include "koobatch/report/line_set.hpp"
#include "koobatch/report/reader.hpp"
#include "koobatch/report/record.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

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
  /// Returns the run that this one repeats, if there is one.
  Result<std::optional<report::ParentRun>> add(const std::filesystem::path& report);

  report::RunRecord run_;
  report::LineSet succeeded_;
  report::LineSet doubtful_;
  report::LineSet certain_;  ///< certainly not applied
  std::map<std::uint32_t, std::string> stored_;
  bool has_killed_segment_ = false;
};

}  // namespace koobatch::cli
