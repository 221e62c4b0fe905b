#pragma once
#include "pace/contestant.hpp"
#include "pace/row.hpp"
#include "pace/trace.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace koobatch::pace_bench {

/// How well a row's clients did. Figures that are meaningless for a row are empty.
struct Measures {
  std::optional<double> utilisation;  ///< accepted relative to possible, from second 3 to the last fresh operation
  std::optional<double> completion;   ///< time relative to the ideal; infinite: not done in time, or given up
  std::optional<double> ideal;        ///< the ideal time, in seconds
  std::optional<double> early;        ///< refused in the first 3 s, relative to what is accepted in a second
  std::optional<double> late;         ///< refused relative to accepted after that
  std::optional<double> back_down;    ///< seconds until utilisation was 0.9 again, the worst case
  std::optional<double> back_up;
  std::optional<double> probes;    ///< the highest number of requests in an outage
  std::optional<double> fairness;  ///< accepted by the slowest client relative to the fastest
  double refused = 0;              ///< refused requests, in total
  double lost = 0;                 ///< operations without success
  double latency = 0;              ///< mean latency of accepted requests, in seconds
};

/// What one client of a row did.
struct Played {
  Trace trace;
  Progress progress;
};

/// `end`: the end of the observation, in seconds since the run began.
Measures measure(const Row& row, const std::vector<Played>& clients, double end);

/// For each column with a goal, whether the goal is missed.
struct Misses {
  bool utilisation = false, completion = false, early = false, late = false, back_down = false, back_up = false,
       probes = false, fairness = false, refused = false, lost = false;
  bool any() const {
    return utilisation || completion || early || late || back_down || back_up || probes || fairness || refused || lost;
  }
};
/// `goals`: the row's, or those of its bound.
Misses missed(const Row& row, const Goals& goals, const Measures& measures);

/// The median of each figure; empty if any of its values is.
Measures median(const std::vector<Measures>& of);

}  // namespace koobatch::pace_bench
