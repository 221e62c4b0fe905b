#include "cli/running/metrics_output.hpp"

#include "cli/exit_status.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace koobatch::cli {

MetricsOutput::MetricsOutput(const MetricsOptions& options) {
  metrics_.labels = options.file.labels;
  metrics_.version = KOOBATCH_VERSION;
  metrics_.started = WallClock::now();
}

Result<std::unique_ptr<MetricsOutput>> MetricsOutput::open(const MetricsOptions& options) {
  std::unique_ptr<MetricsOutput> output(new MetricsOutput(options));
  if (!options.file.path.empty()) {
    auto file = observe::MetricsFile::open(options.file.path);
    if (!file) return file.error();
    {
      const MutexLock lock(output->mutex_);
      output->metrics_.last_success = file->last_success();
      output->metrics_.last_plan = file->last_plan();
    }
    output->file_.emplace(std::move(*file));
  }
  if (!options.address.empty()) {
    auto server = observe::MetricsServer::start(options.address, [&o = *output] { return o.read(); });
    if (!server) return server.error();
    output->server_ = std::move(*server);
    spdlog::info("metrics: {}", output->server_->url());
  }
  return output;
}

MetricsOutput::Following::Following(MetricsOutput& output, const engine::Run& run) : output_(output) {
  const MutexLock lock(output_.mutex_);
  output_.run_ = &run;
}

MetricsOutput::Following::~Following() {
  const MutexLock lock(output_.mutex_);
  output_.metrics_.run = output_.run_->metrics();
  output_.run_ = nullptr;
}

MetricsOutput::FollowingWorker::FollowingWorker(MetricsOutput& output, std::function<observe::WorkerMetrics()> read)
    : output_(output) {
  const MutexLock lock(output_.mutex_);
  output_.read_worker_ = std::move(read);
}

MetricsOutput::FollowingWorker::~FollowingWorker() {
  const MutexLock lock(output_.mutex_);
  output_.metrics_.worker = output_.read_worker_();
  output_.read_worker_ = nullptr;
}

observe::Metrics MetricsOutput::read() const {
  const MutexLock lock(mutex_);
  observe::Metrics metrics = metrics_;
  if (run_ != nullptr) metrics.run = run_->metrics();
  if (read_worker_) metrics.worker = read_worker_();
  return metrics;
}

void MetricsOutput::update(TimePoint now) {
  if (file_ && file_->is_due(now)) file_->write(observe::metrics_text(read()), now);
}

int MetricsOutput::finish(int exit_status) {
  {
    const MutexLock lock(mutex_);
    const WallTime now = WallClock::now();
    metrics_.end = {now, exit_status};
    if (exit_status == exit_success) {
      metrics_.last_success = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
    }
  }
  if (file_) file_->write(observe::metrics_text(read()), Steady::now());
  return exit_status;
}

}  // namespace koobatch::cli
