#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"

namespace koobatch::cli {

/// Lowers the number of connections to what the limit on open files leaves room for, and says so. An error if that is
/// less than one for each thread.
Result<void> fit_connections(engine::RunSettings& settings);

}  // namespace koobatch::cli
