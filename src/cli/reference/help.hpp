#pragma once
#include "cli/commands/command.hpp"

#include <string>

namespace koobatch::cli {

/// The part of a command's help after its options: other sources of settings, exit statuses, examples.
std::string help_footer(const Command& command);

/// CLI11's help with its blank lines corrected.
std::string tidied(std::string help);

}  // namespace koobatch::cli
