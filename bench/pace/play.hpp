#pragma once
#include "pace/measures.hpp"
#include "pace/row.hpp"

#include <cstdint>

namespace koobatch::pace_bench {

/// Lets `player` do a row's jobs once. Equal arguments give equal results.
Measures play(Row row, Player player, std::uint64_t seed);

}  // namespace koobatch::pace_bench
