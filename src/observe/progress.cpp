#include "koobatch/observe/progress.hpp"

#include "koobatch/core/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>
#include <vector>

namespace koobatch::observe {
namespace {

constexpr std::string_view gap = "  ";
constexpr std::size_t min_bar = 12;  // brackets included; a shorter bar is useless
constexpr std::size_t max_bar = 42;

std::string time_left(const Progress& progress) {
  const auto left = progress.time_left();
  return "ETA " + (left ? format_seconds(*left) : "-");
}

/// "12 rejected", "1 unknown", … for each non-zero count.
std::vector<std::string> counts_of(const Snapshot& snapshot) {
  std::vector<std::string> out;
  const auto add = [&](std::uint64_t count, std::string_view name) {
    if (count > 0) out.push_back(fmt::format("{} {}", format_count(count), name));
  };
  for (const auto status : {Status::rejected, Status::failed, Status::unknown, Status::invalid, Status::skipped}) {
    add(snapshot[status], to_string(status));
  }
  add(snapshot.in_flight, "in flight");
  add(snapshot.retries, snapshot.retries == 1 ? "retry" : "retries");
  add(snapshot.throttled, "throttled");
  return out;
}

/// A part of the status row. Parts appear in order; which ones depends on the width.
struct Part {
  std::string text;
  int importance;  ///< parts with lower importance are left out first
};
constexpr int importance_of_bar = 5;

/// The pace and the time left, or what limits the run.
void add_pace(const Progress& progress, std::vector<Part>& parts) {
  const Snapshot& snapshot = progress.snapshot();
  if (!snapshot.stands_still()) {
    parts.push_back({format_rate(progress.rate()), 7});
    parts.push_back({format_rate(progress.mean_rate()) + " mean", -5});
    if (snapshot.operations != 0) parts.push_back({time_left(progress), 6});
  }
  if (auto reason = describe(snapshot); !reason.empty()) parts.push_back({std::move(reason), 8});
}

/// Of a worker, whose part of the run is not known beforehand: "400,000 done".
std::string count_done(const Snapshot& snapshot) {
  return format_count(snapshot.finished()) + " done";
}

/// The first part is the bar at its minimum width, if the number of operations is known.
std::vector<Part> parts_of(const Progress& progress) {
  const Snapshot& snapshot = progress.snapshot();
  std::vector<Part> parts;
  if (snapshot.operations == 0) {
    parts.push_back({count_done(snapshot), 9});
  } else {
    parts.push_back({std::string(min_bar, ' '), importance_of_bar});
    parts.push_back({fmt::format("{:3}%", progress.percent()), 10});
    parts.push_back({fmt::format("{}/{}", format_count(snapshot.finished()), format_count(snapshot.operations)), 9});
  }
  add_pace(progress, parts);
  int importance = importance_of_bar;
  for (auto& count : counts_of(snapshot)) parts.push_back({std::move(count), --importance});
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

double rate_of(std::uint64_t finished, Duration time) {
  return time > Duration::zero() ? static_cast<double>(finished) / seconds(time) : 0;
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

std::string format_seconds(Duration d) {
  const auto s = std::chrono::ceil<std::chrono::seconds>(d);
  return s.count() < 10 ? fmt::format("{}s", s.count()) : format_duration(s);
}

std::string format_elapsed(Duration d) {
  return format_seconds(std::chrono::floor<std::chrono::seconds>(d));
}

std::string describe(const Snapshot& snapshot) {
  const PaceState& pace = snapshot.pace;
  if (snapshot.ending) return "ending";
  if (pace.paused) return "paused";
  if (pace.renewing) return "renewing credentials";
  if (pace.down && pace.down_http == 0) return "service not answering";
  if (pace.down) {
    // A success during an outage came from something other than the service.
    return fmt::format("{} (HTTP {})", pace.down_http < 300 ? "something else answers" : "service failing",
                       pace.down_http);
  }
  if (pace.wait > Duration::zero()) {
    return fmt::format("waiting {} as asked (HTTP {})", format_seconds(pace.wait), pace.wait_http);
  }
  std::string text;
  if (pace.found.limit > 0) {
    text = pace.limit_declared
               ? fmt::format("limited to {}, as the service declares", format_rate(pace.found.limit))
               : fmt::format("throttled to {} by HTTP {}", format_rate(pace.found.limit), pace.limit_http);
  }
  if (pace.found.in_flight > 0)
    text += (text.empty() ? "" : ", ") + koobatch::describe(PaceFindings{.in_flight = pace.found.in_flight});
  return text;
}

/// Accounts for elapsed time by the state of the run when it began.
void Progress::pass(Duration time) {
  if (last_.stands_still()) return;
  (last_.pace.wait > Duration::zero() ? waiting_ : working_) += time;
}

void Progress::update(const Snapshot& snapshot, TimePoint now) {
  if (recent_.empty()) {
    started_ = at_ = now;
    finished_first_ = snapshot.finished();
  }
  pass(now - at_);
  // Another limit means another pace: samples under the old one do not predict it.
  if (snapshot.pace.rate != last_.pace.rate) estimate_.clear();
  if (snapshot.pace.wait <= Duration::zero()) waited_ += std::exchange(waiting_, {});
  last_ = snapshot;
  at_ = now;
  const Sample sample{now, snapshot.finished(), working_, waited_};
  recent_.push_back(sample);
  while (recent_.size() > 2 && recent_[1].at <= now - window) recent_.pop_front();
  if (estimate_.size() > 1 && estimate_.back().working == working_) estimate_.pop_back();
  estimate_.push_back(sample);
  while (estimate_.size() > 2 && estimate_[1].working <= working_ - estimate_window) estimate_.pop_front();
}

double Progress::rate() const {
  return recent_.empty() ? 0 : rate_of(last_.finished() - recent_.front().finished, at_ - recent_.front().at);
}

double Progress::mean_rate() const {
  return rate_of(last_.finished() - finished_first_, elapsed());
}

/// The recent pace, waits included, capped at the present limit.
double Progress::estimated_rate() const {
  const Sample& from = estimate_.front();
  const double seen = rate_of(last_.finished() - from.finished, working_ - from.working + waited_ - from.waited);
  double rate = seen;
  for (const double limit : {last_.pace.rate, last_.pace.found.limit}) {
    if (limit > 0) rate = std::min(rate, limit);
  }
  return rate;
}

std::optional<Duration> Progress::time_left() const {
  constexpr double too_long = 100.0 * 24 * 3600;  // slower than this is no estimate, and would not fit a Duration
  // A benchmark may have no number of operations: it ends by time.
  if (last_.operations == 0 || estimate_.empty() || last_.stands_still()) return std::nullopt;
  const auto left = static_cast<double>(last_.remaining());
  const double pace = estimated_rate();
  if (pace <= 0 || left / pace > too_long) return std::nullopt;
  return last_.pace.wait + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(left / pace));
}

double Progress::fraction() const {
  if (last_.operations == 0) return 1;
  return std::min(1.0, static_cast<double>(last_.finished()) / static_cast<double>(last_.operations));
}

std::string render_bar(const Progress& progress, std::size_t width) {
  auto parts = parts_of(progress);
  while (parts.size() > 1 && row_length(parts) > width) drop_least_important(parts);
  if (Part& bar = parts.front(); bar.importance == importance_of_bar) {
    bar.text = draw_bar(progress.fraction(), std::min(max_bar, min_bar + width - row_length(parts)));
  }
  std::string row;
  for (const auto& part : parts) {
    if (!row.empty()) row.append(gap);
    row.append(part.text);
  }
  row.resize(std::min(row.size(), width));
  return row;
}

std::string render_plain(const Progress& progress) {
  const Snapshot& snapshot = progress.snapshot();
  std::string line = snapshot.operations == 0 ? count_done(snapshot)
                                              : fmt::format("{} of {} done ({}%)", format_count(snapshot.finished()),
                                                            format_count(snapshot.operations), progress.percent());
  line += fmt::format(", {} now, {} on average", format_rate(progress.rate()), format_rate(progress.mean_rate()));
  for (const auto& count : counts_of(snapshot)) line.append(", ").append(count);
  if (const auto reason = describe(snapshot); !reason.empty()) line.append(", ").append(reason);
  if (!snapshot.stands_still() && snapshot.operations != 0) line.append(", ").append(time_left(progress));
  return line;
}

}  // namespace koobatch::observe
