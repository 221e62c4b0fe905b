#include "cli/running/repetition.hpp"

#include "cli/running/execution.hpp"
#include "cli/running/job_files.hpp"
#include "cli/running/operations_file.hpp"
#include "cli/running/resumed.hpp"
#include "cli/running/validation.hpp"
#include "koobatch/core/spelling.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/retry/provenance.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

namespace koobatch::cli {

Error as_invalid(Error error) {
  if (error.kind == ErrorKind::usage) error.kind = ErrorKind::job;
  return error;
}

Result<void> check_job_is_there(const std::filesystem::path& job) {
  std::error_code error;
  if (std::filesystem::exists(job, error) || error) return {};
  return usage_error(fmt::format("{}: the job is no longer there; say where it is now with --job FILE", job.string()));
}

Result<retry::Selection> select_operations(const std::filesystem::path& job, const job::ReaderSettings& reader,
                                           retry::LineStates states) {
  auto opened = job::open_job(job, reader);
  if (!opened) return opened.error();
  return retry::select(**opened, std::move(states));
}

namespace {

/// "line 7", "lines 7 to 912"
std::string lines_text(std::uint32_t first, std::uint32_t last) {
  return first == last ? fmt::format("line {}", first) : fmt::format("lines {} to {}", first, last);
}

Error contradicted(const std::filesystem::path& report, const std::filesystem::path& job,
                   const retry::Contradiction& found) {
  return usage_error(fmt::format(
      "{}: {} for operations that {} does not have, first on line {}: the report has '{}', the job has {}; an earlier "
      "segment sent from a file that had been changed ({}). Nothing was sent now. Check what that changed, then run "
      "the whole job again with 'koobatch run' and another report",
      report.string(), found.results == 1 ? "1 result is" : format_count(found.results) + " results are", job.string(),
      found.line, harmless(found.recorded),
      found.in_job.empty() ? std::string("no operation there") : fmt::format("'{}'", harmless(found.in_job)),
      lines_text(found.line, found.last_line)));
}

void warn_of_doubt(const std::filesystem::path& report, const std::filesystem::path& job, const retry::Doubt& doubt) {
  const std::string_view reason =
      doubt.reason == retry::Doubt::Reason::job_changed
          ? "found only afterwards that the job had been changed while it was sent"
          : "ended before the job was compared with what had been validated, and its file was written to, "
            "moved or replaced since then";
  spdlog::warn(
      "{}: segment {}, of an earlier version of koobatch, {}: its {} ({}) may be of operations that {} never had. "
      "Check "
      "what they changed, or run the whole job again with 'koobatch run'",
      report.string(), doubt.segment, reason, count_of(doubt.results, "result"),
      lines_text(doubt.line, doubt.last_line), job.string());
}

}  // namespace

Result<void> check_provenance(const std::filesystem::path& report, bool verified, const std::filesystem::path& job,
                              const job::ReaderSettings& reader) {
  if (verified) return {};
  const auto provenance = retry::examine(report, job, reader);
  if (!provenance) return provenance.error();
  if (provenance->contradiction) return contradicted(report, job, *provenance->contradiction);
  for (const auto& doubt : provenance->doubts) warn_of_doubt(report, job, doubt);
  return {};
}

Result<job::Validation> reopen_job(engine::RunSettings& settings, const std::filesystem::path& path,
                                   const report::RunRecord& recorded, bool verified, const Origins& origins) {
  if (auto ok = check_files(settings); !ok) return ok.error();
  if (auto ok = load_user_tokens(settings); !ok) return ok.error();
  if (auto ok = load_earlier_operations(settings, recorded, origins); !ok) return ok.error();
  if (auto ok = check_job_is_there(settings.job); !ok) return ok.error();
  auto validation = job::validate(settings.job, settings.reader);
  if (!validation) return validation.error();
  settings.reader.expected = validation->fingerprint;
  if (auto same = engine::check_same_job(recorded, settings.job, validation->digest); !same) return same.error();
  if (auto ok = check_provenance(path, verified, settings.job, settings.reader); !ok) return ok.error();
  return validation;
}

std::string describe_left_out(const retry::Selection& selection) {
  std::string text;
  if (!selection.narrowed.empty()) {
    text += fmt::format(", {} of them without the fields newer ones have set", selection.narrowed.size());
  }
  if (selection.superseded != 0) text += fmt::format("; {} left out, superseded by newer ones", selection.superseded);
  if (const auto& lines = selection.superseded_in_part; !lines.empty()) {
    constexpr std::size_t named = 10;
    const auto first = std::span(lines).first(std::min(lines.size(), named));
    text += fmt::format(
        ", {} of them only in part: what else line{} {}{} would set is not set; set it with an operation of its own",
        lines.size(), lines.size() == 1 ? "" : "s", fmt::join(first, ", "), lines.size() > named ? ", …" : "");
  }
  if (selection.uncertain != 0) {
    text += fmt::format("; {} left out, unknown and not to be applied twice: check whether they were applied",
                        selection.uncertain);
  }
  return text;
}

Result<retry::Lineage> read_retryable(const std::filesystem::path& path) {
  auto lineage = retry::read_lineage(path, {Status::failed, Status::unknown});
  if (!lineage) return lineage;
  if (auto ok = check_sends(lineage->run); !ok) return ok.error();
  if (lineage->finished) return lineage;
  const NextStep step = {.command = CommandName::resume, .report = path.string()};
  return with_next_step(usage_error(fmt::format("{}: this run is not finished ({} to go); before retrying, run '{}'",
                                                path.string(), count_of(lineage->remaining, "operation"), spell(step))),
                        step);
}

Result<void> select_part(engine::RunSettings& settings, retry::Lineage lineage, const std::filesystem::path& path) {
  auto selection = select_operations(settings.job, settings.reader, std::move(lineage.states));
  if (!selection) return selection.error();
  restrict_to(settings, std::move(*selection), lineage.run, path);
  return {};
}

void restrict_to(engine::RunSettings& settings, retry::Selection selection, const report::RunRecord& recorded,
                 const std::filesystem::path& path) {
  settings.parent = {recorded.run_id, std::filesystem::absolute(path).lexically_normal().string(),
                     selection.superseded};
  settings.selection = std::make_shared<const retry::Selection>(std::move(selection));
}

Result<void> select_again(engine::RunSettings& settings, const report::RunRecord& recorded) {
  if (!recorded.parent) return {};
  const auto& parent = *recorded.parent;
  auto lineage = read_retryable(parent.report);
  if (!lineage) {
    return usage_error(lineage.error().message + " (it is the report that was retried, and says what to repeat)");
  }
  const bool same_run = lineage->run.run_id == parent.run_id;
  if (auto selected = select_part(settings, std::move(*lineage), parent.report); !selected) return selected;
  if (same_run && settings.selection->lines.size() == recorded.job.operations) return {};
  return usage_error(fmt::format("{}: has changed since run {} of it was retried; restore it from a copy",
                                 parent.report, parent.run_id));
}

}  // namespace koobatch::cli
