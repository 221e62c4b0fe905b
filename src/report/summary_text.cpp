#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/report/journal_file.hpp"
#include "koobatch/report/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace koobatch::report {
namespace {

constexpr std::size_t narrowest = 60;
constexpr std::size_t bar_columns = 20;

enum class Tone { good, warning, bad, quiet, strong };

/// Wraps text in ANSI colours, or leaves it as it is.
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

std::string counted(std::uint64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", format_count(number), noun, number == 1 ? "" : "s");
}

/// "0.84 s", "12.3 s", "2 min 05 s", "1 h 02 min": three digits that matter.
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

/// Rounded, but never to 100% or 0% what is not all or nothing.
std::string percent_text(std::uint64_t part, std::uint64_t whole) {
  if (part == whole) return "100%";
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (percent < 0.1) return part == 0 ? "0%" : "<0.1%";
  return fmt::format("{:.1f}%", std::min(percent, 99.9));
}

/// A bar of eighths of a column; what is there at all shows.
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

Tone tone_of(Status status) {
  switch (status) {
    case Status::succeeded:
      return Tone::good;
    case Status::unknown:
      return Tone::warning;
    default:
      return Tone::bad;
  }
}

/// Writes the summary's parts one after the other.
class TextWriter {
 public:
  TextWriter(const Summary& summary, bool colour, std::size_t width)
      : s_(summary), paint_(colour), width_(std::max(width, narrowest)), total_(total_of(summary)) {}

  std::string write() {
    headline();
    statuses();
    facts();
    causes();
    advice();
    return std::move(out_);
  }

 private:
  static std::uint64_t total_of(const Summary& s) { return s.counts.finished() + s.counts.remaining; }
  std::uint64_t succeeded() const { return s_.counts[Status::succeeded]; }
  /// Of the finished ones.
  std::uint64_t unsuccessful() const { return s_.counts.finished() - succeeded(); }

  void line(std::string_view text) {
    out_.append(text);
    out_.push_back('\n');
  }
  void title(std::string_view text) {
    line("");
    line(paint_(Tone::strong, text));
  }

  void headline();
  std::string progress() const;
  void statuses();
  void status_line(std::string_view name, std::uint64_t count, Tone tone);
  void facts();
  void fact(std::string_view name, const std::string& text, bool clip);
  void causes();
  void cause(const Cause& cause);
  void advice();
  void advise(Status status, std::string_view text);

