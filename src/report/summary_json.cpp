#include "koobatch/core/json.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/report/summary.hpp"
#include "report/advice.hpp"

namespace koobatch::report {
namespace {

constexpr int summary_schema = 1;

/// Appends a JSON string, escaping all characters that affect a terminal: JSON itself requires that only for the first
/// of them, and not for DEL, C1 and direction marks.
void append_text(std::string& out, std::string_view text) {
  std::string json;
  append_json_string(json, text);
  append_harmless_json(out, json);
}

void append_texts(std::string& out, const std::vector<std::string>& texts) {
  out.push_back('[');
  for (const auto& text : texts) {
    if (&text != texts.data()) out.push_back(',');
    append_text(out, text);
  }
  out.push_back(']');
}

void append_step(std::string& out, const NextStep& step) {
  std::string json;
  append_next_step(json, step);
  append_harmless_json(out, json);
}

void append_job(std::string& out, const RunRecord::Job& job) {
  JsonWriter json(out);
  append_text(json.key("path"), job.path);
  append_text(json.key("format"), job.format);
  json.add("bytes", job.bytes).add("operations", job.operations).add("xxh3", fmt::format("{:016x}", job.xxh3));
  json.end();
}

void append_parent(std::string& out, const RunRecord::Parent& parent) {
  JsonWriter json(out);
  append_text(json.key("run_id"), parent.run_id);
  append_text(json.key("report"), parent.report);
  json.add("superseded", parent.superseded);
  json.end();
}

double milliseconds(Duration d) {
  return seconds(d) * 1000;
}

void append_captures(std::string& out, const CaptureCounts& captures) {
  JsonWriter json(out);
  json.add("count", captures.captured);
  for (std::size_t i = 0; i < not_captured_reasons.size(); ++i) {
    json.add(not_captured_reasons[i], captures.not_captured[i]);
  }
  json.end();
}

void append_latency(std::string& out, const Summary::Latency& latency) {
  JsonWriter json(out);
  json.add("count", latency.count);
  if (latency.count != 0) {
    json.add("p50", milliseconds(latency.p50)).add("p90", milliseconds(latency.p90));
    json.add("p99", milliseconds(latency.p99)).add("max", milliseconds(latency.max));
  }
  json.end();
}

void append_lines(std::string& out, const std::vector<Cause::Example>& examples) {
  out.push_back('[');
  for (const auto& example : examples) {
    if (&example != examples.data()) out.push_back(',');
    out.append(fmt::format_int(example.line).str());
  }
  out.push_back(']');
}

void append_cause(std::string& out, const Cause& cause) {
  JsonWriter json(out);
  json.add("status", to_string(cause.status)).add("count", cause.count);
  if (cause.http != 0) json.add("http", cause.http);
  if (cause.code) json.add("code", *cause.code);
  if (!cause.text.empty()) append_text(json.key("text"), cause.text);
  if (cause.various) json.add("various", true);
  const auto& first = cause.examples.front();
  json.add("first_line", first.line);
  if (first.trace) json.add("first_trace_id", to_string(*first.trace));
  append_lines(json.key("lines"), cause.examples);
  if (const auto what_to_do = advice(cause); !what_to_do.empty()) json.add("advice", what_to_do);
  json.end();
}

void append_causes(std::string& out, const std::vector<Cause>& causes) {
  out.push_back('[');
  for (const auto& cause : causes) {
    if (&cause != causes.data()) out.push_back(',');
    append_cause(out, cause);
  }
  out.push_back(']');
}

}  // namespace

std::string summary_json(const Summary& s) {
  std::string out;
  JsonWriter json(out);
  json.add("schema", summary_schema);
  append_text(json.key("report"), s.report);
  append_text(json.key("run_id"), s.run.run_id);
  append_text(json.key("version"), s.run.version);
  json.add("outcome", to_string(s.outcome));
  if (!s.error.empty()) append_text(json.key("error"), s.error);
  if (s.next_step) append_step(json.key("next_step"), *s.next_step);
  append_job(json.key("job"), s.run.job);
  if (s.run.plan) append_plan(json.key("plan"), *s.run.plan);
  if (s.run.parent) append_parent(json.key("parent"), *s.run.parent);
  append_text(json.key("endpoint"), s.run.endpoint);
  if (!s.later_endpoints.empty()) append_texts(json.key("later_endpoints"), s.later_endpoints);
  json.add("started", timestamp(s.run.started)).add("finished", timestamp(s.finished));
  json.add("segments", s.segments).add("seconds", s.seconds);
  append_counts(json.key("counts"), s.counts);
  if (s.captures.any()) append_captures(json.key("captured"), s.captures);
  if (s.doubtful != 0) json.add("doubtful", s.doubtful);
  json.add("operations_per_second", s.operations_per_second, 1);
  json.add("requests", s.requests).add("retries", s.retries);
  if (!s.http.empty()) append_text(json.key("http"), s.http);
  append_pace(json.key("pace"), s.pace, s.found);
  append_latency(json.key("latency_ms"), s.latency);
  append_causes(json.key("causes"), s.causes);
  json.add("other_causes", s.other_causes);
  json.end();
  return out;
}

}  // namespace koobatch::report
