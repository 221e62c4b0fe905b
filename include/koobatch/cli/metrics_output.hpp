#pragma once
#include "koobatch/cli/options.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/observe/metrics_file.hpp"
#include "koobatch/observe/metrics_server.hpp"

#include <memory>
#include <mutex>
#include <optional>

namespace koobatch::cli {

/// The metrics of a process that runs a job, where the options want them: served, in a file, both, or neither.
class MetricsOutput {
 public:
  /// A usage error if it cannot listen, or if the file is somebody else's.
  static Result<std::unique_ptr<MetricsOutput>> open(const MetricsOptions& options);

  /// While this lives, the metrics are those of the run; afterwards, what they were at its end.
  class Following {
   public:
    Following(MetricsOutput& output, const engine::Run& run);
    ~Following();
    Following(const Following&) = delete;
    Following& operator=(const Following&) = delete;

   private:
    MetricsOutput& output_;
  };

  /// To be called several times a second: writes the file when it is due.
  void update(TimePoint now);
  /// The process ends with this: writes the file for the last time. Returns `exit_status`.
  int finish(int exit_status);

 private:
  explicit MetricsOutput(const MetricsOptions& options);
  observe::Metrics read() const;

  mutable std::mutex mutex_;  ///< guards what follows up to the file
  observe::Metrics metrics_;
  const engine::Run* run_ = nullptr;
  std::optional<observe::MetricsFile> file_;
  std::unique_ptr<observe::MetricsServer> server_;  // last: its threads use the others
};

}  // namespace koobatch::cli
