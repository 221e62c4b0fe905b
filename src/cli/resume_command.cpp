#include "koobatch/cli/commands.hpp"
#include "koobatch/cli/execution.hpp"
#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/output.hpp"
#include "koobatch/cli/repetition.hpp"
#include "koobatch/cli/validation.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/job/validator.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/report/summary.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace koobatch::cli {
namespace {

bool is_finished(const report::Scan& scan) {
  return scan.ended() && scan.counts.remaining == 0;
}

int tell_finished(const std::filesystem::path& path) {
  observe::log::print(spdlog::level::info,
                      fmt::format("{}: every operation has its result already; nothing to go on with", path.string()));
  auto summary = report::summarize(path);
  return summary ? print_result({std::move(*summary), std::nullopt, {}}, 0) : fail(summary.error());
}

/// A service may have moved. If it is another one, somebody should notice.
void tell_moved(const report::Scan& scan, const engine::RunSettings& settings) {
  if (settings.simulated) return;
  const std::string url = settings.endpoint.url();
  const auto& before = scan.segments.back().run.endpoint;
  if (before == url) return;
  spdlog::warn("--endpoint: the run went to {} before; it goes on with {}, where nothing of before is done again",
               before, url);
}

}  // namespace

int resume_command(const Invocation& invocation, std::shared_ptr<observe::Console> console) {
  const std::filesystem::path path = invocation.arguments.front();
  auto earlier = engine::read_earlier(path);
  if (!earlier) return fail(earlier.error());
  if (is_finished(earlier->scan)) return tell_finished(path);
  const report::RunRecord& recorded = earlier->scan.segments.front().run;
  auto settings = finish_resume(invocation.options, path, recorded);
  if (!settings) return fail(settings.error());
  if (auto ok = check_files(*settings); !ok) return fail(ok.error());
  if (auto ok = load_user_tokens(*settings); !ok) return fail(ok.error());
  if (auto ok = check_job_is_there(settings->job); !ok) return fail(ok.error());
  auto validation = job::validate(settings->job, settings->reader);
  if (!validation) return fail(validation.error());
  if (auto same = engine::check_same_job(recorded, settings->job, validation->digest); !same) return fail(same.error());
  if (auto selected = select_again(*settings, *validation, recorded); !selected) return fail(selected.error());
  const auto judged = judge_tokens(*settings, [&](std::uint32_t line) {
    return !earlier->scan.done.contains(line) && (!settings->selection || settings->selection->lines.contains(line));
  });
  if (!judged) return fail(judged.error());
  if (*judged) return **judged;
  if (earlier->scan.torn()) {
    spdlog::warn("{}: the last {} bytes are torn, as a crash leaves them; their operations run again", path.string(),
                 earlier->scan.bytes - earlier->scan.valid_bytes);
  }
  tell_moved(earlier->scan, *settings);
  return execute(*settings, invocation, std::move(console), [&](const engine::RunSettings& final_settings) {
    return engine::Run::resume(final_settings, *validation, std::move(*earlier));
  });
}

}  // namespace koobatch::cli
