#include "koobatch/observe/metrics.hpp"

#include <fmt/format.h>
#include <prometheus/text_serializer.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace koobatch::observe {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::string_view last_success_name = "koobatch_last_success_timestamp_seconds";
constexpr std::string_view last_plan_name = "koobatch_plan_last_success_timestamp_seconds";
/// Every metrics text begins with this; no other file does.
constexpr std::string_view first_bytes = "# HELP koobatch_build_info ";
/// Label names used by the metrics themselves.
constexpr std::array<std::string_view, 10> taken_labels = {"version", "run_id", "segment",  "http_version", "status",
                                                           "outcome", "le",     "quantile", "type",         "field"};

double unix_time(WallTime t) {
  return static_cast<double>(std::chrono::floor<std::chrono::seconds>(t.time_since_epoch()).count());
}

/// Collects families, adding the user's labels to each value.
class Families {
 public:
  explicit Families(const std::vector<Metrics::Label>& labels) {
    for (const auto& [name, value] : labels) common_.push_back({name, value});
  }

  MetricFamily& add(MetricType type, std::string_view name, std::string_view help) {
    MetricFamily family;
    family.name = name;
    family.help = help;
    family.type = type;
    families_.push_back(std::move(family));
    return families_.back();
  }
  ClientMetric& value(MetricFamily& family, std::vector<ClientMetric::Label> labels = {}) const {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.label.insert(metric.label.end(), common_.begin(), common_.end());
    family.metric.push_back(std::move(metric));
    return family.metric.back();
  }
  void gauge(std::string_view name, std::string_view help, double amount,
             std::vector<ClientMetric::Label> labels = {}) {
    value(add(MetricType::Gauge, name, help), std::move(labels)).gauge.value = amount;
  }
  void counter(std::string_view name, std::string_view help, std::uint64_t amount) {
    value(add(MetricType::Counter, name, help)).counter.value = static_cast<double>(amount);
  }
  /// One counter per name, which becomes the value of `label`.
  template <std::size_t n>
  void counters(std::string_view name, std::string_view help, std::string_view label,
                const std::array<std::string_view, n>& names, const std::array<std::uint64_t, n>& amounts) {
    MetricFamily& family = add(MetricType::Counter, name, help);
    for (std::size_t i = 0; i < n; ++i) {
      value(family, {{std::string(label), std::string(names[i])}}).counter.value = static_cast<double>(amounts[i]);
    }
  }
  std::vector<MetricFamily> take() { return std::move(families_); }

 private:
  std::vector<ClientMetric::Label> common_;
  std::vector<MetricFamily> families_;
};

void fill(ClientMetric::Histogram& histogram, const RequestTotals& requests) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < requests.by_duration.size(); ++i) {
    count += requests.by_duration[i];
    const double limit = i < request_duration_limits.size() ? seconds(request_duration_limits[i])
                                                            : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back({count, limit});
  }
  histogram.sample_count = count;
  histogram.sample_sum = seconds(requests.time);
}

void add_process(Families& families, const Metrics& metrics) {
  families.gauge("koobatch_build_info", "The program; the value is always 1.", 1, {{"version", metrics.version}});
  families.gauge("koobatch_start_time_seconds", "When this process began, in Unix time.", unix_time(metrics.started));
  if (metrics.end) {
    families.gauge("koobatch_end_time_seconds", "When this process finished its work, in Unix time; absent until then.",
                   unix_time(metrics.end->at));
    families.gauge("koobatch_exit_status",
                   "Exit status of this process, 0 if all succeeded; absent until it has finished.",
                   metrics.end->exit_status);
  }
  if (metrics.last_success) {
    families.gauge(last_success_name, "When a run last ended with all operations succeeded, in Unix time.",
                   static_cast<double>(*metrics.last_success));
  }
  if (metrics.last_plan) {
    families.gauge(last_plan_name, "When a plan was last made of a complete state, in Unix time.",
                   static_cast<double>(*metrics.last_plan));
  }
}

void add_plan(Families& families, const PlanMetrics& plan) {
  auto& items = families.add(MetricType::Gauge, "koobatch_plan_items", "Items in the present state.");
  for (const auto& type : plan.types) {
    families.value(items, {{"type", type.name}}).gauge.value = static_cast<double>(type.items);
  }
  auto& differences = families.add(MetricType::Gauge, "koobatch_plan_differences", "Values that are to be changed.");
  for (const auto& type : plan.types) {
    for (const auto& [field, count] : type.differences) {
      families.value(differences, {{"type", type.name}, {"field", field}}).gauge.value = static_cast<double>(count);
    }
  }
  families.gauge("koobatch_plan_missing", "Desired items that are not there.", static_cast<double>(plan.missing));
  families.gauge("koobatch_plan_extra", "Items not mentioned in the desired state.", static_cast<double>(plan.extra));
  families.gauge("koobatch_plan_conflicts", "Desired values that are left alone, for whatever reason.",
                 static_cast<double>(plan.conflicts));
  families.gauge("koobatch_plan_complete", "1 if the present state is complete.", plan.is_complete ? 1 : 0);
  families.gauge("koobatch_plan_read_seconds", "How long reading the present state took.", plan.read_seconds);
}

void add_operations(Families& families, const RunMetrics& run) {
  families.gauge("koobatch_run_info", "The run; the value is always 1.", 1,
                 {{"run_id", run.run_id}, {"segment", std::to_string(run.segment)}});
  families.gauge("koobatch_operations", "Operations in the job.", static_cast<double>(run.progress.operations));
  families.counters("koobatch_operations_total", "Final results of the run, those of earlier segments included.",
                    "status", status_names, run.progress.by_status);
}

