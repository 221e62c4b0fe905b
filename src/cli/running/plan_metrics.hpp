#pragma once
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/observe/metrics_file.hpp"

#include <optional>

namespace koobatch::plan {
struct Overview;
}

namespace koobatch::cli {

/// The metrics file of a command that makes a plan, if one is wanted.
class PlanMetricsFile {
 public:
  /// A usage error if the file does not hold metrics.
  static Result<PlanMetricsFile> open(const MetricsFileOptions& options);

  /// What the file is to say; not called if no plan could be made.
  void show(const plan::Overview& overview);
  /// Writes the file before the process exits. Returns `exit_status`.
  int finish(int exit_status);

 private:
  PlanMetricsFile() = default;

  observe::Metrics metrics_;
  std::optional<observe::MetricsFile> file_;
};

}  // namespace koobatch::cli
