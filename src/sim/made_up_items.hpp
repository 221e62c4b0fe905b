#pragma once
#include "koobatch/sim/item_settings.hpp"
#include "sim/items.hpp"

#include <cstdint>

namespace koobatch::sim {

/// Adds made-up items.
void make_up_items(const MadeUpItems& settings, std::uint64_t seed, Items& items);

}  // namespace koobatch::sim