void add_requests(Families& families, const RunMetrics& run) {
  families.counters("koobatch_requests_total", "Requests that ended, by outcome.", "outcome", request_outcome_names,
                    run.requests.by_outcome);
  auto& durations = families.add(MetricType::Histogram, "koobatch_request_duration_seconds",
                                 "Time from sending a request to its answer, or until it was given up.");
  fill(families.value(durations).histogram, run.requests);
  families.gauge("koobatch_in_flight_requests", "Requests in flight.", static_cast<double>(run.progress.in_flight));
  families.counter("koobatch_retries_total", "Requests sent that were not an operation's first.", run.progress.retries);
}

void add_service(Families& families, const RunMetrics& run) {
  if (run.progress.http != HttpVersion::none) {
    families.gauge(
        "koobatch_http_info",
        "The version of HTTP agreed on, the highest if connections differ; the value is always 1, absent before.", 1,
        {{"http_version", std::string(to_string(run.progress.http))}});
  }
  if (const double limit = run.progress.pace.limit(); limit > 0) {
    families.gauge("koobatch_rate_limit", "Most requests a second, set or learned; absent if there is no limit.",
                   limit);
  }
  const PaceFindings& found = run.progress.pace.found;
  if (found.limit > 0) {
    families.gauge("koobatch_learned_rate_limit",
                   "Requests a second that the service was found to accept; absent if no limit was found.",
                   found.limit);
  }
  if (found.in_flight > 0) {
    families.gauge("koobatch_learned_in_flight_limit",
                   "Requests in flight that the service was found to accept; absent if no limit was found.",
                   found.in_flight);
  }
  families.gauge("koobatch_noise_ratio", "Share of answers that ask to slow down however slowly requests are sent.",
                 found.noise);
  families.gauge("koobatch_service_up", "0 while nothing is sent but probes because the service does not answer.",
                 run.progress.pace.down ? 0 : 1);
  families.gauge("koobatch_paused", "1 while nothing is sent because the user has paused the run.",
                 run.progress.pace.paused ? 1 : 0);
  families.counter(
      "koobatch_token_refreshes_total",
      "Renewals of credentials during the run: a new access token, or a file of tokens that was read again.",
      run.token_refreshes);
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_label_name(std::string_view name) {
  return !name.empty() && is_letter(name.front()) && !name.starts_with("__") &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

/// The value of this metric, whatever its labels.
std::optional<std::int64_t> time_in(std::string_view text, std::string_view name) {
  // Lines that begin with # come first, so this finds the sample, whose value is last on its line.
  const auto line_start = text.find(std::string("\n").append(name));
  if (line_start == std::string_view::npos) return std::nullopt;
  std::string_view line = text.substr(line_start + 1);
  line = line.substr(0, line.find('\n'));
  line.remove_prefix(line.rfind(' ') + 1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (error != std::errc() || end != line.data() + line.size()) return std::nullopt;
  return value;
}

}  // namespace

Result<Metrics::Label> parse_metric_label(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) return usage_error("must be NAME=VALUE");
  const std::string_view name = text.substr(0, equals);
  const std::string_view value = text.substr(equals + 1);
  if (!is_label_name(name)) {
    return usage_error("the name must be letters, digits and _, not begin with a digit, nor with __");
  }
  if (std::find(taken_labels.begin(), taken_labels.end(), name) != taken_labels.end()) {
    return usage_error(fmt::format("metrics have a label '{}' themselves; choose another name", name));
  }
  if (value.empty()) return usage_error("the value is missing");
  if (!simdjson::validate_utf8(value.data(), value.size())) return usage_error("the value must be UTF-8");
  return Metrics::Label{std::string(name), std::string(value)};
}

namespace {

void add_worker(Families& families, const WorkerMetrics& worker) {
  const auto number = [](auto value) { return static_cast<double>(value); };
  families.gauge("koobatch_worker_number", "The number of this worker's enrolment.", number(worker.number));
  families.counter("koobatch_worker_enrolments_total", "Enrolments of this process.", worker.enrolments);
  if (worker.share > 0) {
    families.gauge("koobatch_worker_share", "Most requests a second of this worker.", worker.share);
  }
  families.gauge("koobatch_worker_parts", "Parts of the run that this worker owns.", number(worker.parts));
  families.gauge("koobatch_worker_waiting_operations",
                 "Operations that wait for what an earlier worker may still send.", number(worker.waiting));
  families.gauge("koobatch_worker_groups", "Groups of results committed under this enrolment.", number(worker.groups));
  families.counter("koobatch_worker_dropped_results_total", "Results that could not be recorded any more.",
                   worker.dropped);
  families.gauge("koobatch_worker_standing_down", "1 while nothing is sent because the engine is silent.",
                 worker.standing_down ? 1 : 0);
}

}  // namespace

std::vector<MetricFamily> metric_families(const Metrics& metrics) {
  Families families(metrics.labels);
  add_process(families, metrics);
  if (metrics.run) {
    add_operations(families, *metrics.run);
    add_requests(families, *metrics.run);
    add_service(families, *metrics.run);
  }
  if (metrics.plan) add_plan(families, *metrics.plan);
  if (metrics.worker) add_worker(families, *metrics.worker);
  return families.take();
}

std::string metrics_text(const Metrics& metrics) {
  return prometheus::TextSerializer().Serialize(metric_families(metrics));
}

bool is_metrics_text(std::string_view text) {
  return text.starts_with(first_bytes);
}

std::optional<std::int64_t> last_success_in(std::string_view text) {
  return time_in(text, last_success_name);
}

std::optional<std::int64_t> last_plan_in(std::string_view text) {
  return time_in(text, last_plan_name);
}

}  // namespace koobatch::observe
