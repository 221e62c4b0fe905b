#pragma once
#include "cli/settings/option.hpp"

#include <vector>

// Parts of the option table that are long enough for files of their own.

namespace koobatch::cli {

/// How the embedded service behaves.
std::vector<Option> embedded_options();
/// Where the engine is through which many machines work on one run.
std::vector<Option> ledger_options();
/// What is printed and kept besides the report.
std::vector<Option> output_options();

}  // namespace koobatch::cli
