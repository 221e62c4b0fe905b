#include "cli/running/fleet_status.hpp"

#include "koobatch/core/json.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/observe/progress.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace koobatch::cli {
namespace {

using fleet::PartRow;
using fleet::RunState;
using fleet::WorkerRow;
using fleet::WorkerState;

std::string row(std::string_view name, std::string_view text) {
  return fmt::format("  {:<9}  {}", name, text);
}

std::string results_text(const report::Counts& counts) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < counts.by_status.size(); ++i) {
    if (counts.by_status[i] == 0) continue;
    parts.push_back(fmt::format("{} {}", format_count(counts.by_status[i]), to_string(static_cast<Status>(i))));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// How the parts stand: each in one of these groups.
struct PartCounts {
  std::uint32_t done = 0, owned = 0, free = 0;
  std::uint32_t quiet = 0;  ///< free, but not to be claimed yet
  std::uint32_t held = 0;   ///< not done, and what follows operations in doubt waits
  Duration longest_hold{};
};

PartCounts count_parts(const std::vector<PartRow>& parts) {
  PartCounts counts;
  for (const PartRow& part : parts) {
    if (part.done == part.chunks) {
      ++counts.done;
      continue;
    }
    if (part.owner) {
      ++counts.owned;
    } else if (part.quiet > Duration::zero()) {
      ++counts.quiet;
    } else {
      ++counts.free;
    }
    if (part.hold <= Duration::zero()) continue;
    ++counts.held;
    counts.longest_hold = std::max(counts.longest_hold, part.hold);
  }
  return counts;
}

std::string parts_text(const PartCounts& counts) {
  auto text = fmt::format("{} done, {} owned, {} free", counts.done, counts.owned, counts.free);
  if (counts.quiet != 0) text += fmt::format(", {} quiet", counts.quiet);
  if (counts.held != 0) {
    text += fmt::format("; {} hold back what follows operations in doubt, for up to {}", counts.held,
                        observe::format_seconds(counts.longest_hold));
  }
  return text;
}

/// Whether it is about to be fenced: it sends nothing any more.
bool is_silent(const WorkerRow& worker, const fleet::RunRow& run) {
  return worker.state == WorkerState::alive && worker.since_beat > run.about.lease;
}

std::string share_text(const WorkerRow& worker) {
  return worker.share > 0 ? fmt::format(" of {}", format_rate(worker.share)) : "";
}

std::string worker_text(const WorkerRow& worker, bool silent) {
  auto text = fmt::format("{}  {}, {}", worker.number, harmless(worker.name),
                          silent ? "silent for longer than its lease" : to_string(worker.state));
  if (worker.state == WorkerState::alive && !silent) {
    text += fmt::format(", {}{}", format_rate(worker.used), share_text(worker));
  }
  text += fmt::format(", {} done", format_count(worker.counts.results.finished()));
  if (worker.state == WorkerState::alive) text += fmt::format(", heard from {:.1f} s ago", seconds(worker.since_beat));
  return text;
}

std::string fence_text(const fleet::RunRow& run) {
  return fmt::format("{}; lease {}, hold {}", to_string(run.fence_proof), observe::format_seconds(run.about.lease),
                     observe::format_seconds(run.about.hold));
}

std::string pace_text(const FleetStatus& status) {
  const auto& run = status.survey.run;
  auto text = fmt::format("{} now, {}", format_rate(status.rate_now()),
                          run.rate > 0 ? "at most " + format_rate(run.rate) : "no limit");
  if (run.paused_for) {
    text += fmt::format("; the service asked all to wait {} more", observe::format_seconds(*run.paused_for));
  }
  return text;
}

void append_workers(std::string& out, const std::vector<WorkerRow>& workers) {
  out.push_back('[');
  for (const WorkerRow& worker : workers) {
    if (&worker != workers.data()) out.push_back(',');
    JsonWriter json(out);
    json.add("worker", worker.number).add("name", harmless(worker.name)).add("state", to_string(worker.state));
    json.add("trace_prefix", worker.trace_prefix).add("enrolled", timestamp(worker.enrolled));
    json.exact("share", worker.share).exact("rate_now", worker.used);
    json.add("done", worker.counts.results.finished()).add("requests", worker.counts.requests);
    json.add("seconds_since_beat", seconds(worker.since_beat));
    json.end();
  }
  out.push_back(']');
}

void append_parts(std::string& out, const PartCounts& counts) {
  JsonWriter json(out);
  json.add("done", counts.done).add("owned", counts.owned).add("free", counts.free).add("quiet", counts.quiet);
  json.add("held", counts.held).add("hold_seconds", seconds(counts.longest_hold));
  json.end();
}

void append_engine(std::string& out, const fleet::LedgerProperties& engine) {
  JsonWriter json(out);
  json.add("server", harmless(engine.server)).add("copies", engine.copies);
  if (!engine.why_not_safe.empty()) json.add("why_not_safe", harmless(engine.why_not_safe));
  json.end();
}

}  // namespace

