#pragma once
#include "koobatch/control/protocol.hpp"
#include "koobatch/control/socket_file.hpp"
#include "koobatch/core/error.hpp"

#include <filesystem>
#include <variant>

namespace koobatch::control {

/// Sends a request to the run that writes `report`. An error if the run refused it, or did not answer in time.
Result<std::variant<Reply, Silence>> ask(const std::filesystem::path& report, const Request& request);

}  // namespace koobatch::control
