#include "koobatch/core/spelling.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/report/journal_file.hpp"
#include "koobatch/report/summary.hpp"
#include "koobatch/report/wording.hpp"
#include "report/advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace koobatch::report {
namespace {

constexpr std::size_t narrowest = 60;
constexpr std::size_t bar_columns = 20;

enum class Tone { good, warning, bad, quiet, strong };

/// Wraps text in ANSI colours, or leaves it unchanged.
class Painter {
 public:
  explicit Painter(bool colour) : colour_(colour) {}
  std::string operator()(Tone tone, std::string_view text) const {
    return colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", code(tone), text) : std::string(text);
  }

 private:
  static std::string_view code(Tone tone) {
    switch (tone) {
      case Tone::good:
        return "32";
      case Tone::warning:
        return "33";
      case Tone::bad:
        return "31";
      case Tone::quiet:
        return "2";
      case Tone::strong:
        return "1";
    }
    return "0";
  }
  bool colour_;
};

/// A bar with a resolution of an eighth of a column; any non-zero part is visible.
std::string bar(std::uint64_t part, std::uint64_t whole) {
  constexpr std::string_view eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const double share = static_cast<double>(part) / static_cast<double>(whole);
  auto length = static_cast<std::size_t>(share * bar_columns * 8);
  if (part != 0) length = std::max<std::size_t>(length, 1);
  std::string out;
  for (std::size_t i = 0; i < length / 8; ++i) out += "█";
  out += eighths[length % 8];
  return out;
}

/// Breaks the text between words into lines of at most `width` bytes; our advice is ASCII.
std::vector<std::string_view> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string_view> lines;
  while (text.size() > width) {
    const std::size_t blank = text.rfind(' ', width);
    if (blank == std::string_view::npos) break;
    lines.push_back(text.substr(0, blank));
    text.remove_prefix(blank + 1);
  }
  lines.push_back(text);
  return lines;
}

Tone tone_of(Status status) {
  switch (status) {
    case Status::succeeded:
    case Status::unchanged:
      return Tone::good;
    case Status::unknown:
    case Status::skipped:
      return Tone::warning;
    default:
      return Tone::bad;
  }
}

Tone tone_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::good:
      return Tone::good;
    case Verdict::warning:
      return Tone::warning;
    case Verdict::bad:
      return Tone::bad;
  }
  return Tone::strong;
}

/// Writes the summary's parts, one after the other.
class TextWriter {
 public:
  TextWriter(const Summary& summary, bool colour, std::size_t width)
      : s_(summary), paint_(colour), width_(std::max(width, narrowest)), total_(total_of(summary.counts)) {}

  std::string write() {
    headline();
    statuses();
    facts();
    causes();
    next_steps();
    return std::move(out_);
  }

 private:
  /// The number of finished operations whose wish is not fulfilled.
  std::uint64_t unsuccessful() const { return s_.counts.finished() - s_.counts.fulfilled(); }

  void line(std::string_view text) {
    out_.append(text);
    out_.push_back('\n');
  }
  void title(std::string_view text) {
    line("");
    line(paint_(Tone::strong, text));
  }

  void headline();
  void statuses();
  void status_line(std::string_view name, std::uint64_t count, Tone tone);
  void facts();
  void fact(std::string_view name, const std::string& text, bool clip);
  void causes();
  void cause(const Cause& cause);
  void example(const Cause& cause);
  void next_steps();
  void command(std::string_view purpose, const std::string& command);
  void advise(Status status);

  const Summary& s_;
  Painter paint_;
  std::size_t width_;
  std::uint64_t total_;
  std::string out_;
};

void TextWriter::headline() {
  const auto [verdict, sign, text] = report::headline(s_);
  line(paint_(tone_of(verdict), fmt::format("{} {}", sign, text)));
  if (s_.outcome == Outcome::aborted && !s_.error.empty()) line("  " + harmless(s_.error));
  if (s_.doubtful == 0) return;
  const std::string doubt = doubt_text(s_);  // the parts are views into it
  for (const auto& part : wrapped(doubt, width_ - 2)) line(fmt::format("  {}", part));
}

void TextWriter::statuses() {
  if (total_ == 0) return;
  line("");
  for (std::size_t i = 0; i < status_names.size(); ++i) {
    const auto status = static_cast<Status>(i);
    const std::uint64_t count = s_.counts[status];
    if (count != 0 || status == Status::succeeded) status_line(status_names[i], count, tone_of(status));
  }
  if (s_.counts.remaining != 0) status_line("remaining", s_.counts.remaining, Tone::quiet);
}

void TextWriter::status_line(std::string_view name, std::uint64_t count, Tone tone) {
  const std::size_t digits = format_count(total_).size();
  std::string text =
      fmt::format("  {:<9}  {:>{}}  {:>5}", name, format_count(count), digits, percent_text(count, total_));
  if (count != 0) text += "  " + paint_(tone, bar(count, total_));
  line(text);
}

