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
#include <utility>
#include <vector>

namespace koobatch::observe {

/// The metrics of a run, besides its progress.
struct RunMetrics {
  std::string run_id;
  unsigned segment = 1;
  Snapshot progress;
  RequestTotals requests;
  std::uint64_t token_refreshes = 0;  ///< rereading a file of tokens counts once, however many are new
};

/// What was found when present and desired state were compared.
struct PlanMetrics {
  struct Type {
    std::string name;
    std::uint64_t items = 0;                                           ///< in the present state
    std::vector<std::pair<std::string, std::uint64_t>> differences{};  ///< to be changed, by field
  };
  std::vector<Type> types;
  std::uint64_t missing = 0;
  std::uint64_t extra = 0;
  std::uint64_t conflicts = 0;
  bool is_complete = false;
  double read_seconds = 0;
};

/// A worker's part in a run that many machines share.
struct WorkerMetrics {
  std::int64_t number = 0;       ///< of its enrolment
  std::uint64_t enrolments = 0;  ///< so far: more than one if others have taken over from it
  double share = 0;              ///< of the run's rate, requests a second; 0: there is no limit
  std::uint32_t parts = 0;       ///< that it owns
  std::uint64_t waiting = 0;     ///< operations that wait for what an earlier worker may still send
  std::uint64_t groups = 0;      ///< committed under this enrolment
  std::uint64_t dropped = 0;     ///< results that could not be recorded, because others had taken over
  bool standing_down = false;    ///< nothing is sent, because the engine was silent for too long
};

/// The state of a process that runs a job or makes a plan, at one moment.
struct Metrics {
  struct Label {
    std::string name;
    std::string value;
  };
  struct End {
    WallTime at;
    int exit_status = 0;
  };
  std::vector<Label> labels;  ///< the user's own, added to every metric
  std::string version;
  WallTime started;
  std::optional<RunMetrics> run;          ///< nothing until the run has begun
  std::optional<PlanMetrics> plan;        ///< nothing unless a plan was made
  std::optional<WorkerMetrics> worker{};  ///< nothing unless this process works on a run of many machines
  std::optional<End> end;
  std::optional<std::int64_t>
      last_success;  ///< Unix time at which this run or an earlier one ended with all operations succeeded
  std::optional<std::int64_t> last_plan{};  ///< Unix time at which a plan was last made of a complete state
};

/// Parses "NAME=VALUE", a label to add to every metric. A usage error if it is unusable.
Result<Metrics::Label> parse_metric_label(std::string_view text);

/// The metrics as Prometheus families. docs/metrics.md lists them.
std::vector<prometheus::MetricFamily> metric_families(const Metrics& metrics);
/// The metrics in Prometheus' text format.
std::string metrics_text(const Metrics& metrics);

/// Whether the text of a file was written by metrics_text().
bool is_metrics_text(std::string_view text);
/// The `last_success` in a text written by metrics_text(), whatever its labels.
std::optional<std::int64_t> last_success_in(std::string_view text);
/// Likewise, the `last_plan`.
std::optional<std::int64_t> last_plan_in(std::string_view text);

}  // namespace koobatch::observe
