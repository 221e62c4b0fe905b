#include "pace/measures.hpp"

#include "pace/ideal.hpp"

#include <algorithm>
#include <cmath>

namespace koobatch::pace_bench {
namespace {

/// The start phase, in seconds.
constexpr double start_time = 3;
/// Without fresh operations, a run ends when this share of it is done: the rest is its tail.
constexpr double tail_from = 0.9;
constexpr double reached = 0.9;
/// The maximum share of a job's operations that may be lost; with more, the job was given up rather than done.
constexpr double most_lost = 0.1;

/// A quota counted in windows is measured over whole windows.
struct Grid {
  double length;
  double phase;

  double up(double time) const { return phase + std::ceil((time - phase) / length - 1e-6) * length; }
  double down(double time) const { return phase + std::floor((time - phase) / length + 1e-6) * length; }
};

Grid grid_of(const Row& row) {
  using Shape = QuotaSpec::Shape;
  const QuotaSpec& quota = row.spec.quota;
  const bool windows = quota.shape == Shape::clock_window || quota.shape == Shape::sliding_window;
  // A counter's windows begin with the first request.
  if (windows || quota.shape == Shape::counter) return {quota.window, quota.phase};
  return {Trace::grain, 0};
}

double end_of_fresh(const Played& client, const Job& job, double end) {
  const double tail = client.trace.accepted_at(tail_from * static_cast<double>(job.operations));
  return std::min(end, std::max(client.progress.last_fresh, tail));
}

struct Span {
  double from, to;
};

/// The time in which all clients had fresh operations to send.
Span working_time(const Row& row, const std::vector<Played>& clients, double end) {
  double from = 0;
  double to = end;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    from = std::max(from, row.jobs[i].start + start_time);
    to = std::min(to, end_of_fresh(clients[i], row.jobs[i], end));
  }
  const Grid grid = grid_of(row);
  return {grid.up(from), grid.down(to)};
}

std::optional<double> utilisation(const Row& row, const Trace& trace, Span span) {
  if (span.to <= span.from) return std::nullopt;
  const double possible = capacity(row, span.from, span.to);
  if (possible < 1) return std::nullopt;
  return static_cast<double>(trace.between(span.from, span.to).accepted) / possible;
}

/// How long after `at` the service is well utilised again, checked every second over two seconds (or windows).
std::optional<double> time_back(const Row& row, const Trace& trace, double at, double end) {
  const Grid grid = grid_of(row);
  const double length = std::max(1.0, std::ceil(grid.length));
  double begin = std::max(at, grid.up(at));
  for (; begin + 2 * length <= end; begin += length) {
    const auto share = utilisation(row, trace, {begin, begin + 2 * length});
    if (share && *share >= reached) return begin - at;
  }
  if (begin == std::max(at, grid.up(at))) return std::nullopt;  // too short to tell
  return end - at;
}

void keep_worst(std::optional<double>& worst, std::optional<double> value) {
  if (value && (!worst || *worst < *value)) worst = value;
}

void measure_changes(const Row& row, const Trace& trace, double end, Measures& out) {
  for (std::size_t i = 0; i < row.changes.size(); ++i) {
    const Change& change = row.changes[i];
    const double until = i + 1 < row.changes.size() ? std::min(end, row.changes[i + 1].at) : end;
    keep_worst(change.up ? out.back_up : out.back_down, time_back(row, trace, change.at, until));
  }
  for (const OutageSpec& outage : row.spec.outages) {
    if (outage.from < end) keep_worst(out.probes, trace.between(outage.from, outage.to).requests);
  }
}

void measure_waste(const Row& row, const Trace& trace, Measures& out) {
  const auto before = trace.between(0, start_time);
  const auto after = trace.between(start_time, 1e6);
  const double a_second = capacity(row, 0, start_time) / start_time;
  if (a_second > 0) out.early = static_cast<double>(before.refused) / a_second;
  if (after.accepted > 0) out.late = static_cast<double>(after.refused) / static_cast<double>(after.accepted);
}

void measure_completion(const Row& row, const std::vector<Played>& clients, Measures& out) {
  const double ideal = ideal_time(row);
  if (std::isinf(ideal)) return;
  double finished = 0;
  double operations = 0;
  for (const Job& job : row.jobs) operations += static_cast<double>(job.operations);
  for (const Played& client : clients) finished = std::max(finished, client.progress.finished.value_or(INFINITY));
  // A job that was given up is not done.
  if (out.lost > most_lost * operations) finished = INFINITY;
  out.completion = finished / ideal;
  out.ideal = ideal;
}

std::optional<double> fairness(const std::vector<Played>& clients, Span span) {
  if (clients.size() < 2 || span.to <= span.from) return std::nullopt;
  double slowest = INFINITY;
  double fastest = 1;
  for (const Played& client : clients) {
    const auto accepted = static_cast<double>(client.trace.between(span.from, span.to).accepted);
    slowest = std::min(slowest, accepted);
    fastest = std::max(fastest, accepted);
  }
  return slowest / fastest;
}

using Figure = std::optional<double> Measures::*;
constexpr Figure figures[] = {&Measures::utilisation, &Measures::completion, &Measures::ideal,
                              &Measures::early,       &Measures::late,       &Measures::back_down,
                              &Measures::back_up,     &Measures::probes,     &Measures::fairness};

double middle(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

}  // namespace

Measures measure(const Row& row, const std::vector<Played>& clients, double end) {
  Trace all;
  Measures out;
  for (const Played& client : clients) {
    all.add(client.trace);
    out.lost += static_cast<double>(client.progress.lost);
  }
  const Span span = working_time(row, clients, end);
  out.utilisation = utilisation(row, all, span);
  out.fairness = fairness(clients, span);
  out.refused = static_cast<double>(all.all().refused);
  out.latency = all.mean_latency();
  measure_completion(row, clients, out);
  measure_waste(row, all, out);
  measure_changes(row, all, grid_of(row).down(span.to), out);
  return out;
}

Misses missed(const Row& row, const Goals& goals, const Measures& measures) {
  const auto above = [](std::optional<double> value, std::optional<double> most) {
    return value && most && *value > *most + 1e-9;
  };
  Misses misses;
  misses.utilisation = goals.utilisation && measures.utilisation && *measures.utilisation < *goals.utilisation;
  if (goals.slack && measures.completion) {
    misses.completion = *measures.completion * *measures.ideal > 1.08 * *measures.ideal + *goals.slack;
  }
  if (goals.waste && measures.early) {
    const double one = 3 / std::max(capacity(row, 0, start_time), 1e-9);
    misses.early = *measures.early > std::max(goals.early, one) + 1e-9;
  }
  misses.late = goals.waste && above(measures.late, goals.late);
  misses.back_down = above(measures.back_down, goals.back_down);
  misses.back_up = above(measures.back_up, goals.back_up);
  misses.probes = above(measures.probes, goals.probes);
  misses.fairness = goals.fairness && measures.fairness && *measures.fairness < *goals.fairness;
  misses.refused = above(measures.refused, goals.refused);
  // By contract, noise ends an operation after a number of attempts.
  misses.lost = row.spec.noise.share == 0 && measures.lost > 0;
  return misses;
}

Measures median(const std::vector<Measures>& of) {
  Measures out;
  for (const Figure figure : figures) {
    std::vector<double> values;
    for (const Measures& one : of) {
      if (one.*figure) values.push_back(*(one.*figure));
    }
    if (values.size() == of.size()) out.*figure = middle(std::move(values));
  }
  for (const auto total : {&Measures::refused, &Measures::lost, &Measures::latency}) {
    std::vector<double> values;
    for (const Measures& one : of) values.push_back(one.*total);
    out.*total = middle(std::move(values));
  }
  return out;
}

}  // namespace koobatch::pace_bench
