#pragma once
#include "cli/settings/setting.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/observe/log.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace koobatch::cli {

/// The format in which to report that a command line cannot be parsed: the one it seems to ask for. Flag, variable and
/// configuration file are read as far as they can be parsed; `read` returns the file's text, and may be empty: then no
/// file is read.
observe::log::Format log_format_wanted(const std::vector<std::string>& arguments, const Environment& environment,
                                       const std::function<Result<std::string>(const std::filesystem::path&)>& read);

}  // namespace koobatch::cli
