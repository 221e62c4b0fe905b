#pragma once
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/core/mutex.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/observe/metrics_file.hpp"
#include "koobatch/observe/metrics_server.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace koobatch::cli {

/// The metrics of a process that runs a job, as requested by the options: served, in a file, both, or neither.
class MetricsOutput {
 public:
  /// A usage error if it cannot listen, or if the file does not hold metrics.
  static Result<std::unique_ptr<MetricsOutput>> open(const MetricsOptions& options);

  /// While this lives, the metrics are those of the run; afterwards they keep its final values.
  class Following {
   public:
    Following(MetricsOutput& output, const engine::Run& run);
    ~Following();
    Following(const Following&) = delete;
    Following& operator=(const Following&) = delete;

   private:
    MetricsOutput& output_;
  };

  /// While this lives, the metrics of the worker are read from `read`; afterwards they keep their final values.
  class FollowingWorker {
   public:
    FollowingWorker(MetricsOutput& output, std::function<observe::WorkerMetrics()> read);
    ~FollowingWorker();
    FollowingWorker(const FollowingWorker&) = delete;
    FollowingWorker& operator=(const FollowingWorker&) = delete;

   private:
    MetricsOutput& output_;
  };

  /// Writes the file when it is due. To be called several times a second.
  void update(TimePoint now);
  /// Writes the file for the last time before the process exits. Returns `exit_status`.
  int finish(int exit_status);

 private:
  explicit MetricsOutput(const MetricsOptions& options);
  observe::Metrics read() const;

  mutable Mutex mutex_;
  observe::Metrics metrics_ GUARDED_BY(mutex_);
  const engine::Run* run_ GUARDED_BY(mutex_) = nullptr;
  std::function<observe::WorkerMetrics()> read_worker_ GUARDED_BY(mutex_);  ///< empty: there is none now
  std::optional<observe::MetricsFile> file_;
  std::unique_ptr<observe::MetricsServer> server_;  // last: its threads use the others
};

}  // namespace koobatch::cli