  const Summary& s_;
  Painter paint_;
  std::size_t width_;
  std::uint64_t total_;
  std::string out_;
};

std::string TextWriter::progress() const {
  return fmt::format("{} of {} done, {} to go", format_count(s_.counts.finished()), counted(total_, "operation"),
                     format_count(s_.counts.remaining));
}

void TextWriter::headline() {
  switch (s_.outcome) {
    case Outcome::completed:
      if (total_ == 0) return line(paint_(Tone::good, "✔ Nothing to do: the job has no operations"));
      if (unsuccessful() == 0 && s_.counts.remaining == 0) {
        return line(paint_(Tone::good, total_ == 1 ? "✔ The one operation succeeded"
                                                   : fmt::format("✔ All {} succeeded", counted(total_, "operation"))));
      }
      return line(paint_(Tone::bad, fmt::format("✘ {} of {} did not succeed", format_count(unsuccessful()),
                                                counted(total_, "operation"))));
    case Outcome::interrupted:
      return line(paint_(Tone::warning, "■ Interrupted: " + progress()));
    case Outcome::unfinished:
      return line(paint_(Tone::warning, "■ Unfinished, or still running: " + progress()));
    case Outcome::aborted:
      line(paint_(Tone::bad, "✘ Stopped: " + progress()));
      if (!s_.error.empty()) line("  " + harmless(s_.error));
  }
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

/// "slowed down 3 times, 1 pause, 1 outage"
std::string pace_text(const PaceCounts& pace) {
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
  return text;
}

void TextWriter::facts() {
  line("");
  fact("job", harmless(s_.run.job.path), false);
  fact("report", harmless(s_.report), false);
  if (s_.run.parent) fact("retry of", harmless(s_.run.parent->report), false);
  if (s_.run.parent && s_.run.parent->superseded != 0) {
    fact("left out", fmt::format("{}, superseded by newer ones", counted(s_.run.parent->superseded, "operation")),
         true);
  }
  fact("endpoint", harmless(s_.run.endpoint), false);
  std::string started = timestamp(s_.run.started);
  std::replace(started.begin(), started.end(), 'T', ' ');
  fact("started", started.substr(0, 19) + " UTC", true);
  std::string took = duration_text(s_.seconds);
  if (s_.segments > 1) took += fmt::format(" in {}", counted(s_.segments, "segment"));
  if (s_.operations_per_second > 0) {
    took += fmt::format(", {} operations/s",
                        s_.operations_per_second < 99.5
                            ? fmt::format("{:.1f}", s_.operations_per_second)
                            : format_count(static_cast<std::uint64_t>(s_.operations_per_second + 0.5)));
  }
  fact("took", took, true);
  std::string requests = format_count(s_.requests);
  if (s_.retries != 0)
    requests += fmt::format(", {}", s_.retries == 1 ? "1 retry" : format_count(s_.retries) + " retries");
  fact("requests", requests, true);
  if (s_.pace != PaceCounts()) fact("pace", pace_text(s_.pace), true);
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

/// "HTTP 400, code 13000405: name already used"
std::string cause_text(const Cause& cause) {
  std::string out;
  if (cause.http != 0) out = fmt::format("HTTP {}", cause.http);
  if (cause.code) out += fmt::format("{}code {}", out.empty() ? "" : ", ", *cause.code);
  const std::string text = cause.various ? "various messages" : harmless(cause.text);
  if (!text.empty()) out += (out.empty() ? "" : ": ") + text;
  return out.empty() ? "no reason recorded" : out;
}

void TextWriter::cause(const Cause& cause) {
  const auto name = to_string(cause.status);
  const std::string count = fmt::format("  {:>9} × ", format_count(cause.count));
  const std::size_t used = columns(count) + name.size() + 2;
  line(count + paint_(tone_of(cause.status), name) + ", " +
       clipped(cause_text(cause), width_ > used ? width_ - used : 0));
  std::string example = fmt::format("              {} {}", cause.count == 1 ? "line" : "first: line", cause.first_line);
  if (cause.first_trace) {
    const std::string trace = "trace " + to_string(*cause.first_trace);
    const bool fits = example.size() + 2 + trace.size() <= width_;
    example += (fits ? ", " : "\n  ") + trace;
  }
  // A line at a time, for colours do not outlive a line break everywhere.
  const std::size_t broken = example.find('\n');
  line(paint_(Tone::quiet, example.substr(0, broken)));
  if (broken != std::string::npos) line(paint_(Tone::quiet, example.substr(broken + 1)));
}

void TextWriter::advise(Status status, std::string_view text) {
  if (s_.counts[status] == 0) return;
  line(fmt::format("  {:<9}  {}", to_string(status), text));
}

void TextWriter::advice() {
  const bool resumable = s_.counts.remaining != 0 || s_.outcome == Outcome::unfinished;
  if (!resumable && unsuccessful() == 0) return;
  title("Next");
  if (resumable) line(fmt::format("  go on with  {}", paint_(Tone::strong, harmless(resume_command(s_.report)))));
  if (!resumable && s_.counts[Status::failed] + s_.counts[Status::unknown] != 0) {
    line(fmt::format("  repeat what failed or is unknown with  {}",
                     paint_(Tone::strong, harmless(retry_command(s_.report)))));
  }
  advise(Status::rejected, "refused for good: correct it and run it again");
  advise(Status::failed, "certainly not applied: run it again");
  advise(Status::unknown, "may have been applied: look before you repeat");
  advise(Status::invalid, "breaks a rule, was never sent: correct it");
}

}  // namespace

std::string summary_text(const Summary& summary, bool colour, std::size_t width) {
  return TextWriter(summary, colour, width).write();
}

}  // namespace koobatch::report
