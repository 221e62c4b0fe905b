#include "cli/running/captured_run.hpp"

#include "cli/running/operations_file.hpp"
#include "cli/running/repetition.hpp"
#include "cli/running/scratch.hpp"
#include "cli/settings/recorded.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/report/ancestry.hpp"
#include "koobatch/report/reader.hpp"
#include "koobatch/report/run_doubts.hpp"

#include <simdjson.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koobatch::cli {
namespace {

/// Adds the lines of one report. What was read before an operation is followed by its result, unless the process was
/// killed, or stopped while the operation was in flight.
class Collector final : public report::Visitor {
 public:
  Collector(plan::CapturedResults& results, unsigned age) : results_(results), age_(age) {}

  Result<void> on_run(const report::RunRecord&) override {
    kills_.on_run();
    return finish();
  }

  Result<void> on_read(std::string_view text) override {
    simdjson::dom::object object;
    std::uint64_t line = 0;
    if (parser_.parse(text.data(), text.size()).get(object) != simdjson::SUCCESS ||
        object["line"].get(line) != simdjson::SUCCESS) {
      return job_error("this line does not say what was read");
    }
    read_[static_cast<std::uint32_t>(line)] = text;
    return {};
  }

  Result<void> on_result(const report::ResultLine& result) override {
    read_.erase(result.line);
    if (result.status == Status::failed) failed_.insert(result.line);
    return add(result.line, report::status_in_doubt(result), result.text);
  }

  Result<void> on_end(const report::EndRecord& end) override {
    kills_.on_end();
    if (!kills_.follows_kill()) {
      std::erase_if(read_, [&](const auto& read) { return !std::ranges::binary_search(end.unsettled, read.first); });
    }
    return finish();
  }

  /// Adds what was read before operations that may have been applied.
  Result<void> finish() {
    for (const auto& [line, text] : std::exchange(read_, {})) {
      if (auto added = add(line, Status::unknown, text); !added) return added;
    }
    return {};
  }

  report::LineSet& failed() { return failed_; }

 private:
  Result<void> add(std::uint32_t line, Status status, std::string_view text) {
    if (!plan::NetEffect::counts(status)) return {};
    const auto added = results_.add(age_, line, status, text);
    if (!added) return added.error();
    return *added ? Result<void>() : job_error("this line is not JSON");
  }

  plan::CapturedResults& results_;
  const unsigned age_;
  simdjson::dom::parser parser_;
  std::map<std::uint32_t, std::string> read_;  ///< by line; as many as were held at once
  report::LineSet failed_;
  report::KillWatch kills_;
};

/// What the reports of a run, and of those that it repeats, say besides results.
struct Reports {
  report::RunRecord run;  ///< the latest
  report::RunDoubts doubts;
};

Result<Reports> read_reports(const std::filesystem::path& report, plan::CapturedResults& results) {
  Reports reports;
  const auto read_one = [&](const std::filesystem::path& path, unsigned age) -> Result<report::RunRecord> {
    Collector collector(results, age);
    auto scan = report::scan(path, collector);
    if (!scan) return scan.error();
    if (auto finished = collector.finish(); !finished) return finished.error();
    auto run = std::move(scan->segments.back().run);
    reports.doubts.add(std::move(*scan), std::move(collector.failed()));
    if (age == 0) reports.run = run;
    return run;
  };
  if (auto read = report::read_ancestry(report, read_one); !read) return as_invalid(read.error());
  return reports;
}

Result<job::ReaderSettings> reader_of(const report::RunRecord& run) {
  OperationDefaults defaults;
  job::ReaderSettings reader;
  for (const auto& groups : {Groups(reader.reading), Groups(reader.values), Groups(defaults)}) {
    if (auto stored = store_recorded(run.settings, groups); !stored) return stored.error();
  }
  reader.default_user = defaults.user_id;
  reader.default_language = defaults.language;
  reader.format = job::format_named(run.job.format);
  reader.require_user = false;
  reader.catalogue = &built_in_operations(Executor::simulator);
  return reader;
}

Result<void> read_job(const std::filesystem::path& path, const job::ReaderSettings& settings, const Reports& reports,
                      plan::CapturedResults& results, plan::Effects& effects, const plan::OnLoss& on_loss) {
  auto opened = job::open_job(path, settings);
  if (!opened) return opened.error();
  auto& reader = **opened;
  koodrive::Operation operation;
  std::vector<plan::CapturedResult> known;
  for (;;) {
    const auto item = reader.next(operation);
    if (!item) return item.error();
    if (*item == job::Reader::Item::end) break;
    if (*item != job::Reader::Item::operation) continue;
    if (auto taken = results.take(operation.line(), known); !taken) return taken;
    const auto otherwise = reports.doubts.leave(operation.line()) ? Status::unknown : Status::failed;
    const auto added = plan::add_effects(operation, known, otherwise, koodrive::service_resources(), effects, on_loss);
    if (!added) return added;
  }
  return engine::check_same_job(reports.run, path, reader.digest());
}

}  // namespace

Result<bool> is_captured(const report::RunRecord& run) {
  JobTreatment treatment;
  if (auto stored = store_recorded(run.settings, Groups(treatment)); !stored) return stored.error();
  return treatment.capture;
}

Result<CapturedRun> read_captured_run(const std::filesystem::path& report, const report::RunRecord& run,
                                      const MovedFiles& moved, const Origins& origins, const plan::OnLoss& on_loss) {
  const std::filesystem::path job = moved.job.empty() ? std::filesystem::path(run.job.path) : moved.job;
  if (auto there = check_job_is_there(job); !there) return as_invalid(there.error());
  auto reader = reader_of(run);
  if (!reader) return reader.error();
  const auto operations = read_earlier_operations(run, moved.operations, origins, Executor::simulator);
  if (!operations) return operations.error();
  if (*operations) reader->catalogue = (*operations)->catalogue.get();
  const auto folder = temporary_folder();
  if (!folder) return folder.error();
  auto results = plan::CapturedResults::create(*folder);
  if (!results) return results.error();
  auto effects = plan::Effects::create(*folder, koodrive::service_resources());
  if (!effects) return effects.error();
  const auto reports = read_reports(report, **results);
  if (!reports) return reports.error();
  if (auto finished = (*results)->finish(); !finished) return finished.error();
  if (auto read = read_job(job, *reader, *reports, **results, **effects, on_loss); !read) {
    return as_invalid(read.error());
  }
  if (auto finished = (*effects)->finish(); !finished) return finished.error();
  return CapturedRun{reports->run.endpoint, std::move(*effects)};
}

}  // namespace koobatch::cli
