#pragma once
#include "koobatch/core/error.hpp"
#include "sim/items.hpp"
#include "sim/state.hpp"

#include <filesystem>

namespace koobatch::sim {

/// Adds the items of a file, one JSON object a line, with the members that the service shows, and `type`, `user_id` and
/// `joined`. Lines that a dump has for other keys are added to `others`. The file may be compressed, and is read once,
/// so that it may be a pipe. An error (usage) names file and line.
Result<void> load_items(const std::filesystem::path& path, Items& items, State& others);

}  // namespace koobatch::sim
