#include "cli/running/bench_result.hpp"

#include "koobatch/core/json.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <utility>

namespace koobatch::cli {
namespace {

constexpr int bench_schema = 1;

struct Percentile {
  double fraction;
  std::string_view json;
  std::string_view text;
};
constexpr std::array<Percentile, 7> percentiles = {{{0.5, "p50", "50%"},
                                                    {0.75, "p75", "75%"},
                                                    {0.9, "p90", "90%"},
                                                    {0.95, "p95", "95%"},
                                                    {0.99, "p99", "99%"},
                                                    {0.999, "p99.9", "99.9%"},
                                                    {0.9999, "p99.99", "99.99%"}}};

double milliseconds(Duration d) {
  return seconds(d) * 1000;
}

std::string counted(std::uint64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", format_count(number), noun, number == 1 ? "" : "s");
}

bool speaks_http2(const BenchResult& result) {
  return result.counters.http == observe::HttpVersion::http2;
}

unsigned connections_of(const BenchResult& result) {
  return speaks_http2(result) ? result.settings.http2_connections : result.settings.connections;
}

/// Writes the parts of the text, one after the other.
class TextWriter {
 public:
  explicit TextWriter(const BenchResult& result) : result_(result), summary_(result.run.summary) {}

  std::string write() {
    headline();
    facts();
    latencies();
    failures();
    return std::move(out_);
  }

 private:
  template <class... T>
  void line(fmt::format_string<T...> format, T&&... values) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<T>(values)...);
    out_.push_back('\n');
  }

  void headline() {
    const auto& counts = summary_.counts;
    line("{} {} in {:.2f} s: {:.0f}/s", sign(), counted(counts.finished(), "operation"), summary_.seconds,
         summary_.operations_per_second);
    if (result_.run.error) line("  stopped: {}", harmless(result_.run.error->message));
    for (std::size_t i = 0; i < status_names.size(); ++i) {
      if (result_.succeeded() || counts.by_status[i] == 0) continue;
      line("  {:<11}  {}", status_names[i], format_count(counts.by_status[i]));
    }
  }

  std::string_view sign() const {
    if (result_.outcome() == report::Outcome::interrupted) return "■ Interrupted:";
    return result_.succeeded() && !result_.run.error ? "✔" : "✘";
  }

  void facts() {
    const auto& settings = result_.settings;
    const auto& counters = result_.counters;
    line("");
    line("  endpoint     {}{}", settings.endpoint.url(), settings.simulated ? ", the embedded service" : "");
    line("  connections  {} on {}{}", connections_of(result_), counted(settings.threads, "thread"),
         speaks_http2(result_) ? fmt::format(", HTTP/2 with at most {} streams each", settings.streams) : "");
    if (settings.pace.rate > 0) line("  target rate  {:g}/s{}", settings.pace.rate, never_sent());
    line("  requests     {}, repeated {}, throttled {}, unanswered {}", format_count(counters.requests),
         format_count(counters.retries), format_count(counters.throttled), format_count(counters.unanswered));
  }

  std::string never_sent() const {
    const auto count = result_.run.measurements.never_sent;
    return count == 0 ? std::string() : fmt::format("; {} never sent that were due", counted(count, "operation"));
  }

  void latencies() {
    const auto& due = result_.run.measurements.from_due;
    const auto& service = result_.run.measurements.service;
    const auto row = [&](std::string_view name, Duration a, Duration b) {
      line("  {:<9}  {:>19.3f}  {:>16.3f}", name, milliseconds(a), milliseconds(b));
    };
    line("");
    line("  {:<9}  {:>19}  {:>16}", "ms", "from intended start", "service time");
    row("least", due.min(), service.min());
    for (const auto& p : percentiles) row(p.text, due.percentile(p.fraction), service.percentile(p.fraction));
    row("most", due.max(), service.max());
    row("mean", due.mean(), service.mean());
  }