void TextWriter::fact(std::string_view name, const std::string& text, bool clip) {
  constexpr std::size_t indent = 13;
  line(fmt::format("  {}{}", paint_(Tone::quiet, fmt::format("{:<11}", name)),
                   clip ? clipped(text, width_ - indent) : text));
}

void TextWriter::facts() {
  line("");
  fact("job", harmless(s_.run.job.path), false);
  fact("report", harmless(s_.report) + (s_.report_lost ? " (lost)" : ""), false);
  if (s_.unrecorded != 0) fact("unrecorded", counted(s_.unrecorded, "result") + " counted, but in no report", true);
  if (s_.run.plan) fact("plan", plan_text(*s_.run.plan), false);
  if (s_.run.parent) fact("retry of", harmless(s_.run.parent->report), false);
  if (s_.run.parent && s_.run.parent->superseded != 0) {
    fact("left out", fmt::format("{}, superseded by newer ones", counted(s_.run.parent->superseded, "operation")),
         true);
  }
  fact("endpoint", harmless(endpoints_text(s_)), false);
  fact("started", time_text(s_.run.started), true);
  std::string took = duration_text(s_.seconds);
  if (s_.segments > 1) took += fmt::format(" in {}", counted(s_.segments, "segment"));
  if (const auto pace = pace_number(s_); !pace.empty()) took += fmt::format(", {} operations/s", pace);
  fact("took", took, true);
  fact("requests", requests_text(s_), true);
  if (s_.captures.any()) fact("captured", captures_text(s_.captures), true);
  if (const auto pace = pace_text(s_.pace, s_.found); !pace.empty()) fact("pace", pace, true);
  if (s_.latency.count == 0) return;
  fact("latency",
       fmt::format("half within {}, 90% {}, 99% {}, all {}", latency_text(s_.latency.p50), latency_text(s_.latency.p90),
                   latency_text(s_.latency.p99), latency_text(s_.latency.max)),
       true);
}

void TextWriter::causes() {
  if (s_.causes.empty()) return;
  title("Why");
  for (const auto& one : s_.causes) cause(one);
  if (s_.other_causes != 0) line(fmt::format("  {:>9} × other reasons: see the report", format_count(s_.other_causes)));
}

void TextWriter::cause(const Cause& cause) {
  const auto name = to_string(cause.status);
  const std::string count = fmt::format("  {:>9} × ", format_count(cause.count));
  const std::size_t used = columns(count) + name.size() + 2;
  line(count + paint_(tone_of(cause.status), name) + ", " +
       clipped(cause_text(cause), width_ > used ? width_ - used : 0));
  example(cause);
  if (const auto what_to_do = advice(cause); !what_to_do.empty()) {
    for (const auto& part : wrapped(what_to_do, width_ - 14)) line(fmt::format("              {}", part));
  }
}

void TextWriter::example(const Cause& cause) {
  const auto& [number, trace_id] = cause.examples.front();
  std::string text = fmt::format("              {} {}", cause.count == 1 ? "line" : "first: line", number);
  if (trace_id) {
    const std::string trace = "trace " + to_string(*trace_id);
    const bool fits = text.size() + 2 + trace.size() <= width_;
    text += (fits ? ", " : "\n  ") + trace;
  }
  // One line at a time, because some terminals reset colours at a line break.
  const std::size_t broken = text.find('\n');
  line(paint_(Tone::quiet, text.substr(0, broken)));
  if (broken != std::string::npos) line(paint_(Tone::quiet, text.substr(broken + 1)));
}

void TextWriter::advise(Status status) {
  if (s_.counts[status] == 0) return;
  line(fmt::format("  {:<9}  {}", to_string(status), advice(status, s_.run.verifies)));
}

void TextWriter::command(std::string_view purpose, const std::string& command) {
  line(fmt::format("  {}  {}", purpose, paint_(Tone::strong, harmless(command))));
}

void TextWriter::next_steps() {
  const Suggestion next = suggestion(s_);
  const bool has_command = next != Suggestion::none && next != Suggestion::heed_error;
  if (!has_command && unsuccessful() == 0) return;
  title("Next");
  if (next == Suggestion::watch) command("show its status with", status_command(s_.report));
  const auto again = spell(continuation(s_.run, s_.report));
  if (next == Suggestion::resume) command("resume with", again);
  if (next == Suggestion::retry) command("repeat what failed or is unknown with", retry_command(s_.report));
  if (next == Suggestion::verify) command("read it all again with", again);
  if (next == Suggestion::export_again) command("run the command that began it again:", again);
  if (next == Suggestion::collect) command("fetch further results with", again);
  if (next == Suggestion::submit_rest) command("submit the rest with", spell(submission_of_rest(s_.report)));
  for (const auto status : {Status::rejected, Status::failed, Status::unknown, Status::invalid, Status::skipped})
    advise(status);
}

}  // namespace

std::string summary_text(const Summary& summary, bool colour, std::size_t width) {
  return TextWriter(summary, colour, width).write();
}

}  // namespace koobatch::report
