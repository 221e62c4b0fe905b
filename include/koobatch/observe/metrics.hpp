#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/observe/request_counters.hpp"
#include "koobatch/observe/snapshot.hpp"

#include <prometheus/metric_family.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::observe {

/// What metrics tell of a run under way, beside its progress.
struct RunMetrics {
  std::string run_id;
  unsigned segment = 1;
  Snapshot progress;
  RequestTotals requests;
  std::uint64_t token_refreshes = 0;  ///< a file of tokens that was read again is one, whatever is new in it
};

/// What is known at one moment about a process that runs a job.
struct Metrics {
  struct Label {
    std::string name;
    std::string value;
  };
  struct End {
    WallTime at;
    int exit_status = 0;
  };
  std::vector<Label> labels;  ///< the user's own, put to every metric
  std::string version;
  WallTime started;
  std::optional<RunMetrics> run;  ///< nothing until it has begun
  std::optional<End> end;
  std::optional<std::int64_t>
      last_success;  ///< Unix time at which this run, or one before it, ended with all succeeded
};

/// Reads "NAME=VALUE", a label that can be put to every metric. A usage error if it cannot.
Result<Metrics::Label> parse_metric_label(std::string_view text);

/// The metrics as Prometheus knows them. docs/metrics.md lists them.
std::vector<prometheus::MetricFamily> metric_families(const Metrics& metrics);
/// The same in Prometheus' text format.
std::string metrics_text(const Metrics& metrics);

/// Is this text, which a file holds, one that metrics_text() wrote?
bool is_metrics_text(std::string_view text);
/// The `last_success` in such a text, whatever its labels.
std::optional<std::int64_t> last_success_in(std::string_view text);

}  // namespace koobatch::observe
