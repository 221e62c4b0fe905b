#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"

namespace koobatch::cli {

/// Lowers the number of connections to what the limit on open files leaves room for, and says so. An error if that is
/// less than one for each thread.
Result<void> fit_connections(engine::RunSettings& settings);

/// Are there descriptors enough for a socket at which the run can be asked? Before it starts.
bool has_room_to_be_asked();

}  // namespace koobatch::cli
