#pragma once
#include "cli/commands/command.hpp"
#include "cli/settings/setting.hpp"

#include <vector>

namespace koobatch::cli {

/// Resolves options that express the same choice: drops the settings that a more direct source has overruled and those
/// that have no effect then, and adds what the command implies.
void settle_choices(const Command& command, std::vector<Setting>& settings);

}  // namespace koobatch::cli
