#include "koobatch/control/status.hpp"

#include "koobatch/core/json.hpp"
#include "koobatch/core/spelling.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/report/journal_file.hpp"
#include "koobatch/report/wording.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace koobatch::control {
namespace {

std::string limit_text(double rate) {
  return rate > 0 ? "at most " + format_rate(rate) : "no limit";
}

std::string joined(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string row(std::string_view name, std::string_view text) {
  return fmt::format("  {:<9}  {}", name, text);
}

std::vector<std::string> results(const std::array<std::uint64_t, status_names.size()>& by_status) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < by_status.size(); ++i) {
    if (by_status[i] != 0)
      parts.push_back(fmt::format("{} {}", format_count(by_status[i]), to_string(static_cast<Status>(i))));
  }
  return parts;
}

std::string requests_row(const observe::Snapshot& snapshot) {
  std::vector<std::string> parts = {format_count(snapshot.requests)};
  if (snapshot.http == observe::HttpVersion::http2) parts.front() += " over HTTP/2";
  const auto add = [&](std::uint64_t count, std::string_view name) {
    if (count != 0) parts.push_back(fmt::format("{} {}", format_count(count), name));
  };
  add(snapshot.retries, snapshot.retries == 1 ? "retry" : "retries");
  add(snapshot.throttled, "throttled");
  add(snapshot.unanswered, "unanswered");
  add(snapshot.in_flight, "in flight");
  return joined(parts);
}

std::string_view state_of(const observe::Snapshot& snapshot) {
  if (snapshot.ending) return "ending";
  return snapshot.pace.paused ? "paused" : "running";
}

void append_pace(std::string& out, const PaceState& pace) {
  JsonWriter json(out);
  if (pace.rate > 0) json.exact("rate", pace.rate);
  if (pace.found.limit > 0) {
    json.exact("learned_rate", pace.found.limit);
    if (pace.limit_declared) {
      json.add("learned_declared", true);
    } else {
      json.add("learned_http", pace.limit_http);
    }
  }
  if (pace.found.in_flight > 0) json.add("learned_in_flight", pace.found.in_flight);
  if (pace.found.noise > 0) json.add("noise", pace.found.noise);
  if (pace.wait > Duration::zero()) json.add("wait_seconds", seconds(pace.wait)).add("wait_http", pace.wait_http);
  json.add("service_down", pace.down);
  if (pace.down && pace.down_http != 0) json.add("down_http", pace.down_http);
  json.add("renewing_credentials", pace.renewing);
  if (pace.paused) json.add("paused_seconds", seconds(pace.paused_for));
  json.end();
}

/// The reader may be in another folder.
std::string absolute_name(const std::string& path) {
  std::error_code gone;
  const auto absolute = std::filesystem::absolute(path, gone);
  return harmless(gone ? path : absolute.lexically_normal().native());
}

/// The members common to every status.
void add_run(JsonWriter& json, const std::string& path, std::string_view state, const report::RunRecord& run) {
  json.add("schema", 1)
      .add("report", absolute_name(path))
      .add("state", state)
      .add("run_id", harmless(run.run_id))
      .add("job", harmless(run.job.path))
      .add("endpoint", harmless(run.endpoint));
}

/// A run limited by time, as a benchmark may be, has no number of operations.
std::string done_text(const observe::Progress& progress) {
  const auto& snapshot = progress.snapshot();
  const auto finished = format_count(snapshot.finished());
  if (snapshot.operations == 0) return finished;
  return fmt::format("{} of {} ({}%)", finished, format_count(snapshot.operations), progress.percent());
}

report::Counts counts_of(const observe::Snapshot& snapshot) {
  report::Counts counts;
  counts.by_status = snapshot.by_status;
  counts.remaining = snapshot.remaining();
  return counts;
}

bool is_resumable(const report::Summary& summary, AtWork at_work) {
  const auto next = suggestion(summary);
  return at_work == AtWork::nobody && !summary.run.verifies &&
         (next == report::Suggestion::resume || next == report::Suggestion::heed_error);
}

std::string_view state_of(const report::Summary& summary, AtWork at_work) {
  switch (at_work) {
    case AtWork::nobody:
      break;
    case AtWork::a_process:
      return "a process is working on it but cannot be queried: it is just starting or ending, or has no socket (see "
             "its messages)";
    case AtWork::another_users_process:
      return "a process is working on it that only the user who started it, or root, can query";
  }
  return to_string(summary.outcome);
}

}  // namespace

std::string in_force(const observe::Snapshot& snapshot) {
  std::string text = limit_text(snapshot.pace.rate);
  if (const auto reason = observe::describe(snapshot); !reason.empty()) text += ", " + reason;
  return text;
}

