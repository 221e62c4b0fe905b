#include "koobatch/observe/progress.hpp"

#include "koobatch/core/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

namespace koobatch::observe {
namespace {

constexpr std::string_view waiting = "service not answering, waiting";
constexpr std::string_view gap = "  ";
constexpr std::size_t min_bar = 12;  // brackets included; a shorter one says nothing
constexpr std::size_t max_bar = 42;

/// Rounded down, so that 100% means all.
int percent(const Progress& progress) {
  return static_cast<int>(progress.fraction() * 100);
}

std::string format_rate(double rate) {
  if (rate >= 100) return format_count(static_cast<std::uint64_t>(std::llround(rate))) + "/s";
  return fmt::format("{:.1f}/s", rate);
}

/// In whole seconds, rounded up: an estimate is no better.
std::string time_left(const Progress& progress) {
  const auto left = progress.time_left();
  if (!left) return "ETA -";
  const auto s = std::chrono::ceil<std::chrono::seconds>(*left);
  return "ETA " + (s.count() < 10 ? fmt::format("{}s", s.count()) : format_duration(s));
}

/// "12 rejected", "1 unknown", … for what there is of it.
std::vector<std::string> troubles(const Snapshot& snapshot) {
  std::vector<std::string> out;
  const auto add = [&](std::uint64_t count, std::string_view name) {
    if (count > 0) out.push_back(fmt::format("{} {}", format_count(count), name));
  };
  for (const auto status : {Status::rejected, Status::failed, Status::unknown, Status::invalid}) {
    add(snapshot[status], to_string(status));
  }
  add(snapshot.retries, "retries");
  add(snapshot.throttled, "throttled");
  return out;
}

/// A part of the bar's row. Parts are shown in their order; which are shown depends on the room there is.
struct Part {
  std::string text;
  int importance;  ///< the lower, the sooner it is left out
};

/// The pace and what it promises, or why there is none.
std::vector<Part> pace_parts(const Progress& progress) {
  if (progress.snapshot().service_down) return {{fmt::format("{}", waiting), 7}};
  return {{format_rate(progress.rate()), 6}, {time_left(progress), 5}};
}

std::vector<Part> parts_of(const Progress& progress) {
  const Snapshot& snapshot = progress.snapshot();
  std::vector<Part> parts = pace_parts(progress);
  parts.insert(parts.begin(),
               {fmt::format("{}/{}", format_count(snapshot.finished()), format_count(snapshot.operations)), 8});
  parts.insert(parts.begin(), {fmt::format("{:3}%", percent(progress)), 9});
  int importance = 4;
  for (auto& trouble : troubles(snapshot)) parts.push_back({std::move(trouble), importance--});
  return parts;
}

std::size_t row_length(const std::vector<Part>& parts) {
  return std::accumulate(parts.begin(), parts.end(), std::size_t{0},
                         [](std::size_t sum, const Part& part) { return sum + gap.size() + part.text.size(); }) -
         (parts.empty() ? 0 : gap.size());
}

void drop_least_important(std::vector<Part>& parts) {
  parts.erase(std::min_element(parts.begin(), parts.end(),
                               [](const Part& a, const Part& b) { return a.importance < b.importance; }));
}

std::string draw_bar(double fraction, std::size_t length) {
  const std::size_t inside = length - 2;
  const auto full = static_cast<std::size_t>(fraction * static_cast<double>(inside));
  std::string bar(inside, ' ');
  std::fill_n(bar.begin(), full, '=');
  if (full > 0 && full < inside) bar[full] = '>';
  return "[" + bar + "]";
}

}  // namespace

void Progress::update(const Snapshot& snapshot, TimePoint now) {
  last_ = {now, snapshot};
  if (!first_) first_ = last_;
  recent_.push_back(last_);
  while (recent_.size() > 2 && recent_[1].at <= now - window) recent_.pop_front();
}

double Progress::rate_between(const Sample& from, const Sample& to) {
  const double elapsed = seconds(to.at - from.at);
  if (elapsed <= 0) return 0;
  return static_cast<double>(to.snapshot.finished() - from.snapshot.finished()) / elapsed;
}

double Progress::rate() const {
  return recent_.empty() ? 0 : rate_between(recent_.front(), last_);
}

double Progress::mean_rate() const {
  return first_ ? rate_between(*first_, last_) : 0;
}

std::optional<Duration> Progress::time_left() const {
  constexpr double too_long = 100.0 * 24 * 3600;  // a pace so slow is no pace; and it must fit a Duration
  const auto left = static_cast<double>(snapshot().operations - std::min(snapshot().operations, snapshot().finished()));
  const double pace = rate();
  if (pace <= 0 || left / pace > too_long) return std::nullopt;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(left / pace));
}

double Progress::fraction() const {
  if (snapshot().operations == 0) return 1;
  return std::min(1.0, static_cast<double>(snapshot().finished()) / static_cast<double>(snapshot().operations));
}

std::string render_bar(const Progress& progress, std::size_t width) {
  auto parts = parts_of(progress);
  while (parts.size() > 1 && row_length(parts) > width) drop_least_important(parts);
  std::string row;
  const std::size_t used = row_length(parts) + gap.size();
  if (width >= used + min_bar) {
    row = draw_bar(progress.fraction(), std::min(width - used, max_bar));
  }
  for (const auto& part : parts) {
    if (!row.empty()) row.append(gap);
    row.append(part.text);
  }
  row.resize(std::min(row.size(), width));
  return row;
}

std::string render_plain(const Progress& progress) {
  const Snapshot& snapshot = progress.snapshot();
  std::string line = fmt::format("{} of {} done ({}%), {} now, {} on average", format_count(snapshot.finished()),
                                 format_count(snapshot.operations), percent(progress), format_rate(progress.rate()),
                                 format_rate(progress.mean_rate()));
  for (const auto& trouble : troubles(snapshot)) line.append(", ").append(trouble);
  line.append(", ").append(snapshot.service_down ? std::string(waiting) : time_left(progress));
  return line;
}

}  // namespace koobatch::observe
