#include "cli/commands/command.hpp"
#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "cli/running/operations_file.hpp"
#include "cli/running/repetition.hpp"
#include "cli/running/resumed.hpp"
#include "cli/running/validation.hpp"
#include "cli/settings/recorded.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/new_file.hpp"
#include "koobatch/core/spelling.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/report/csv_export.hpp"
#include "koobatch/report/details.hpp"
#include "koobatch/report/journal_file.hpp"
#include "koobatch/report/page.hpp"
#include "koobatch/report/record_scan.hpp"
#include "koobatch/report/summary.hpp"
#include "koobatch/retry/failed_job.hpp"

#include <fmt/format.h>
#include <spdlog/common.h>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace koobatch::cli {
namespace {

struct Settings {
  Presentation presentation;
  JsonOutput output;
  JobPlace place;
  OperationsOption operations;
  std::filesystem::path failed;  ///< each of these files is optional; empty: not written
  std::filesystem::path csv;
  std::filesystem::path html;

  auto parts() { return std::tie(presentation, output, place, operations); }
};

/// The reader settings of that run. Whether an operation has a user and is known to the service is checked when the new
/// job is run.
Result<job::ReaderSettings> reader_of(const report::RunRecord& run) {
  job::ReaderSettings reader;
  if (auto stored = store_recorded(run.settings, Groups(reader.reading)); !stored) return stored.error();
  if (auto stored = store_recorded(run.settings, Groups(reader.values)); !stored) return stored.error();
  reader.format = job::format_named(run.job.format);
  reader.require_user = false;
  reader.catalogue = &built_in_operations(Executor::simulator);
  return reader;
}

/// "1 invalid operation is", "70 invalid operations are"
std::string are(std::uint64_t number, std::string_view noun) {
  return count_of(number, noun) + (number == 1 ? " is" : " are");
}

void print_selection(const Settings& given, const retry::Selection& selection, const retry::Lineage& lineage,
                     const std::filesystem::path& job) {
  std::string text = fmt::format("{}: {}", given.failed.string(), count_of(selection.lines.size(), "operation"));
  if (selection.lines.size() == 0) text += ", so it was not written";
  text += describe_left_out(selection);
  if (lineage.invalid != 0) {
    text += fmt::format("; {} not in it: correct them in {}", are(lineage.invalid, "invalid operation"), job.string());
  }
  if (lineage.remaining != 0) {
    text += fmt::format("; {} have no result yet and are not in it: resume the run", lineage.remaining);
  }
  observe::log::print(spdlog::level::info, text);
}

/// Outside of their plan, operations would overwrite what others have changed since.
Result<void> check_exportable(const std::filesystem::path& report, const report::RunRecord& run) {
  if (auto ok = check_sends(run); !ok) return ok;
  if (job::format_named(run.job.format) != job::Format::plan) return {};
  const NextStep step = {.command = CommandName::retry, .report = report.string()};
  return with_next_step(
      usage_error(fmt::format("{}: {} was a plan, whose operations belong together; repeat what failed with '{}', or "
                              "make the plan anew",
                              spell(SettingName::failed), run.job.path, spell(step))),
      step);
}

/// Handles `--failed`: writes the job of what did not succeed. Rejected operations are included, because the job is
/// meant to be corrected.
Result<void> write_failed(const Settings& given, const std::filesystem::path& report, const Origins& origins) {
  auto lineage = retry::read_lineage(report, {Status::failed, Status::unknown, Status::rejected});
  if (!lineage) return lineage.error();
  if (auto ok = check_exportable(report, lineage->run); !ok) return ok;
  const std::filesystem::path job =
      given.place.job.empty() ? std::filesystem::path(lineage->run.job.path) : given.place.job;
  if (auto there = check_job_is_there(job); !there) return there;
  auto reader = reader_of(lineage->run);
  if (!reader) return reader.error();
  const auto operations =
      read_earlier_operations(lineage->run, given.operations.operations, origins, Executor::simulator);
  if (!operations) return operations.error();
  if (*operations) reader->catalogue = (*operations)->catalogue.get();
  const auto validation = job::validate(job, *reader);
  if (!validation) return validation.error();
  if (auto same = engine::check_same_job(lineage->run, job, validation->digest); !same) return same;
  reader->expected = validation->fingerprint;
  if (auto ok = check_provenance(report, lineage->verified, job, *reader); !ok) return ok;
  const auto selection = select_operations(job, *reader, std::move(lineage->states));
  if (!selection) return selection.error();
  if (selection->lines.size() != 0) {
    const auto written = retry::write_failed_job(job, *reader, *selection, given.failed);
    if (!written) return written;
  }
  print_selection(given, *selection, *lineage, job);
  return {};
}

constexpr mode_t readable_by_all = 0644;  // like the report itself

/// The files exported from a report's records, in the same pass as the summary.
class Exports {
 public:
  explicit Exports(const Settings& given) : given_(given) {}