  void failures() {
    const auto causes = result_.run.measurements.failures.causes();
    if (causes.empty()) return;
    line("");
    line("  requests that did not succeed");
    for (const auto& cause : causes) {
      std::string text = cause.http != 0 ? fmt::format("HTTP {}", cause.http) : "no answer";
      if (cause.code) text += fmt::format(", code {}", *cause.code);
      if (!cause.text.empty()) text += ": " + harmless(cause.text);
      line("  {:>9} × {}", format_count(cause.count), text);
    }
  }

  const BenchResult& result_;
  const report::Summary& summary_;
  std::string out_;
};

void append_latency(std::string& out, const observe::Histogram& latency) {
  JsonWriter json(out);
  json.add("count", latency.count());
  if (latency.count() != 0) {
    json.add("min", milliseconds(latency.min())).add("mean", milliseconds(latency.mean()));
    for (const auto& p : percentiles) json.add(p.json, milliseconds(latency.percentile(p.fraction)));
    json.add("max", milliseconds(latency.max()));
  }
  json.end();
}

void append_failures(std::string& out, const report::Tally& failures) {
  out.push_back('[');
  bool first = true;
  for (const auto& cause : failures.causes()) {
    if (!std::exchange(first, false)) out.push_back(',');
    JsonWriter json(out);
    json.add("count", cause.count);
    if (cause.http != 0) json.add("http", cause.http);
    if (cause.code) json.add("code", *cause.code);
    if (!cause.text.empty()) json.add("text", harmless(cause.text));
    json.end();
  }
  out.push_back(']');
}

/// Omits what remains: the number of operations in a synthetic job means nothing.
void append_statuses(std::string& out, const report::Counts& counts) {
  JsonWriter json(out);
  for (std::size_t i = 0; i < status_names.size(); ++i) {
    if (!is_of_plans(static_cast<Status>(i))) json.add(status_names[i], counts.by_status[i]);
  }
  json.end();
}

}  // namespace

report::Outcome BenchResult::outcome() const {
  if (run.error) return report::Outcome::aborted;
  return interrupted ? report::Outcome::interrupted : report::Outcome::completed;
}

bool BenchResult::succeeded() const {
  const auto& counts = run.summary.counts;
  const std::uint64_t begun = counters.requests - counters.retries;
  return begun > 0 && counts[Status::succeeded] == std::max(begun, counts.finished());
}

std::string bench_text(const BenchResult& result) {
  return TextWriter(result).write();
}

std::string bench_json(const BenchResult& result) {
  const auto& settings = result.settings;
  const auto& summary = result.run.summary;
  const auto& counters = result.counters;
  std::string out;
  JsonWriter json(out);
  json.add("schema", bench_schema).add("version", summary.run.version);
  json.add("endpoint", settings.endpoint.url()).add("simulated", settings.simulated);
  json.add("outcome", report::to_string(result.outcome()));
  if (result.run.error) json.add("error", harmless(result.run.error->message));
  json.add("connections", connections_of(result)).add("threads", settings.threads);
  if (counters.http != observe::HttpVersion::none) json.add("http", to_string(counters.http));
  if (speaks_http2(result)) json.add("streams", settings.streams);
  if (settings.pace.rate > 0) json.add("rate", settings.pace.rate);
  json.add("started", timestamp(summary.run.started)).add("seconds", summary.seconds);
  json.add("operations", summary.counts.finished());
  json.add("operations_per_second", summary.operations_per_second, 1);
  append_statuses(json.key("counts"), summary.counts);
  json.add("requests", counters.requests).add("retries", counters.retries);
  json.add("never_sent", result.run.measurements.never_sent);
  json.add("throttled", counters.throttled).add("unanswered", counters.unanswered);
  report::append_pace(json.key("pace"), summary.pace, summary.found);
  std::string& latency = json.key("latency_ms");
  latency.append(R"({"from_intended_start":)");
  append_latency(latency, result.run.measurements.from_due);
  latency.append(R"(,"service_time":)");
  append_latency(latency, result.run.measurements.service);
  latency.push_back('}');
  append_failures(json.key("failed_requests"), result.run.measurements.failures);
  json.end();
  return out;
}

}  // namespace koobatch::cli
