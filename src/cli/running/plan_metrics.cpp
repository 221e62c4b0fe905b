#include "cli/running/plan_metrics.hpp"

#include "koobatch/plan/overview.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace koobatch::cli {
namespace {

std::int64_t unix_time(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

observe::PlanMetrics metrics_of(const plan::Overview& overview) {
  const auto& state = overview.header.state;
  observe::PlanMetrics metrics;
  for (const auto& counts : overview.header.counts) {
    auto& type = metrics.types.emplace_back(observe::PlanMetrics::Type{counts.kind, counts.items});
    const auto kind = std::ranges::find(overview.kinds, counts.kind, &plan::Overview::Kind::name);
    if (kind != overview.kinds.end()) type.differences.assign(kind->differences.begin(), kind->differences.end());
  }
  metrics.missing = overview.missing();
  metrics.extra = overview.extra();
  metrics.conflicts = overview.conflicts();
  metrics.is_complete = state.is_complete;
  metrics.read_seconds = seconds(state.to - state.from);
  return metrics;
}

}  // namespace

Result<PlanMetricsFile> PlanMetricsFile::open(const MetricsFileOptions& options) {
  PlanMetricsFile output;
  output.metrics_.labels = options.labels;
  output.metrics_.version = KOOBATCH_VERSION;
  output.metrics_.started = WallClock::now();
  if (options.path.empty()) return output;
  auto file = observe::MetricsFile::open(options.path);
  if (!file) return file.error();
  output.metrics_.last_success = file->last_success();
  output.metrics_.last_plan = file->last_plan();
  output.file_.emplace(std::move(*file));
  return output;
}

void PlanMetricsFile::show(const plan::Overview& overview) {
  metrics_.plan = metrics_of(overview);
  if (overview.header.state.is_complete) metrics_.last_plan = unix_time(WallClock::now());
}

int PlanMetricsFile::finish(int exit_status) {
  metrics_.end = {WallClock::now(), exit_status};
  if (file_) file_->write(observe::metrics_text(metrics_), Steady::now());
  return exit_status;
}

}  // namespace koobatch::cli
