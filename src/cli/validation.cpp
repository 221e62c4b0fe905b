#include "koobatch/cli/validation.hpp"

#include "koobatch/core/units.hpp"
#include "koobatch/observe/log.hpp"

#include <fmt/format.h>

namespace koobatch::cli {

std::string count_of(std::uint64_t n, std::string_view noun) {
  return fmt::format("{} {}{}", format_count(n), noun, n == 1 ? "" : "s");
}

std::string describe_violations(const std::filesystem::path& job, const job::Validation& validation) {
  std::string text = fmt::format("{}: {} in {} of {}", job.string(), count_of(validation.violations, "error"),
                                 format_count(validation.invalid), count_of(validation.operations, "operation"));
  if (validation.violations > validation.first_errors.size()) {
    text += fmt::format(" (the first {} are listed)", validation.first_errors.size());
  }
  return text;
}

void print_violations(const std::filesystem::path& job, const job::Validation& validation,
                      spdlog::level::level_enum level) {
  for (const auto& error : validation.first_errors) observe::log::print(level, error);
  observe::log::print(level, describe_violations(job, validation));
}

}  // namespace koobatch::cli
