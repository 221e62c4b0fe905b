#pragma once
#include "koobatch/job/validator.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace koobatch::cli {

/// What is odd about a job, and what was changed in it as asked for: a line for each kind, with its number and the
/// first lines of the job that have it. `job`: what messages call it.
std::vector<std::string> describe_oddities(const std::filesystem::path& job, const job::Validation& validation);

/// Prints those lines to standard error.
void print_oddities(const std::filesystem::path& job, const job::Validation& validation);

}  // namespace koobatch::cli
