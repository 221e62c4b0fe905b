#pragma once
#include "pace/measures.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace koobatch::pace_bench {

/// A figure of Measures with its name, as used in JSON and in the recorded file.
struct NamedFigure {
  std::string_view name;
  std::optional<double> value = {};
  bool more_is_better = false;
  /// How much worse still counts as no regression: this share of it, plus `margin`.
  double margin_share = 0, margin = 0;
};
std::vector<NamedFigure> figures_of(const Measures& measures);

}  // namespace koobatch::pace_bench
