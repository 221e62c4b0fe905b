#include "koobatch/cli/commands.hpp"
#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/output.hpp"
#include "koobatch/cli/repetition.hpp"
#include "koobatch/cli/validation.hpp"
#include "koobatch/core/new_file.hpp"
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
#include <utility>
#include <vector>

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

/// "1 invalid operation is", "70 invalid operations are"
std::string are(std::uint64_t number, std::string_view noun) {
  return count_of(number, noun) + (number == 1 ? " is" : " are");
}

void tell(const Options& options, const retry::Selection& selection, const retry::Lineage& lineage,
          const std::filesystem::path& job) {
  std::string text = fmt::format("{}: {}", options.failed, count_of(selection.lines.size(), "operation"));
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

/// `--failed`. The job of what did not succeed; what was rejected is in it too, because it is made to be mended.
Result<void> write_failed(const Options& options, const std::filesystem::path& report) {
  auto lineage = retry::read_lineage(report, {Status::failed, Status::unknown, Status::rejected});
  if (!lineage) return lineage.error();
  const std::filesystem::path job = options.job.empty() ? lineage->run.job.path : options.job;
  if (auto there = check_job_is_there(job); !there) return there;
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
  tell(options, *selection, *lineage, job);
  return {};
}

constexpr mode_t readable_by_all = 0644;  // like the report itself

/// The files made of a report's records, all in the one pass that the summary takes too.
class Exports {
 public:
  explicit Exports(const Options& options) : options_(options) {}

  /// Before the report is read, so that a name that is taken costs no time.
  Result<void> open() {
    if (!options_.csv.empty()) {
      auto csv = report::CsvExport::create(options_.csv);
      if (!csv) return csv.error();
      visitors_.push_back(&csv_.emplace(std::move(*csv)));
    }
    if (options_.html.empty()) return {};
    auto page = NewFile::create(options_.html, readable_by_all);
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
      tell_written(options_.csv, count_of(csv_->rows(), "result"));
    }
    if (!page_) return {};
    if (auto written = page_->write(report::page_html(summary, *details_)); !written) return written;
    if (auto written = page_->finish(); !written) return written;
    tell_written(options_.html, "the report as a page, to be opened in a browser");
    return {};
  }

 private:
  static void tell_written(const std::string& path, std::string_view what) {
    observe::log::print(spdlog::level::info, fmt::format("{}: {}", path, what));
  }

  const Options& options_;
  std::optional<report::CsvExport> csv_;
  std::optional<NewFile> page_;
  std::optional<report::Details> details_;
  std::vector<report::RecordVisitor*> visitors_;
};

bool is_same_path(const std::string& a, const std::string& b) {
  return !b.empty() &&
         std::filesystem::absolute(a).lexically_normal() == std::filesystem::absolute(b).lexically_normal();
}

/// Two files of one name: the first would be written before the second is refused.
Result<void> check_files_differ(const Options& options) {
  const std::array<std::pair<std::string_view, const std::string*>, 3> files = {
      {{"csv", &options.csv}, {"html", &options.html}, {"failed", &options.failed}}};
  for (std::size_t i = 0; i < files.size(); ++i) {
    for (std::size_t j = i + 1; j < files.size(); ++j) {
      if (files[i].second->empty() || !is_same_path(*files[i].second, *files[j].second)) continue;
      return usage_error(fmt::format("{} and {} name the same file, {}", options.origin(files[i].first),
                                     options.origin(files[j].first), *files[i].second));
    }
  }
  return {};
}

}  // namespace

int report_command(const Invocation& invocation) {
  const std::filesystem::path path = invocation.arguments.front();
  if (const auto ok = check_files_differ(invocation.options); !ok) return fail(ok.error());
  Exports exports(invocation.options);
  if (const auto opened = exports.open(); !opened) return fail(opened.error());
  const auto summary = exports.read(path);
  if (!summary) return fail(summary.error());
  if (const auto finished = exports.finish(*summary); !finished) return fail(finished.error());
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
