#pragma once
#include "cli/settings/option.hpp"

#include <span>

namespace koobatch::cli {

/// The options of the groups in shared_settings.hpp. An option of only one command is in that command's file.
std::span<const Option> option_table();

}  // namespace koobatch::cli
