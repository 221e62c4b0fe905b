#include "koobatch/cli/repetition.hpp"

#include "koobatch/cli/validation.hpp"
#include "koobatch/report/journal_file.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace koobatch::cli {

Result<void> check_job_is_there(const std::filesystem::path& job) {
  std::error_code error;
  if (std::filesystem::exists(job, error) || error) return {};
  return usage_error(
      fmt::format("{}: the job is not there any more; say where it lies now with --job FILE", job.string()));
}

Result<retry::Selection> select_operations(const std::filesystem::path& job, const job::ReaderSettings& reader,
                                           retry::LineStates states) {
  auto opened = job::open_job(job, reader);
  if (!opened) return opened.error();
  return retry::select(**opened, std::move(states));
}

std::string describe_left_out(const retry::Selection& selection) {
  std::string text;
  if (!selection.narrowed.empty()) {
    text += fmt::format(", {} of them without the fields newer ones have set", selection.narrowed.size());
  }
  if (selection.superseded != 0) text += fmt::format("; {} left out, superseded by newer ones", selection.superseded);
  if (selection.uncertain != 0) {
    text += fmt::format("; {} left out, unknown and not to be applied twice: look whether they were applied",
                        selection.uncertain);
  }
  return text;
}

Result<retry::Lineage> read_retryable(const std::filesystem::path& path) {
  auto lineage = retry::read_lineage(path, {Status::failed, Status::unknown});
  if (!lineage || lineage->finished) return lineage;
  return usage_error(fmt::format("{}: this run is not finished ({} to go), and nothing is retried before; first '{}'",
                                 path.string(), count_of(lineage->remaining, "operation"),
                                 report::resume_command(path.string())));
}

Result<void> select_part(engine::RunSettings& settings, job::Validation& validation, retry::Lineage lineage,
                         const std::filesystem::path& path) {
  auto selection = select_operations(settings.job, settings.reader, std::move(lineage.states));
  if (!selection) return selection.error();
  settings.parent = {lineage.run.run_id, std::filesystem::absolute(path).lexically_normal().string(),
                     selection->superseded};
  validation.operations = selection->lines.size();
  settings.selection = std::make_shared<const retry::Selection>(std::move(*selection));
  return {};
}

Result<void> select_again(engine::RunSettings& settings, job::Validation& validation,
                          const report::RunRecord& recorded) {
  if (!recorded.parent) return {};
  const auto& parent = *recorded.parent;
  auto lineage = read_retryable(parent.report);
  if (!lineage) {
    return usage_error(lineage.error().message + " (it is the report that was retried, and says what to repeat)");
  }
  const bool same_run = lineage->run.run_id == parent.run_id;
  if (auto selected = select_part(settings, validation, std::move(*lineage), parent.report); !selected) {
    return selected;
  }
  if (same_run && validation.operations == recorded.job.operations) return {};
  return usage_error(fmt::format("{}: is not as it was when run {} of it was retried; restore it from a copy",
                                 parent.report, parent.run_id));
}

}  // namespace koobatch::cli
