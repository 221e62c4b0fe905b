#include "pace/score.hpp"

#include "pace/play.hpp"

#include <algorithm>
#include <cmath>

namespace koobatch::pace_bench {
namespace {

Measures play_seeds(const Row& row, Player player, std::uint64_t seed, unsigned seeds) {
  std::vector<Measures> played;
  for (unsigned i = 0; i < seeds; ++i) played.push_back(play(row, player, seed + i));
  return median(played);
}

/// A smaller difference is due to the luck of a seed, or to where a window ends.
bool is_below(const Row& row, const Measures& ours, const Measures& theirs) {
  const bool compared = row.goals.utilisation && ours.utilisation && theirs.utilisation;
  if (compared && *ours.utilisation < std::min(1.0, *theirs.utilisation) - 0.02) return true;
  if (!ours.completion || !theirs.completion || std::isinf(*theirs.completion)) return false;
  return *ours.completion > *theirs.completion * 1.05 + 0.5 / *ours.ideal;
}

}  // namespace

std::string_view name_of(Player player) {
  switch (player) {
    case Player::koobatch:
      return "koobatch";
    case Player::backoff:
      return "backoff";
    case Player::aimd:
      return "aimd";
    case Player::cubic:
      return "cubic";
  }
  return {};
}

Score play_all(const Row& row, std::uint64_t seed, unsigned seeds, bool with_rivals) {
  Score score{.row = row, .ours = play_seeds(row, Player::koobatch, seed, seeds)};
  score.misses = missed(row, row.goals, score.ours);
  score.avoidable = row.bound ? missed(row, row.bound->goals, score.ours) : score.misses;
  if (!with_rivals) return score;
  for (std::size_t i = 0; i < rivals.size(); ++i) {
    score.theirs[i] = play_seeds(row, rivals[i], seed, seeds);
    score.below_best |= is_below(row, score.ours, score.theirs[i]);
  }
  return score;
}

}  // namespace koobatch::pace_bench
