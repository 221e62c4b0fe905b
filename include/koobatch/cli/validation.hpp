#pragma once
#include "koobatch/job/validator.hpp"

#include <spdlog/common.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace koobatch::cli {

/// "1 operation", "1,000 operations"
std::string count_of(std::uint64_t n, std::string_view noun);

/// "jobs/a.ndjson: 57 errors in 31 of 1,000 operations (the first 20 are listed)"
std::string describe_violations(const std::filesystem::path& job, const job::Validation& validation);

/// Prints the first errors of an invalid job to standard error, then what they come to.
void print_violations(const std::filesystem::path& job, const job::Validation& validation,
                      spdlog::level::level_enum level);

}  // namespace koobatch::cli
