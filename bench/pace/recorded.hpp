#pragma once
#include "pace/score.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace koobatch::pace_bench {

/// Our figures for each row, one line per row, for later comparison.
std::string recorded(const std::vector<Score>& scores);

/// A line for each figure that is worse than in `record` by more than its margin, and for each row that is not recorded
/// or no longer exists. If `all` is false, rows of the record that were not played are ignored.
std::vector<std::string> find_regressions(const std::vector<Score>& scores, std::string_view record, bool all);

}  // namespace koobatch::pace_bench
