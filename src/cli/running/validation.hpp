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
/// count_violations() with " (the first 20 are listed)", to which `more` adds how to see the others.
std::string describe_violations(const std::filesystem::path& job, const job::Validation& validation,
                                std::string_view more = {});

/// Prints the first errors of an invalid job to standard error, then their number.
void print_violations(const std::filesystem::path& job, const job::Validation& validation,
                      spdlog::level::level_enum level, std::string_view more = {});

/// Prints what the errors may be due to, if anything is known of it.
void print_hint(const std::filesystem::path& job, const job::Validation& validation, spdlog::level::level_enum level);

/// Prints, once, what of the job was not read as it stands there. Does nothing if all was.
void print_notes(const std::filesystem::path& job, const job::Validation& validation);

/// With a token for each user: a check that finds operations whose user has none. Otherwise none.
job::FurtherCheck token_check(const engine::RunSettings& settings);

/// Performs token_check() for a run that is resumed or repeats a part: prints the operations on the lines `wanted`.
/// Returns an exit status if the command ends there.
Result<std::optional<int>> judge_tokens(const engine::RunSettings& settings,
                                        const std::function<bool(std::uint32_t)>& wanted);

}  // namespace koobatch::cli
