#include "pace/figures.hpp"

namespace koobatch::pace_bench {

std::vector<NamedFigure> figures_of(const Measures& it) {
  return {
      {.name = "utilisation", .value = it.utilisation, .more_is_better = true, .margin = 0.03},
      {.name = "completion", .value = it.completion, .margin_share = 0.05, .margin = 0.02},
      {.name = "early", .value = it.early, .margin_share = 0.1, .margin = 0.05},
      {.name = "late", .value = it.late, .margin_share = 0.1, .margin = 0.01},
      {.name = "back_down", .value = it.back_down, .margin_share = 0.1, .margin = 1},
      {.name = "back_up", .value = it.back_up, .margin_share = 0.1, .margin = 1},
      {.name = "probes", .value = it.probes, .margin_share = 0.1, .margin = 5},
      {.name = "fairness", .value = it.fairness, .more_is_better = true, .margin = 0.1},
      {.name = "refused", .value = it.refused, .margin_share = 0.1, .margin = 20},
      {.name = "lost", .value = it.lost, .margin_share = 0.1, .margin = 3},
      {.name = "latency", .value = it.latency, .margin_share = 0.1, .margin = 0.001},
  };
}

}  // namespace koobatch::pace_bench
