#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/job/validator.hpp"

#include <spdlog/common.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace koobatch::cli {

/// "jobs/a.ndjson: 57 errors in 31 of 1,000 operations"
std::string count_violations(const std::filesystem::path& job, const job::Validation& validation);
/// The same with " (the first 20 are listed)", where `more` may tell how to see the others.
std::string describe_violations(const std::filesystem::path& job, const job::Validation& validation,
                                std::string_view more = {});

/// Prints the first errors of an invalid job to standard error, then what they come to.
void print_violations(const std::filesystem::path& job, const job::Validation& validation,
                      spdlog::level::level_enum level, std::string_view more = {});

/// Of a run each of whose users has a token of its own: finds the operations whose user has none. Otherwise nothing.
job::FurtherCheck token_check(const engine::RunSettings& settings);

/// The same for a run that goes on, or repeats a part: prints those on the lines `wanted`. An exit status if that is
/// the end of it.
Result<std::optional<int>> judge_tokens(const engine::RunSettings& settings,
                                        const std::function<bool(std::uint32_t)>& wanted);

}  // namespace koobatch::cli
