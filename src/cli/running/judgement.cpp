#include "cli/running/judgement.hpp"

#include "cli/exit_status.hpp"
#include "cli/running/oddities.hpp"
#include "cli/running/validation.hpp"
#include "koobatch/observe/log.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <string_view>

namespace koobatch::cli {
namespace {

constexpr std::string_view all_listed = "; 'koobatch validate -v' lists all";

std::filesystem::path name_of_job(const engine::RunSettings& settings) {
  return settings.reader.name.empty() ? settings.job : std::filesystem::path(settings.reader.name);
}

}  // namespace

std::optional<int> judge(const engine::RunSettings& settings, const job::Validation& validation) {
  const auto name = name_of_job(settings);
  print_notes(name, validation);
  print_oddities(name, validation);
  const auto refuse = [&](std::string_view why) {
    print_violations(name, validation, spdlog::level::err, all_listed);
    observe::log::print(spdlog::level::err, fmt::format("koobatch: nothing was sent; {}", why));
    return exit_job_invalid;
  };
  if (validation.wrong_as_a_whole) return refuse("correct the job: its first error is about the job as a whole");
  if (validation.cut_short && settings.skip_invalid) {
    return refuse("--skip-invalid cannot tell which operations a quote out of place hides");
  }
  if (validation.invalid > 0 && !settings.skip_invalid) {
    return refuse("correct the job, or run the rest with --skip-invalid");
  }
  if (validation.invalid > 0) print_violations(name, validation, spdlog::level::warn, all_listed);
  return validation.operations > 0 ? std::nullopt : std::optional<int>(exit_success);
}

}  // namespace koobatch::cli
