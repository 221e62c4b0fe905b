#include "report_lines.hpp"

#include "koobatch/report/record.hpp"

#include <fmt/format.h>
#include <xxhash.h>

namespace fuzz {
namespace {

using namespace koobatch;
using namespace koobatch::report;

constexpr std::uint32_t base_prefix = 0x15554;

WallTime some_time(Random& random) {
  return *parse_timestamp("2026-11-21T17:00:00.123Z") + std::chrono::milliseconds(random() % 5000);
}

std::uint32_t some_line(Random& random) {
  return 1 + static_cast<std::uint32_t>(random() % 6);
}

TraceId some_trace_id(Random& random, std::uint32_t line) {
  return {base_prefix + 1 + static_cast<std::uint32_t>(random() % 3), line,
          static_cast<std::uint8_t>(1 + random() % 3)};
}

void append_some_result(std::string& out, Random& random) {
  ResultRecord r;
  r.line = some_line(random);
  r.op = "rename_shared_folder";
  r.id = random() % 4 == 0 ? "with \"quotes\"" : "1757156480072657793";
  r.status = static_cast<Status>(random() % status_names.size());
  r.http = random() % 2 == 0 ? 200 : 503;
  if (random() % 2 == 0) r.code = 0;
  r.msg = random() % 2 == 0 ? "success" : "";
  r.attempts = static_cast<unsigned>(random() % 4);
  r.trace_id = some_trace_id(random, r.line);
  r.at = some_time(random);
  if (random() % 2 == 0) r.latency = std::chrono::microseconds(random() % 100'000);
  if (random() % 4 == 0) r.ref = "row-1";
  if (random() % 4 == 0) r.error = "no answer within 30 s";
  const std::vector<AttemptRecord> history(random() % 4, AttemptRecord{1, 503, {}, "busy", r.at, {}});
  r.history = history;
  append_line(out, r);
}

void append_some_run(std::string& out, Random& random) {
  RunRecord r;
  r.run_id = "r-1";
  r.segment = 1 + static_cast<unsigned>(random() % 4);
  r.version = "0.1.0";
  r.started = some_time(random);
  r.trace_prefix = base_prefix + r.segment;
  r.job = {"/jobs/rename.ndjson", "ndjson", 1234, random() % 10, 0xdeadbeef};
  r.endpoint = "https://service.example";
  if (random() % 4 == 0) r.parent = {"r-0", "/reports/r-0.ndjson", random() % 3};
  r.settings = R"({"connections":16})";
  append_line(out, r);
}

void append_some_end(std::string& out, Random& random) {
  constexpr std::string_view reasons[] = {"completed", "interrupted", "aborted"};
  EndRecord r;
  r.segment = 1 + static_cast<unsigned>(random() % 4);
  r.reason = reasons[random() % 3];
  r.counts.remaining = random() % 10;
  for (auto n = random() % 3; n > 0; --n) r.unsettled.push_back(some_line(random));
  r.at = some_time(random);
  r.seconds = static_cast<double>(random() % 1000) / 100;
  r.requests = random() % 20;
  if (random() % 4 == 0) r.error = "disk full; free some space and run 'koobatch resume r.ndjson'";
  if (random() % 4 == 0) {
    r.next_step = NextStep{.command = CommandName::resume, .settings = {{SettingName::max_errors, "N"}}};
  }
  append_line(out, r);
}

}  // namespace

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto newline = text.find('\n');
    const auto size = newline == std::string_view::npos ? text.size() : newline + 1;
    lines.emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) out += line;
  return out;
}

std::string sealed(std::string_view line) {
  constexpr std::string_view label = R"(,"sum":")";
  if (line.ends_with('\n')) line.remove_suffix(1);
  const auto old = line.rfind(label);
  if (old != std::string_view::npos) {
    line = line.substr(0, old);
  } else if (line.ends_with('}')) {
    line.remove_suffix(1);
  }
  return fmt::format("{}{}{:016x}\"}}\n", line, label, XXH3_64bits(line.data(), line.size()));
}

std::string made_line(Random& random) {
  std::string out;
  switch (random() % 8) {
    case 0:
      append_some_run(out, random);
      break;
    case 1:
      append_some_end(out, random);
      break;
    case 2:
      append_sync_line(out, random() % 5);
      break;
    case 3:
      append_line(out, AttemptNote{some_trace_id(random, some_line(random)), some_time(random)});
      break;
    default:
      append_some_result(out, random);
  }
  return out;
}

}  // namespace fuzz
