#include "koobatch/report/page.hpp"

#include "koobatch/core/spelling.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/page/html_template.hpp"
#include "koobatch/page/style.hpp"
#include "koobatch/report/journal_file.hpp"
#include "koobatch/report/wording.hpp"
#include "report/advice.hpp"
#include "report/page_assets.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <filesystem>

namespace koobatch::report {
namespace {

using Values = page::TemplateValues;
using page::policy_hash;

void set_assets(Values& page) {
  page.set("style", page::style()).set("script", page_assets::script());
  page.set("chart_library", page_assets::chart_library()).set("chart_licence", page_assets::chart_licence());
  page.set("policy",
           fmt::format("default-src 'none'; style-src {}; script-src {} {}; base-uri 'none'; form-action 'none'",
                       policy_hash(page::style()), policy_hash(page_assets::chart_library()),
                       policy_hash(page_assets::script())));
}

std::string_view class_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::good:
      return "good";
    case Verdict::warning:
      return "warning";
    case Verdict::bad:
      return "bad";
  }
  return "";
}

void set_headline(Values& page, const Summary& s) {
  const auto [verdict, sign, text] = headline(s);
  page.set("verdict", class_of(verdict)).set("sign", sign).set("headline", text);
  page.set("version", harmless(s.run.version));
  page.set("job_name", harmless(std::filesystem::path(s.run.job.path).filename().native()));
  page.set("endpoint", harmless(endpoints_text(s)));
  page.set("started", time_text(s.run.started)).set("took", duration_text(s.seconds));
  if (s.outcome == Outcome::aborted && !s.error.empty()) page.add("error").set("text", harmless(s.error));
  if (s.doubtful != 0) page.add("error").set("text", doubt_text(s));
}

/// Adds one of the figures at the top: `value` is large, `unit` after it and `note` below it are small.
void add_figure(Values& page, std::string_view name, std::string_view value, std::string_view unit,
                std::string_view note) {
  page.add("figure").set("name", name).set("value", value).set("unit", unit).set("note", note);
}

/// Splits the number from its unit: "12.3 ms", "2 min 05 s".
void add_time_figure(Values& page, std::string_view name, std::string_view text, std::string_view note) {
  const bool simple = std::count(text.begin(), text.end(), ' ') <= 1;
  const auto cut = simple ? std::min(text.find(' '), text.size()) : text.size();
  add_figure(page, name, text.substr(0, cut), text.substr(cut), note);
}

void add_figures(Values& page, const Summary& s) {
  const auto pace = pace_number(s);
  if (!pace.empty()) add_figure(page, "Pace", pace, " /s", "operations a second");
  add_time_figure(page, "Took", duration_text(s.seconds),
                  s.segments == 1 ? "without interruption" : fmt::format("in {}", counted(s.segments, "segment")));
  add_figure(page, "Requests", format_count(s.requests), "",
             s.retries == 0
                 ? "no retry"
                 : fmt::format("{} of them {}", format_count(s.retries), s.retries == 1 ? "a retry" : "retries"));
  if (s.latency.count == 0) return;
  add_time_figure(page, "Median latency", latency_text(s.latency.p50), "half came within");
  add_time_figure(page, "Latency of 99%", latency_text(s.latency.p99), "all but 1 in 100");
}

void add_fact(Values& page, std::string_view name, std::string_view text) {
  page.add("fact").set("name", name).set("text", text);
}

void add_facts(Values& page, const Summary& s) {
  add_fact(page, "Job", harmless(s.run.job.path));
  add_fact(page, "Report", harmless(s.report));
  if (s.run.plan) add_fact(page, "Plan", plan_text(*s.run.plan));
  if (s.run.parent) add_fact(page, "Retry of", harmless(s.run.parent->report));
  if (s.run.parent && s.run.parent->superseded != 0) {
    add_fact(page, "Left out", counted(s.run.parent->superseded, "operation") + ", superseded by newer ones");
  }
  add_fact(page, "Endpoint", harmless(endpoints_text(s)));
  add_fact(page, "Started", time_text(s.run.started));
  add_fact(page, s.outcome == Outcome::unfinished ? "Last result" : "Ended", time_text(s.finished));
  add_fact(page, "Run", harmless(s.run.run_id));
  if (s.captures.any()) add_fact(page, "Captured", captures_text(s.captures));
  if (const auto pace = pace_text(s.pace, s.found); !pace.empty()) add_fact(page, "Pace", pace);
}

/// Adds a part of the bar of outcomes, and its row in the table below it.
void add_outcome(Values& page, std::string_view name, std::uint64_t count, std::uint64_t total, double& from,
                 std::string_view meaning) {
  const double share = 100 * static_cast<double>(count) / static_cast<double>(total);
  page.add("outcome")
      .set("name", name)
      .set("count", format_count(count))
      .set("share", percent_text(count, total))
      .set("meaning", meaning);
  page.add("part")
      .set("name", name)
      .set("from", fmt::format("{:.3f}%", from))
      .set("width", fmt::format("{:.3f}%", share));
  from += share;
}

