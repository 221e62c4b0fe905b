#include "koobatch/cli/commands.hpp"
#include "koobatch/cli/execution.hpp"
#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/output.hpp"
#include "koobatch/cli/repetition.hpp"
#include "koobatch/cli/validation.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/observe/log.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace koobatch::cli {
namespace {

/// "3 operations to repeat, 1 of them without the fields newer ones have set; 2 left out, superseded by newer ones"
std::string describe(const retry::Selection& selection) {
  std::string text = count_of(selection.lines.size(), "operation") + " to repeat";
  if (selection.lines.size() == 0) {
    text = "nothing to repeat";
    if (selection.superseded + selection.uncertain == 0) text += ": no operation is failed or unknown";
  }
  return text + describe_left_out(selection);
}

bool exists(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::symlink_status(path, ignored).type() != std::filesystem::file_type::not_found;
}

}  // namespace

int retry_command(const Invocation& invocation, std::shared_ptr<observe::Console> console) {
  const std::filesystem::path path = invocation.arguments.front();
  auto lineage = read_retryable(path);
  if (!lineage) return fail(lineage.error());
  auto settings = finish_retry(invocation.options, path, lineage->run, exists);
  if (!settings) return fail(settings.error());
  if (auto ok = check_files(*settings); !ok) return fail(ok.error());
  if (auto ok = load_user_tokens(*settings); !ok) return fail(ok.error());
  if (auto ok = check_job_is_there(settings->job); !ok) return fail(ok.error());
  auto validation = job::validate(settings->job, settings->reader);
  if (!validation) return fail(validation.error());
  if (auto same = engine::check_same_job(lineage->run, settings->job, validation->digest); !same) {
    return fail(same.error());
  }
  if (auto selected = select_part(*settings, *validation, std::move(*lineage), path); !selected) {
    return fail(selected.error());
  }
  observe::log::print(spdlog::level::info, fmt::format("{}: {}", path.string(), describe(*settings->selection)));
  if (validation->operations == 0) return exit_success;
  const auto judged =
      judge_tokens(*settings, [&](std::uint32_t line) { return settings->selection->lines.contains(line); });
  if (!judged) return fail(judged.error());
  if (*judged) return **judged;
  return execute(*settings, invocation, std::move(console), [&](const engine::RunSettings& final_settings) {
    return engine::Run::start(final_settings, *validation);
  });
}

}  // namespace koobatch::cli
