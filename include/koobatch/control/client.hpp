#pragma once
#include "koobatch/control/protocol.hpp"
#include "koobatch/core/error.hpp"

#include <filesystem>
#include <optional>

namespace koobatch::control {

/// Asks the run that writes `report`. Nothing if none listens. An error if it refused, or did not answer in time.
Result<std::optional<Reply>> ask(const std::filesystem::path& report, const Request& request);

}  // namespace koobatch::control