void add_outcomes(Values& page, const Summary& s) {
  const std::uint64_t total = total_of(s.counts);
  if (total == 0) return;
  double from = 0;
  for (std::size_t i = 0; i < status_names.size(); ++i) {
    const auto status = static_cast<Status>(i);
    if (s.counts[status] == 0 && status != Status::succeeded) continue;
    add_outcome(page, status_names[i], s.counts[status], total, from, advice(status, s.run.verifies));
  }
  if (s.counts.remaining != 0) {
    add_outcome(page, "remaining", s.counts.remaining, total, from, "has no result yet: resume the run");
  }
}

void add_command(Values& page, std::string_view purpose, std::string_view command) {
  page.add("command").set("purpose", purpose).set("command", command);
}

void add_commands(Values& page, const Summary& s) {
  const Suggestion next = suggestion(s);
  if (next == Suggestion::watch) add_command(page, "Show the run's status", harmless(status_command(s.report)));
  const auto again = harmless(spell(continuation(s.run, s.report)));
  if (next == Suggestion::resume) add_command(page, "Resume the run", again);
  if (next == Suggestion::retry) {
    add_command(page, "Repeat what failed or is unknown", harmless(retry_command(s.report)));
  }
  if (next == Suggestion::verify) add_command(page, "Read it all again", again);
  if (next == Suggestion::export_again) add_command(page, "Run the command that began it again", again);
  if (next == Suggestion::collect) add_command(page, "Fetch further results", again);
  if (next == Suggestion::submit_rest) {
    add_command(page, "Submit the rest", harmless(spell(submission_of_rest(s.report))));
  }
}

void add_causes(Values& page, const Summary& s) {
  for (const auto& cause : s.causes) {
    auto& row = page.add("cause");
    const auto specific = advice(cause);
    row.set("count", format_count(cause.count)).set("status", to_string(cause.status)).set("text", cause_text(cause));
    row.set("advice", specific.empty() ? advice(cause.status, s.run.verifies) : specific);
    for (const auto& [line, trace] : cause.examples) {
      auto& example = row.add("example").set("line", format_count(line));
      if (trace) example.add("traced").set("trace", to_string(*trace));
    }
  }
  if (!s.causes.empty()) page.add("causes");
  page.set("no_causes", s.counts.finished() == 0  ? "No operation has its result yet."
                        : s.counts.remaining == 0 ? "Nothing went wrong."
                                                  : "Nothing went wrong so far.");
  if (s.other_causes != 0) page.add("other_causes").set("count", format_count(s.other_causes));
}

void add_slowest(Values& page, const Slowest& slowest) {
  for (const auto& o : slowest.operations()) {
    auto& row = page.add("slow").set("latency", latency_text(o.latency)).set("line", format_count(o.line));
    row.set("op", harmless(o.op)).set("id", harmless(o.id)).set("status", to_string(o.status));
    row.set("http", o.http == 0 ? "–" : std::to_string(o.http)).set("attempts", format_count(o.attempts));
    row.set("at", timestamp(o.at).substr(11, 12));
    if (o.trace) row.add("traced").set("trace", to_string(*o.trace));
  }
}

/// A setting as the user would write it; several values are separated by commas.
std::string setting_text(simdjson::dom::element value) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return std::string(text);
  simdjson::dom::array several;
  if (value.get(several) != simdjson::SUCCESS) return simdjson::minify(value);
  std::string out;
  for (const auto one : several) out += (out.empty() ? "" : ", ") + setting_text(one);
  return out;
}

void add_settings(Values& page, const std::string& settings) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(settings).get(object) != simdjson::SUCCESS) return;
  for (const auto [name, value] : object) {
    page.add("setting").set("name", harmless(name)).set("value", harmless(setting_text(value)));
  }
}

std::string percentile_list(const observe::Histogram& latencies) {
  return fmt::format("50% within {}, 90% {}, 99% {}, 99.9% {}, all {}", latency_text(latencies.percentile(0.5)),
                     latency_text(latencies.percentile(0.9)), latency_text(latencies.percentile(0.99)),
                     latency_text(latencies.percentile(0.999)), latency_text(latencies.max()));
}

/// Charts without data are omitted; the page says why.
void add_charts(Values& page, const Details& details) {
  const auto& buckets = details.timeline().buckets();
  if (!buckets.empty()) page.add("throughput");
  if (details.latencies().count() != 0) page.add("latency").set("percentiles", percentile_list(details.latencies()));
  const bool repeated = std::any_of(buckets.begin(), buckets.end(), [](const Timeline::Bucket& bucket) {
    return bucket.repeated != decltype(bucket.repeated){};
  });
  if (repeated) page.add("repeats");
  page.set("data", chart_data(details));
}

}  // namespace

std::string page_html(const Summary& summary, const Details& details) {
  Values page;
  set_assets(page);
  set_headline(page, summary);
  add_figures(page, summary);
  add_outcomes(page, summary);
  add_commands(page, summary);
  add_causes(page, summary);
  add_charts(page, details);
  add_slowest(page, details.slowest());
  add_facts(page, summary);
  add_settings(page, details.settings());
  return page::fill_template(page_assets::html(), page);
}

}  // namespace koobatch::report
