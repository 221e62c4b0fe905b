#include "cli/running/validation.hpp"

#include "cli/exit_status.hpp"
#include "koobatch/job/tokens_file.hpp"
#include "koobatch/observe/log.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koobatch::cli {

std::string count_violations(const std::filesystem::path& job, const job::Validation& validation) {
  if (validation.invalid == 0) {
    return fmt::format("{}: {} in {}", job.string(), count_of(validation.violations, "error"),
                       count_of(validation.operations, "operation"));
  }
  return fmt::format("{}: {} in {} of {}", job.string(), count_of(validation.violations, "error"),
                     format_count(validation.invalid), count_of(validation.operations, "operation"));
}

std::string describe_violations(const std::filesystem::path& job, const job::Validation& validation,
                                std::string_view more) {
  std::string text = count_violations(job, validation);
  if (validation.violations > validation.first_errors.size()) {
    text += fmt::format(" (the first {} are listed{})", validation.first_errors.size(), more);
  }
  return text;
}

void print_violations(const std::filesystem::path& job, const job::Validation& validation,
                      spdlog::level::level_enum level, std::string_view more) {
  for (const auto& error : validation.first_errors) observe::log::print(level, error);
  observe::log::print(level, describe_violations(job, validation, more));
  print_hint(job, validation, level);
}

void print_hint(const std::filesystem::path& job, const job::Validation& validation, spdlog::level::level_enum level) {
  if (!validation.hint.empty()) observe::log::print(level, fmt::format("{}: {}", job.string(), validation.hint));
}

void print_notes(const std::filesystem::path& job, const job::Validation& validation) {
  if (validation.notes.empty()) return;
  observe::log::print(spdlog::level::info,
                      fmt::format("{}: read as {}", job.string(), fmt::join(validation.notes, ", ")));
}

job::FurtherCheck token_check(const engine::RunSettings& settings) {
  if (!settings.user_tokens) return {};
  return
      [tokens = settings.user_tokens](const job::Reader& reader) { return job::find_missing_token(reader, *tokens); };
}

Result<std::optional<int>> judge_tokens(const engine::RunSettings& settings,
                                        const std::function<bool(std::uint32_t)>& wanted) {
  if (!settings.user_tokens) return std::optional<int>();
  std::uint64_t missing = 0;
  const auto validation = job::validate(settings.job, settings.reader, [&](const job::Reader& reader) {
    auto violation = wanted(reader.line()) ? job::find_missing_token(reader, *settings.user_tokens) : std::nullopt;
    missing += violation.has_value();
    return violation;
  });
  if (!validation) return validation.error();
  if (missing == 0) return std::optional<int>();
  print_violations(settings.job, *validation, settings.skip_invalid ? spdlog::level::warn : spdlog::level::err);
  if (settings.skip_invalid) return std::optional<int>();
  observe::log::print(spdlog::level::err,
                      "koobatch: nothing was sent; every user who has something left to send needs a token");
  return std::optional<int>(exit_job_invalid);
}

}  // namespace koobatch::cli
