#pragma once
#include "koobatch/cli/layers.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/observe/log.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace koobatch::cli {

/// How to tell of a command line that cannot be understood: as it seems to want it. Flag, variable and configuration
/// file say so, each as far as it can be made out; `read` gives the file's text and may be empty: then no file is read.
observe::log::Format log_format_wanted(const std::vector<std::string>& arguments, const Environment& environment,
                                       const std::function<Result<std::string>(const std::filesystem::path&)>& read);

}  // namespace koobatch::cli
