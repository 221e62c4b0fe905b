#include "cli/running/resumed.hpp"

#include "cli/running/run_settings.hpp"
#include "koobatch/core/spelling.hpp"
#include "koobatch/report/wording.hpp"

#include <fmt/format.h>

#include <utility>

namespace koobatch::cli {
namespace {

/// Unlike other sources of the token, a command is not recorded in the report.
Result<void> check_command_given_again(const Running& running, const engine::RunSettings& settings,
                                       const report::RunRecord& recorded) {
  if (running.sending.target.simulate || settings.credentials.any() || settings.app.any()) return {};
  if (!recorded.engine.empty()) {
    return usage_error(
        "the run's workers had the credentials, which the report does not know: give --token-file FILE, "
        "or another source of the token");
  }
  return usage_error(
      "--token-command is missing: the run was started with one, which is not recorded because it may contain secrets; "
      "give it again, or another source of the token");
}

}  // namespace

Result<void> check_sends(const report::RunRecord& recorded) {
  const auto step = report::continuation(recorded, {});
  if (step.command == CommandName::resume || step.command == CommandName::collect) return {};
  const auto text =
      step.command == CommandName::export_
          ? fmt::format("this is the journal of an export; continue it with the '{}' that began it", spell(step))
          : fmt::format("this run only read what another one had changed; '{}' does so again", spell(step));
  return with_next_step(usage_error(text), step);
}

Result<engine::RunSettings> prepare_again(const Running& running, const JobPlace& place, const Call& call,
                                          const report::RunRecord& recorded) {
  if (auto ok = check_sends(recorded); !ok) return ok.error();
  const auto format = job::format_named(recorded.job.format);
  if (running.format.format && *running.format.format != format) {
    return usage_error(fmt::format("{} {}: the run was started with {}; another format is another job",
                                   call.origins["format"], to_string(*running.format.format), recorded.job.format));
  }
  auto settings = to_run_settings(running);
  if (auto ok = check_command_given_again(running, settings, recorded); !ok) return ok.error();
  if (auto ok = check_schedule(running.schedule, call.origins); !ok) return ok.error();
  settings.job = place.job.empty() ? std::filesystem::path(recorded.job.path) : place.job;
  settings.reader.format = format;
  settings.plan = recorded.plan;
  return complete(std::move(settings), running.sending, call);
}

}  // namespace koobatch::cli
