#pragma once
#include "pace/measures.hpp"
#include "pace/row.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::pace_bench {

/// The clients that a row compares ours with.
constexpr std::array rivals{Player::backoff, Player::aimd, Player::cubic};
std::string_view name_of(Player player);

/// The result of playing a row: medians over its seeds.
struct Score {
  Row row = {};
  Measures ours = {};
  Misses misses = {};                               ///< of the row's goals
  Misses avoidable = {};                            ///< of what its bound leaves of them; without one, the same
  std::array<Measures, rivals.size()> theirs = {};  ///< in the order of `rivals`; empty if they did not play
  bool below_best = false;  ///< one of them had clearly more requests accepted, or was done clearly earlier
  std::string name() const { return row.family + "/" + row.name; }
};

/// Plays `row` with `seeds` consecutive seeds, the first being `seed`.
Score play_all(const Row& row, std::uint64_t seed, unsigned seeds, bool with_rivals);

/// For people to read: a line per row, with `!` after each missed goal, and a summary per family.
std::string table_of(const std::vector<Score>& scores, bool with_rivals);
/// For programs: an array of objects.
std::string json_of(const std::vector<Score>& scores, bool with_rivals);

}  // namespace koobatch::pace_bench
