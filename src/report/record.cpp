#include "koobatch/report/record.hpp"

#include "koobatch/core/json.hpp"

#include "report/line_text.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <numeric>

namespace koobatch::report {
namespace {

/// Upper bound for a text as a JSON string: six bytes for each byte (\u001f), and the quotes.
constexpr std::size_t text_bound(std::string_view text) {
  return text.size() * 6 + 2;
}

// Raw writing: each puts something at `p`, where the caller has made room, and returns the place after it.
// -------------

template <std::size_t N>
char* put(char* p, const char (&literal)[N]) {
  std::memcpy(p, literal, N - 1);
  return p + N - 1;
}

char* put(char* p, std::string_view text) {
  return p + text.copy(p, text.size());  // an empty view may hold a null pointer, which memcpy does not allow
}

template <std::integral T>
char* put_number(char* p, T value) {
  const fmt::format_int digits(value);
  return put(p, std::string_view(digits.data(), digits.size()));
}

char* put_text(char* p, std::string_view text) {
  if (is_plain_json(text)) {
    *p++ = '"';
    p = put(p, text);
    *p++ = '"';
    return p;
  }
  std::string escaped;
  append_text(escaped, text);
  return put(p, escaped);
}

char* put_three_digits(char* p, unsigned value) {
  p[0] = static_cast<char>('0' + value / 100);
  p[1] = static_cast<char>('0' + value / 10 % 10);
  p[2] = static_cast<char>('0' + value % 10);
  return p + 3;
}

/// Milliseconds with three decimals, rounded to the nearest microsecond. If the clock went back, 0.
char* put_latency(char* p, Duration latency) {
  const auto nanoseconds = static_cast<std::uint64_t>(std::max<Duration::rep>(latency.count(), 0));
  const std::uint64_t microseconds = (nanoseconds + 500) / 1000;
  p = put_number(p, microseconds / 1000);
  *p++ = '.';
  return put_three_digits(p, static_cast<unsigned>(microseconds % 1000));
}

constexpr std::size_t whole_second_length = 20;  // "2026-11-21T17:00:00."

/// Thousands of results share a second, so its text is cached, per thread.
struct SecondText {
  std::chrono::sys_seconds second = std::chrono::sys_seconds::min();
  char text[whole_second_length]{};
};
thread_local constinit SecondText last_second;

char* put_timestamp(char* p, WallTime t) {
  const auto second = std::chrono::floor<std::chrono::seconds>(t);
  if (second != last_second.second) {
    std::memcpy(last_second.text, timestamp(second).data(), whole_second_length);
    last_second.second = second;
  }
  std::memcpy(p, last_second.text, whole_second_length);
  const auto millisecond = std::chrono::floor<std::chrono::milliseconds>(t - second).count();
  p = put_three_digits(p + whole_second_length, static_cast<unsigned>(millisecond));
  *p = 'Z';
  return p + 1;
}

// Lines -------------------------------------------------------------------------------------------------------------

/// Upper bound for a result line without its history and checksum: names and numbers at their longest, and the texts.
std::size_t result_bound(const ResultRecord& r) {
  constexpr std::size_t names_and_numbers = 384;
  return names_and_numbers + text_bound(r.op) + text_bound(r.id) + text_bound(r.msg) + text_bound(r.error) +
         (r.ref ? text_bound(*r.ref) : 0) + text_bound(r.reason) + r.reading.size();
}

char* put_answer(char* p, const ResultRecord& r) {
  if (r.http != 0) p = put_number(put(p, ",\"http\":"), r.http);
  if (r.code) p = put_number(put(p, ",\"code\":"), *r.code);
  if (!r.msg.empty()) p = put_text(put(p, ",\"msg\":"), r.msg);
  return p;
}

char* put_result(char* p, const ResultRecord& r) {
  p = put_number(put(p, R"({"type":"result","line":)"), r.line);
  p = put_text(put(p, ",\"op\":"), r.op);
  p = put_text(put(p, ",\"id\":"), r.id);
  p = put(put(put(p, R"(,"status":")"), to_string(r.status)), "\"");
  p = put_answer(p, r);
  p = put_number(put(p, ",\"attempts\":"), r.attempts);
  if (r.readings != 0) p = put_number(put(p, ",\"readings\":"), r.readings);
  if (r.trace_id) {
    p = put(p, R"(,"trace_id":")");
    write_trace_id(*r.trace_id, p);
    p = put(p + trace_id_length, "\"");
  }
  p = put(put_timestamp(put(p, R"(,"at":")"), r.at), "\"");
  if (r.latency) p = put_latency(put(p, ",\"latency_ms\":"), *r.latency);
  if (r.ref) p = put_text(put(p, ",\"ref\":"), *r.ref);
  if (!r.error.empty()) p = put_text(put(p, ",\"error\":"), r.error);
  if (!r.reason.empty()) p = put_text(put(p, ",\"reason\":"), r.reason);
  if (!r.reading.empty()) p = put(put(p, ","), r.reading);
  return p;
}

void append_attempt(std::string& out, const AttemptRecord& a) {
  JsonWriter json(out);
  json.add("attempt", a.attempt);
  if (a.http != 0) json.add("http", a.http);
  if (a.code) json.add("code", *a.code);
  if (!a.error.empty()) append_text(json.key("error"), a.error);
  append_timestamp_member(json.key("at"), a.at);
  char latency[32];
  const char* end = put_latency(latency, a.latency);
  json.raw("latency_ms", {latency, static_cast<std::size_t>(end - latency)});
  json.end();
}

void append_history(std::string& out, std::span<const AttemptRecord> history) {
  out.append(R"(,"history":[)");
  for (const auto& attempt : history) {
    if (&attempt != history.data()) out.push_back(',');
    append_attempt(out, attempt);
  }
  out.push_back(']');
}

void append_job(std::string& out, const RunRecord::Job& job) {
  JsonWriter json(out);
  append_text(json.key("path"), job.path);
  append_text(json.key("format"), job.format);
  json.add("bytes", job.bytes).add("operations", job.operations);
  append_hash(json.key("xxh3"), job.xxh3);
  if (job.verified) json.add("verified", true);
  json.end();
}

void append_operations(std::string& out, const OperationsRecord& operations) {
  JsonWriter json(out);
  append_text(json.key("path"), operations.path);
  append_hash(json.key("xxh3"), operations.xxh3);
  json.end();
}

void append_parent(std::string& out, const RunRecord::Parent& parent) {
  JsonWriter json(out);
  append_text(json.key("run_id"), parent.run_id);
  append_text(json.key("report"), parent.report);
  json.add("superseded", parent.superseded);
  json.end();
}

}  // namespace

std::uint64_t Counts::finished() const {
  return std::accumulate(by_status.begin(), by_status.end(), std::uint64_t{0});
}

std::uint64_t Counts::fulfilled() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < by_status.size(); ++i) sum += is_fulfilled(static_cast<Status>(i)) ? by_status[i] : 0;
  return sum;
}

bool CaptureCounts::any() const {
  return captured != 0 || std::accumulate(not_captured.begin(), not_captured.end(), std::uint64_t{0}) != 0;
}

bool is_export(const RunRecord& run) {
  return run.job.path == export_path;
}

void append_counts(std::string& out, const Counts& counts) {
  JsonWriter json(out);
  for (std::size_t i = 0; i < status_names.size(); ++i) {
    const auto status = static_cast<Status>(i);
    if (!is_of_plans(status) || counts[status] != 0) json.add(status_names[i], counts[status]);
  }
  json.add("remaining", counts.remaining);
  json.end();
}

void append_pace(std::string& out, const PaceCounts& pace, const PaceFindings& found,
                 std::span<const LimitChange> limits) {
  JsonWriter json(out);
  json.add("cuts", pace.cuts).add("pauses", pace.pauses).add("user_pauses", pace.user_pauses);
  json.add("outages", pace.outages).add("user_cuts", pace.user_cuts);
  if (found.limit > 0) json.add("limit", found.limit);
  if (found.in_flight > 0) json.add("in_flight_limit", found.in_flight);
  if (found.noise > 0) json.add("noise", found.noise);
  if (!limits.empty()) {
    std::string list;
    for (const auto& [after, limit] : limits) {
      fmt::format_to(std::back_inserter(list), "{}[{:.3f},{:.3f}]", list.empty() ? "" : ",", seconds(after), limit);
    }
    json.raw("limits", "[" + list + "]");
  }
  json.end();
}

void append_plan(std::string& out, const PlanRecord& plan) {
  JsonWriter json(out);
  append_text(json.key("id"), plan.id);
  append_text(json.key("sha256"), plan.sha256);
  json.end();
}

void append_next_step(std::string& out, const NextStep& step) {
  JsonWriter json(out);
  json.add("command", to_string(step.command));
  if (!step.settings.empty()) {
    JsonWriter settings(json.key("settings"));
    for (const auto& [setting, value] : step.settings) append_text(settings.key(to_string(setting)), value);
    settings.end();
  }
  json.end();
}

bool found_job_changed(const EndRecord& end) {
  return end.reason == "aborted" && end.error.find("the file was changed after it was validated") != std::string::npos;
}

void append_line(std::string& out, const ResultRecord& record) {
  const std::size_t start = out.size();
  out.resize(start + result_bound(record) + sum_tail + 1);
  const char* end = put_result(out.data() + start, record);
  out.resize(static_cast<std::size_t>(end - out.data()));
  if (record.history.size() >= 2) append_history(out, record.history);
  append_sum(out, start);
}

void append_line(std::string& out, const AttemptNote& note) {
  const std::size_t start = out.size();
  JsonWriter json(out);
  json.add("type", "attempt").add("line", note.trace_id.line).add("attempt", note.trace_id.attempt);
  json.add("trace_id", to_string(note.trace_id));
  append_timestamp_member(json.key("at"), note.at);
  append_sum(out, start);
}

void append_line(std::string& out, const ReadingNote& note) {
  const std::size_t start = out.size();
  JsonWriter json(out);
  json.add("type", "read").add("line", note.trace_id.line).add("trace_id", to_string(note.trace_id));
  append_timestamp_member(json.key("at"), note.at);
  out.push_back(',');
  out.append(note.reading);
  append_sum(out, start);
}

void append_line(std::string& out, const RunRecord& record) {
  const std::size_t start = out.size();
  JsonWriter json(out);
  json.add("type", "run").add("schema", schema_version);
  append_text(json.key("run_id"), record.run_id);
  json.add("segment", record.segment);
  append_text(json.key("version"), record.version);
  append_timestamp_member(json.key("started"), record.started);
  json.add("trace_prefix", record.trace_prefix);
  append_job(json.key("job"), record.job);
  append_text(json.key("endpoint"), record.endpoint);
  if (record.operations) append_operations(json.key("operations"), *record.operations);
  if (record.plan) append_plan(json.key("plan"), *record.plan);
  if (record.parent) append_parent(json.key("parent"), *record.parent);
  if (record.verifies) json.add("verifies", true);
  if (!record.engine.empty()) append_text(json.key("engine"), record.engine);
  json.raw("settings", record.settings.empty() ? std::string_view("{}") : std::string_view(record.settings));
  append_sum(out, start);
}

void append_line(std::string& out, const EndRecord& record) {
  const std::size_t start = out.size();
  JsonWriter json(out);
  json.add("type", "end").add("segment", record.segment);
  append_text(json.key("reason"), record.reason);
  append_counts(json.key("counts"), record.counts);
  json.raw("unsettled", fmt::format("[{}]", fmt::join(record.unsettled, ",")));
  if (record.all_unsettled) json.add("all_unsettled", true);
  append_timestamp_member(json.key("at"), record.at);
  json.add("seconds", record.seconds).add("requests", record.requests);
  if (!record.http.empty()) append_text(json.key("http"), record.http);
  append_pace(json.key("pace"), record.pace, record.found, record.limits);
  if (!record.error.empty()) append_text(json.key("error"), record.error);
  if (record.next_step) append_next_step(json.key("next_step"), *record.next_step);
  append_sum(out, start);
}

void append_sync_line(std::string& out, std::uint64_t n) {
  const std::size_t start = out.size();
  JsonWriter(out).add("type", "sync").add("n", n);
  append_sum(out, start);
}

bool has_valid_sum(std::string_view line) {
  if (line.size() <= sum_tail || !line.ends_with("\"}")) return false;
  const std::size_t covered = line.size() - sum_tail;
  if (std::memcmp(line.data() + covered, sum_label.data(), sum_label.size()) != 0) return false;
  char expected[sum_digits];
  write_hex64(XXH3_64bits(line.data(), covered), expected);
  return std::memcmp(line.data() + covered + sum_label.size(), expected, sum_digits) == 0;
}

}  // namespace koobatch::report
