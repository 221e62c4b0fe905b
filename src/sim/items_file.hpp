#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/sim/item_settings.hpp"
#include "sim/items.hpp"

#include <cstdint>
#include <filesystem>

namespace koobatch::sim {

/// Adds the items of a file, one JSON object a line, with the members that the service shows, and `type`, `user_id` and
/// `joined`. An error (usage) names file and line.
Result<void> load_items(const std::filesystem::path& path, Items& items);

/// Adds items that are made up.
void make_up_items(const MadeUpItems& settings, std::uint64_t seed, Items& items);

}  // namespace koobatch::sim