report::Counts FleetStatus::counts() const {
  report::Counts counts;
  for (const WorkerRow& worker : survey.workers) {
    for (std::size_t i = 0; i < counts.by_status.size(); ++i) {
      counts.by_status[i] += worker.counts.results.by_status[i];
    }
  }
  const auto operations = survey.run.about.job.operations;
  counts.remaining = operations - std::min(operations, counts.finished());
  return counts;
}

std::uint64_t FleetStatus::requests() const {
  std::uint64_t sum = 0;
  // A worker reports them only now and then, but each result took at least one.
  for (const WorkerRow& worker : survey.workers) {
    const auto& results = worker.counts.results;
    sum += std::max(worker.counts.requests, results.finished() - results[Status::invalid]);
  }
  return sum;
}

double FleetStatus::rate_now() const {
  double sum = 0;
  for (const WorkerRow& worker : survey.workers) {
    if (worker.state == WorkerState::alive && !is_silent(worker, survey.run)) sum += worker.used;
  }
  return sum;
}

std::optional<Duration> FleetStatus::time_left() const {
  const double rate = rate_now();
  const auto remaining = counts().remaining;
  constexpr double slowest = 1e-3;
  if (fleet::has_ended(survey.run.state) || remaining == 0 || rate < slowest) return std::nullopt;
  constexpr double longest_seconds = 1e9;
  const double left = std::min(static_cast<double>(remaining) / rate, longest_seconds);
  return std::chrono::seconds(std::llround(left));
}

std::vector<std::string> status_lines(const FleetStatus& status) {
  const auto& run = status.survey.run;
  const auto counts = status.counts();
  std::vector<std::string> lines;
  lines.push_back(fmt::format("{}: {}", harmless(status.report), to_string(run.state)));
  if (!run.reason.empty()) lines.push_back(row("because", harmless(run.reason)));
  lines.push_back(row("done", fmt::format("{} of {}", format_count(counts.finished()),
                                          format_count(counts.finished() + counts.remaining))));
  if (counts.finished() != 0) lines.push_back(row("results", results_text(counts)));
  lines.push_back(row("requests", format_count(status.requests())));
  lines.push_back(row("pace", pace_text(status)));
  lines.push_back(row("parts", parts_text(count_parts(status.parts))));
  lines.push_back(row("engine", fmt::format("{}, {} {} of each result", harmless(status.engine.server),
                                            status.engine.copies, status.engine.copies == 1 ? "copy" : "copies")));
  if (!status.engine.why_not_safe.empty()) lines.push_back(row("", harmless(status.engine.why_not_safe)));
  lines.push_back(row("fence", fence_text(run)));
  for (const WorkerRow& worker : status.survey.workers) {
    lines.push_back(row("worker", worker_text(worker, is_silent(worker, run))));
  }
  if (const auto left = status.time_left()) lines.push_back(row("ETA", observe::format_seconds(*left)));
  return lines;
}

std::string status_json(const FleetStatus& status) {
  const auto& run = status.survey.run;
  std::string text;
  JsonWriter json(text);
  json.add("schema", 1).add("report", harmless(status.report)).add("run_id", run.about.run_id);
  json.add("state", to_string(run.state));
  if (!run.reason.empty()) json.add("reason", harmless(run.reason));
  json.add("job", harmless(run.about.job.path)).add("endpoint", harmless(run.about.endpoint));
  json.add("operations", run.about.job.operations);
  report::append_counts(json.key("counts"), status.counts());
  json.add("requests", status.requests()).exact("rate", run.rate).exact("rate_now", status.rate_now());
  if (run.paused_for) json.add("paused_seconds", seconds(*run.paused_for));
  append_parts(json.key("parts"), count_parts(status.parts));
  append_engine(json.key("engine"), status.engine);
  json.add("fence", to_string(run.fence_proof));
  json.add("lease_seconds", seconds(run.about.lease)).add("hold_seconds", seconds(run.about.hold));
  append_workers(json.key("workers"), status.survey.workers);
  if (const auto left = status.time_left()) json.add("eta_seconds", seconds(*left));
  json.end();
  return text;
}

}  // namespace koobatch::cli
