#include "koobatch/report/wording.hpp"

#include "koobatch/core/spelling.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace koobatch::report {
namespace {

constexpr std::size_t most_told_endpoints = 3;

std::string progress(const Counts& counts) {
  return fmt::format("{} of {} done, {} to go", format_count(counts.finished()), counted(total_of(counts), "operation"),
                     format_count(counts.remaining));
}

std::string lost(const Summary& s) {
  return fmt::format("Stopped, the report was lost: {} of {} recorded, {} counted only",
                     format_count(s.counts.finished()), counted(total_of(s.counts), "operation"),
                     format_count(s.unrecorded));
}

std::string completed(const Summary& s) {
  const std::uint64_t total = total_of(s.counts);
  const std::uint64_t unsuccessful = s.counts.finished() - s.counts.fulfilled();
  if (total == 0) return "Nothing to do: the job has no operations";
  if (unsuccessful != 0 || s.counts.remaining != 0) {
    return fmt::format("{} of {} did not succeed", format_count(unsuccessful), counted(total, "operation"));
  }
  if (s.counts[Status::unchanged] != 0) {
    return s.counts[Status::succeeded] == 0
               ? fmt::format("Nothing to change: {} already as wanted", counted(total, "operation"))
               : fmt::format("All {} succeeded or were already as wanted", counted(total, "operation"));
  }
  return total == 1 ? "The one operation succeeded" : fmt::format("All {} succeeded", counted(total, "operation"));
}

}  // namespace

Headline headline(const Summary& s) {
  switch (s.outcome) {
    case Outcome::completed:
      if (s.doubtful != 0) return {Verdict::bad, "✘", completed(s) + "; some may be of operations the job never had"};
      if (s.counts.fulfilled() == total_of(s.counts)) return {Verdict::good, "✔", completed(s)};
      return {Verdict::bad, "✘", completed(s)};
    case Outcome::interrupted:
      return {Verdict::warning, "■", "Interrupted: " + progress(s.counts)};
    case Outcome::unfinished:
      return {Verdict::warning, "■",
              (s.running ? "Still running: " : "Unfinished, or still running: ") + progress(s.counts)};
    case Outcome::aborted:
      return {Verdict::bad, "✘", s.report_lost ? lost(s) : "Stopped: " + progress(s.counts)};
  }
  return {};
}

Suggestion suggestion(const Summary& s) {
  if (s.running) return Suggestion::watch;
  if (s.report_lost) return Suggestion::heed_error;
  // Without a list to go, the file is to be written from what was read.
  if (is_export(s.run)) return Suggestion::export_again;
  if (!s.run.engine.empty() && s.outcome == Outcome::unfinished) return Suggestion::collect;
  if (s.counts.remaining != 0 || s.outcome == Outcome::unfinished) {
    if (s.next_step) return Suggestion::heed_error;
    if (!s.run.engine.empty()) return Suggestion::submit_rest;
    return s.run.verifies ? Suggestion::verify : Suggestion::resume;
  }
  if (s.counts[Status::failed] + s.counts[Status::unknown] == 0) return Suggestion::none;
  return s.run.verifies ? Suggestion::verify : Suggestion::retry;
}

NextStep continuation(const RunRecord& run, const std::string& report) {
  if (is_export(run)) return {.command = CommandName::export_};
  if (!run.engine.empty()) return {.command = CommandName::collect, .report = report};
  if (run.verifies && run.parent) return {.command = CommandName::verify, .report = run.parent->report};
  return {.command = CommandName::resume, .report = report};
}

NextStep submission_of_rest(const std::string& report) {
  return {.command = CommandName::submit, .settings = {{SettingName::after, report}}};
}

std::uint64_t total_of(const Counts& counts) {
  return counts.finished() + counts.remaining;
}

std::string counted(std::uint64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", format_count(number), noun, number == 1 ? "" : "s");
}

std::string duration_text(double length) {
  if (length < 9.995) return fmt::format("{:.2f} s", length);
  if (length < 59.95) return fmt::format("{:.1f} s", length);
  const auto whole = static_cast<std::uint64_t>(std::llround(length));
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  const std::uint64_t minutes = (whole + 30) / 60;
  return fmt::format("{} h {:02} min", format_count(minutes / 60), minutes % 60);
}

