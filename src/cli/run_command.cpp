#include "koobatch/cli/commands.hpp"
#include "koobatch/cli/dry_run.hpp"
#include "koobatch/cli/execution.hpp"
#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/output.hpp"
#include "koobatch/cli/validation.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/job/validator.hpp"
#include "koobatch/observe/log.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <optional>

namespace koobatch::cli {
namespace {

/// Prints what validation found. An exit status if that is the end of it.
std::optional<int> judge(const engine::RunSettings& settings, const job::Validation& validation) {
  if (validation.cut_short && settings.skip_invalid) {
    print_violations(settings.job, validation, spdlog::level::err);
    observe::log::print(spdlog::level::err,
                        "koobatch: nothing was sent; --skip-invalid cannot tell which operations the last error hides");
    return exit_job_invalid;
  }
  if (validation.invalid > 0 && !settings.skip_invalid) {
    print_violations(settings.job, validation, spdlog::level::err);
    observe::log::print(spdlog::level::err,
                        "koobatch: nothing was sent; correct the job, or run the rest with --skip-invalid");
    return exit_job_invalid;
  }
  if (validation.invalid > 0) print_violations(settings.job, validation, spdlog::level::warn);
  if (validation.operations > 0) return std::nullopt;
  observe::log::print(spdlog::level::info,
                      fmt::format("{}: no operations in it, so there is nothing to do", settings.job.string()));
  return exit_success;
}

int print_requests(const engine::RunSettings& settings) {
  const auto printed = dry_run(settings);
  if (!printed) return fail(printed.error());
  observe::log::print(spdlog::level::info, fmt::format("dry run: {}, nothing was sent", count_of(*printed, "request")));
  return exit_success;
}

}  // namespace

int run_command(const Invocation& invocation, std::shared_ptr<observe::Console> console) {
  const auto settings = finish_run(invocation.options, invocation.arguments.front(), WallClock::now());
  if (!settings) return fail(settings.error());
  if (auto ok = check_files(*settings); !ok) return fail(ok.error());
  if (settings->tls.insecure) spdlog::warn("--insecure: the service's certificate is not checked");
  const auto validation = job::validate(settings->job, settings->reader);
  if (!validation) return fail(validation.error());
  if (const auto status = judge(*settings, *validation)) return *status;
  if (invocation.options.dry_run) return print_requests(*settings);
  return execute(*settings, invocation, std::move(console), [&](const engine::RunSettings& final_settings) {
    return engine::Run::start(final_settings, *validation);
  });
}

}  // namespace koobatch::cli