  /// Called before the report is read, so that a name that exists already is reported at once.
  Result<void> open() {
    if (!given_.csv.empty()) {
      auto csv = report::CsvExport::create(given_.csv);
      if (!csv) return csv.error();
      visitors_.push_back(&csv_.emplace(std::move(*csv)));
    }
    if (given_.html.empty()) return {};
    auto page = NewFile::create(given_.html, readable_by_all);
    if (!page) return page.error();
    page_.emplace(std::move(*page));
    visitors_.push_back(&details_.emplace());
    return {};
  }

  Result<report::Summary> read(const std::filesystem::path& path) {
    report::SummaryBuilder builder;
    visitors_.push_back(&builder);
    const auto scanned = report::scan_records(path, visitors_);
    visitors_.pop_back();
    if (!scanned) return scanned.error();
    auto summary = builder.build(path.native());
    summary.running = summary.outcome == report::Outcome::unfinished && report::is_locked(path);
    return summary;
  }

  Result<void> finish(const report::Summary& summary) {
    if (csv_) {
      if (auto written = csv_->finish(); !written) return written;
      print_written(given_.csv, count_of(csv_->rows(), "result"));
    }
    if (!page_) return {};
    if (auto written = page_->write(report::page_html(summary, *details_)); !written) return written;
    if (auto written = page_->finish(); !written) return written;
    print_written(given_.html, "the report as a page, to be opened in a browser");
    return {};
  }

 private:
  static void print_written(const std::filesystem::path& path, std::string_view what) {
    observe::log::print(spdlog::level::info, fmt::format("{}: {}", path.string(), what));
  }

  const Settings& given_;
  std::optional<report::CsvExport> csv_;
  std::optional<NewFile> page_;
  std::optional<report::Details> details_;
  std::vector<report::RecordVisitor*> visitors_;
};

bool is_same_path(const std::filesystem::path& a, const std::filesystem::path& b) {
  return !b.empty() &&
         std::filesystem::absolute(a).lexically_normal() == std::filesystem::absolute(b).lexically_normal();
}

/// Two files must not share a name: the first would be written before the second is refused.
Result<void> check_files_differ(const Settings& given, const Origins& origins) {
  const std::array<std::pair<std::string_view, const std::filesystem::path*>, 3> files = {
      {{"csv", &given.csv}, {"html", &given.html}, {"failed", &given.failed}}};
  for (std::size_t i = 0; i < files.size(); ++i) {
    for (std::size_t j = i + 1; j < files.size(); ++j) {
      if (files[i].second->empty() || !is_same_path(*files[i].second, *files[j].second)) continue;
      return usage_error(fmt::format("{} and {} name the same file, {}", origins[files[i].first],
                                     origins[files[j].first], files[i].second->string()));
    }
  }
  return {};
}

int run(const Settings& given, const Call& call) {
  const std::filesystem::path path = call.arguments.front();
  if (const auto ok = check_files_differ(given, call.origins); !ok) return fail(ok.error());
  Exports exports(given);
  if (const auto opened = exports.open(); !opened) return fail(opened.error());
  const auto summary = exports.read(path);
  if (!summary) return fail(summary.error());
  if (const auto finished = exports.finish(*summary); !finished) return fail(finished.error());
  if (!given.failed.empty()) {
    if (const auto done = write_failed(given, path, call.origins); !done) return fail(done.error());
  }
  const auto style = output_style();
  const auto written = write_output(given.output.json ? report::summary_json(*summary) + "\n"
                                                      : report::summary_text(*summary, style.colour, style.width));
  return written ? exit_success : fail(written.error());
}

}  // namespace

const Command& report_command() {
  static const Command command = {
      .name = "report",
      .summary = "Summarise the report of a run, or make a job of what did not succeed",
      .group = command_group::looks_back,
      .arguments = {{.name = "REPORT", .help = "The report of a run", .is_path = true}},
      .examples = {"koobatch report rename.report.ndjson --json",
                   "koobatch report rename.report.ndjson --failed corrected.ndjson"},
      .own_options = {{.name = "failed",
                       .heading = heading::job,
                       .help = "New job with what did not succeed, without what later operations have set",
                       .store = into(&Settings::failed, new_file())},
                      {.name = "html",
                       .heading = heading::output,
                       .help = "New page with charts, self-contained",
                       .store = into(&Settings::html, new_file())},
                      {.name = "csv",
                       .heading = heading::output,
                       .help = "New CSV file with a row for each result",
                       .store = into(&Settings::csv, new_file())}},
      .statuses = {exits::done, exits::usage, exits::fatal},
      .begin = task<Settings, run>};
  return command;
}

}  // namespace koobatch::cli
