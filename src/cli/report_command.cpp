#include "koobatch/cli/commands.hpp"
#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/output.hpp"
#include "koobatch/cli/repetition.hpp"
#include "koobatch/cli/validation.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/report/summary.hpp"
#include "koobatch/retry/failed_job.hpp"

#include <fmt/format.h>
#include <spdlog/common.h>

namespace koobatch::cli {
namespace {

/// As the run read it; whether an operation has a user, and is known to the service, is for the new job's run to say.
job::ReaderSettings reader_of(const report::RunRecord& run) {
  job::ReaderSettings reader;
  reader.format = job::format_named(run.job.format);
  reader.require_user = false;
  reader.simulated = true;
  return reader;
}

void tell(const std::string& path, const retry::Selection& selection, std::uint64_t remaining) {
  std::string text = fmt::format("{}: {}", path, count_of(selection.lines.size(), "operation"));
  if (selection.lines.size() == 0) text += ", so it was not written";
  text += describe_left_out(selection);
  if (remaining != 0) text += fmt::format("; {} have no result yet and are not in it: resume the run", remaining);
  observe::log::print(spdlog::level::info, text);
}

/// `--failed`. The job of what did not succeed; what was rejected is in it too, because it is made to be mended.
Result<void> write_failed(const Options& options, const std::filesystem::path& report) {
  auto lineage = retry::read_lineage(report, {Status::failed, Status::unknown, Status::rejected});
  if (!lineage) return lineage.error();
  const std::filesystem::path job = options.job.empty() ? lineage->run.job.path : options.job;
  const auto reader = reader_of(lineage->run);
  const auto validation = job::validate(job, reader);
  if (!validation) return validation.error();
  if (auto same = engine::check_same_job(lineage->run, job, validation->digest); !same) return same;
  const auto selection = select_operations(job, reader, std::move(lineage->states));
  if (!selection) return selection.error();
  if (selection->lines.size() != 0) {
    const auto written = retry::write_failed_job(job, reader, validation->digest, *selection, options.failed);
    if (!written) return written;
  }
  tell(options.failed, *selection, lineage->remaining);
  return {};
}

}  // namespace

int report_command(const Invocation& invocation) {
  const std::filesystem::path path = invocation.arguments.front();
  const auto summary = report::summarize(path);
  if (!summary) return fail(summary.error());
  if (!invocation.options.failed.empty()) {
    if (const auto done = write_failed(invocation.options, path); !done) return fail(done.error());
  }
  const auto style = output_style();
  const auto written =
      write_output(invocation.options.json ? report::summary_json(*summary) + "\n"
                                           : report::summary_text(*summary, style.colour, style.width));
  return written ? exit_success : fail(written.error());
}

}  // namespace koobatch::cli
