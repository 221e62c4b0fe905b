#include "pace/play.hpp"

#include "pace/ideal.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>

namespace koobatch::pace_bench {
namespace {

/// Chooses when the clock windows begin, which no client can know.
void set_phase(Row& row, std::uint64_t seed) {
  if (row.spec.quota.shape != QuotaSpec::Shape::clock_window || !row.any_phase) return;
  std::mt19937_64 random(seed);
  const auto steps = static_cast<int>(std::round(row.spec.quota.window / Trace::grain));
  row.spec.quota.phase = std::uniform_int_distribution<int>(0, steps - 1)(random) * Trace::grain;
}

bool done(const std::vector<std::unique_ptr<Contestant>>& contestants) {
  return std::all_of(contestants.begin(), contestants.end(),
                     [](const auto& one) { return one->progress().finished.has_value(); });
}

}  // namespace

Measures play(Row row, Player player, std::uint64_t seed) {
  set_phase(row, seed);
  if (row.patience == 0) row.patience = 3 * ideal_time(row) + 30;
  Timeline timeline;
  Service service(row.spec, seed);
  std::vector<Played> clients(row.jobs.size());
  std::vector<std::unique_ptr<Contestant>> contestants;
  for (std::size_t i = 0; i < row.jobs.size(); ++i) {
    const Door door{timeline, service, clients[i].trace, row.spec.declaration.form};
    contestants.push_back(make_contestant(player, door, row.jobs[i], seed * 1000 + i));
  }
  const TimePoint end = origin + from_seconds(row.patience);
  while (!done(contestants) && timeline.advance(end)) {
  }
  for (std::size_t i = 0; i < row.jobs.size(); ++i) clients[i].progress = contestants[i]->progress();
  return measure(row, clients, done(contestants) ? since_origin(timeline.now()) : row.patience);
}

}  // namespace koobatch::pace_bench