std::string latency_text(Duration latency) {
  const double milliseconds = seconds(latency) * 1000;
  if (milliseconds < 9.995) return fmt::format("{:.2f} ms", milliseconds);
  if (milliseconds < 99.95) return fmt::format("{:.1f} ms", milliseconds);
  if (milliseconds < 9999.5) return fmt::format("{:.0f} ms", milliseconds);
  return duration_text(milliseconds / 1000);
}

std::string percent_text(std::uint64_t part, std::uint64_t whole) {
  if (part == whole) return "100%";
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (percent < 0.1) return part == 0 ? "0%" : "<0.1%";
  return fmt::format("{:.1f}%", std::min(percent, 99.9));
}

std::string time_text(WallTime time) {
  std::string text = timestamp(time).substr(0, 19);
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text + " UTC";
}

std::string pace_number(const Summary& summary) {
  const double pace = summary.operations_per_second;
  if (pace <= 0) return {};
  return pace < 99.5 ? fmt::format("{:.1f}", pace) : format_count(static_cast<std::uint64_t>(pace + 0.5));
}

std::string endpoints_text(const Summary& summary) {
  std::string text = summary.run.endpoint;
  const auto& later = summary.later_endpoints;
  // With the embedded service, the port differs in every segment.
  for (std::size_t i = 0; i < std::min(later.size(), most_told_endpoints); ++i) text += ", then " + later[i];
  if (later.size() > most_told_endpoints) text += fmt::format(", and {} more", later.size() - most_told_endpoints);
  return text;
}

std::string requests_text(const Summary& summary) {
  std::string text = format_count(summary.requests);
  if (summary.http == "2") text += " over HTTP/2";
  if (summary.retries == 0) return text;
  return text + (summary.retries == 1 ? ", 1 retry" : fmt::format(", {} retries", format_count(summary.retries)));
}

std::string captures_text(const CaptureCounts& captures) {
  std::string without;
  std::uint64_t all = captures.captured;
  for (std::size_t i = 0; i < not_captured_reasons.size(); ++i) {
    const auto count = captures.not_captured[i];
    all += count;
    if (count == 0) continue;
    without += fmt::format("{}{} {}", without.empty() ? " (" : ", ", format_count(count), not_captured_reasons[i]);
  }
  if (!without.empty()) without += ')';
  return fmt::format("{} of {}{}", format_count(captures.captured), format_count(all), without);
}

std::string pace_text(const PaceCounts& pace, const PaceFindings& found) {
  std::string text;
  const auto add = [&](std::uint64_t count, const std::string& words) {
    if (count != 0) text += (text.empty() ? "" : ", ") + words;
  };
  add(pace.cuts, fmt::format("slowed down {}", pace.cuts == 1 ? "once" : format_count(pace.cuts) + " times"));
  add(pace.pauses, counted(pace.pauses, "pause"));
  add(pace.user_pauses, counted(pace.user_pauses, "pause") + " of single users");
  add(pace.user_cuts, fmt::format("single users slowed down {}",
                                  pace.user_cuts == 1 ? "once" : format_count(pace.user_cuts) + " times"));
  add(pace.outages, counted(pace.outages, "outage"));
  const std::string limits = describe(found);
  add(!limits.empty(), "in the end " + limits);
  return text;
}

std::string doubt_text(const Summary& summary) {
  return fmt::format(
      "{} recorded by an earlier version of koobatch, which found only afterwards that the job had been changed while "
      "it was sent: they may be of operations the job never had. Check what they changed, or run the whole job again "
      "with '{}'",
      summary.doubtful == 1 ? "1 result was" : format_count(summary.doubtful) + " results were",
      spell({.command = CommandName::run}));
}

std::string plan_text(const PlanRecord& plan) {
  constexpr std::size_t shown_digits = 12;
  return fmt::format("{}, digest {}", harmless(plan.id), harmless(plan.sha256.substr(0, shown_digits)));
}

std::string cause_text(const Cause& cause) {
  std::string out;
  if (cause.http != 0) out = fmt::format("HTTP {}", cause.http);
  if (cause.code) out += fmt::format("{}code {}", out.empty() ? "" : ", ", *cause.code);
  const std::string text = cause.various ? "various messages" : harmless(cause.text);
  if (!text.empty()) out += (out.empty() ? "" : ": ") + text;
  return out.empty() ? "no reason recorded" : out;
}

}  // namespace koobatch::report