std::vector<std::string> status_lines(const LiveRun& live) {
  const auto& progress = live.progress;
  const auto& snapshot = progress.snapshot();
  std::vector<std::string> lines;
  lines.push_back(fmt::format("{}, process {}, for {}", state_of(snapshot), live.process,
                              observe::format_elapsed(progress.elapsed())));
  lines.push_back(row("done", done_text(progress)));
  if (snapshot.finished() != 0) lines.push_back(row("results", joined(results(snapshot.by_status))));
  lines.push_back(row("requests", requests_row(snapshot)));
  lines.push_back(row("pace", fmt::format("{} now, {} on average; {}", format_rate(progress.rate()),
                                          format_rate(progress.mean_rate()), in_force(snapshot))));
  if (const auto noise = koobatch::describe(PaceFindings{.noise = snapshot.pace.found.noise}); !noise.empty()) {
    lines.push_back(row("noise", noise));
  }
  if (snapshot.pace.paused) {
    lines.push_back(row(
        "paused", fmt::format("for {}; '{}' with {} continues it", observe::format_elapsed(snapshot.pace.paused_for),
                              spell({.command = CommandName::set}), spell(SettingName::go))));
  }
  if (const auto left = progress.time_left()) lines.push_back(row("ETA", observe::format_seconds(*left)));
  return lines;
}

std::string status_json(const LiveRun& live) {
  const auto& snapshot = live.progress.snapshot();
  std::string text;
  JsonWriter json(text);
  add_run(json, live.report, state_of(snapshot), live.run);
  json.add("process", live.process).add("segment", live.run.segment).add("operations", snapshot.operations);
  report::append_counts(json.key("counts"), counts_of(snapshot));
  if (snapshot.http != observe::HttpVersion::none) json.add("http", to_string(snapshot.http));
  json.add("requests", snapshot.requests)
      .add("retries", snapshot.retries)
      .add("throttled", snapshot.throttled)
      .add("unanswered", snapshot.unanswered)
      .add("in_flight", snapshot.in_flight)
      .add("seconds", seconds(live.progress.elapsed()))
      .exact("rate_now", live.progress.rate())
      .exact("rate_mean", live.progress.mean_rate());
  append_pace(json.key("pace"), snapshot.pace);
  if (const auto reason = observe::describe(snapshot); !reason.empty()) json.add("held_back", reason);
  if (const auto left = live.progress.time_left()) json.add("eta_seconds", seconds(*left));
  json.end();
  return text;
}

std::vector<std::string> status_lines(const report::Summary& summary, AtWork at_work) {
  std::vector<std::string> lines;
  lines.push_back(fmt::format("{}: {}", harmless(summary.report), state_of(summary, at_work)));
  lines.push_back(row("done", fmt::format("{} of {}", format_count(summary.counts.finished()),
                                          format_count(report::total_of(summary.counts)))));
  if (summary.counts.finished() != 0) lines.push_back(row("results", joined(results(summary.counts.by_status))));
  if (summary.counts.remaining != 0) lines.push_back(row("remaining", format_count(summary.counts.remaining)));
  if (!summary.error.empty()) lines.push_back(row("stopped", harmless(summary.error)));
  const auto next = suggestion(summary);
  const bool can_go_on = next == report::Suggestion::resume || next == report::Suggestion::verify ||
                         next == report::Suggestion::export_again;
  if (at_work == AtWork::nobody && can_go_on) {
    const auto step = report::continuation(summary.run, summary.report);
    lines.push_back(row(to_string(step.command), harmless(spell(step))));
  }
  return lines;
}

std::string status_json(const report::Summary& summary, AtWork at_work) {
  std::string text;
  JsonWriter json(text);
  add_run(json, summary.report, at_work == AtWork::nobody ? to_string(summary.outcome) : "running", summary.run);
  json.add("segment", summary.segments).add("operations", report::total_of(summary.counts));
  report::append_counts(json.key("counts"), summary.counts);
  if (!summary.http.empty()) json.add("http", harmless(summary.http));
  json.add("requests", summary.requests).add("retries", summary.retries).add("seconds", summary.seconds);
  if (!summary.error.empty()) json.add("error", harmless(summary.error));
  if (is_resumable(summary, at_work)) json.add("resume", harmless(report::resume_command(summary.report)));
  json.end();
  return text;
}

std::vector<std::string> describe(const Request& request, const PaceState& before) {
  std::vector<std::string> changes;
  if (request.rate) {
    changes.push_back(*request.rate == before.rate
                          ? limit_text(before.rate) + ", as before"
                          : fmt::format("{} from now on (previously {})", limit_text(*request.rate),
                                        before.rate > 0 ? format_rate(before.rate) : "no limit"));
  }
  if (request.pause && *request.pause == before.paused) {
    changes.emplace_back(before.paused ? "paused already" : "not paused");
  } else if (request.pause) {
    changes.push_back(*request.pause
                          ? "paused: nothing new is sent until " + spell(SettingName::go)
                          : fmt::format("continued, after a pause of {}", observe::format_elapsed(before.paused_for)));
  }
  return changes;
}

}  // namespace koobatch::control
