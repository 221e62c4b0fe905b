#include "cli/running/submission.hpp"

#include "cli/running/handover.hpp"
#include "cli/running/ledger_access.hpp"
#include "koobatch/core/host_name.hpp"
#include "koobatch/fleet/collector.hpp"
#include "koobatch/fleet/persistently.hpp"
#include "koobatch/fleet/submitter_records.hpp"
#include "koobatch/report/journal_file.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace koobatch::cli {
namespace {

using namespace std::chrono_literals;

constexpr Duration engine_patience = 60s;

/// Copies the results of a report, and what is needed to find out about them.
class Copy final : public report::Visitor {
 public:
  explicit Copy(report::JournalFile& to) : to_(to) {}

  Result<void> on_result(const report::ResultLine& result) override {
    lines_.append(result.text).push_back('\n');
    return lines_.size() < batch_bytes ? Result<void>() : write_out();
  }
  Result<void> on_worker(const report::WorkerRecord& worker) override {
    report::append_line(lines_, worker);
    return {};
  }
  Result<void> write_out() {
    if (auto appended = to_.append(lines_); !appended) return appended;
    lines_.clear();
    return to_.sync();
  }

 private:
  static constexpr std::size_t batch_bytes = std::size_t{4} << 20;

  report::JournalFile& to_;
  std::string lines_;
};

Result<void> copy_results(const std::filesystem::path& from, report::JournalFile& to) {
  Copy copy(to);
  if (const auto scanned = report::scan(from, copy); !scanned) return scanned.error();
  return copy.write_out();
}

/// A run that is being submitted.
class Submitting {
 public:
  Submitting(const Submission& submission, fleet::Ledger& ledger, const std::function<bool()>& interrupted)
      : submission_(submission),
        ledger_(ledger),
        interrupted_(interrupted),
        patience_(std::make_shared<EnginePatience>(engine_patience, interrupted)) {}

  Result<Submitted> run();

 private:
  Result<void> check_not_submitted();
  Result<void> create_report();
  Result<void> begin();
  Result<Submitted> load();
  Result<void> fetch_records();
  /// Nothing was sent: removes what was begun. Returns the error, with what is left.
  Error withdraw(const Error& cause);
  bool try_again() { return (*patience_)(); }

  const Submission& submission_;
  fleet::Ledger& ledger_;
  const std::function<bool()>& interrupted_;
  std::shared_ptr<EnginePatience> patience_;
  std::unique_ptr<report::JournalFile> file_;
  std::optional<fleet::RunNumber> number_;
  bool finishing_ = false;  ///< workers may have begun
};

Result<void> Submitting::create_report() {
  std::string line;
  report::append_line(line, submission_.record);
  auto created = report::create_report(submission_.settings.report, line);
  if (!created) return created.error();
  file_ = std::move(*created);
  return submission_.before ? copy_results(submission_.before->report, *file_) : Result<void>();
}

/// A second run of what an earlier one has left would send everything twice.
Result<void> Submitting::check_not_submitted() {
  if (!submission_.before) return {};
  const auto& run_id = submission_.about.run_id;
  const auto found = fleet::persistently([&] { return ledger_.find_run(run_id); }, [&] { return try_again(); });
  if (!found) return found.error().error;
  if (!*found) return {};
  return usage_error(fmt::format(
      "{}: what this run has left was submitted before, as run {}; use its report, or make one with 'koobatch collect "
      "--run {} --report FILE'",
      submission_.before->report.string(), run_id, run_id));
}

Result<void> Submitting::begin() {
  const auto number =
      fleet::persistently([&] { return ledger_.begin_run(submission_.about); }, [&] { return try_again(); });
  if (!number) return number.error().error;
  number_ = *number;
  return {};
}

Result<Submitted> Submitting::load() {
  const auto again = [this] { return try_again(); };
  fleet::Loader loader(ledger_, *number_, submission_.about.parts, again);
  fleet::SubmitterRecords records(ledger_, *number_, fmt::format("{}, submission", host_name()), again);
  auto reader = submission_.source.open();
  if (!reader) return reader.error();
  if (auto done = Handover(submission_, loader, records, interrupted_).run(**reader); !done) {
    records.abandon();
    return done.error();
  }
  if (auto finished = records.finish(); !finished) return finished.error().error;
  finishing_ = true;
  if (auto finished = loader.finish(); !finished) {
    finishing_ = fleet::may_succeed_later(finished.error());
    return finished.error().error;
  }
  if (loader.operations() == 0) {
    // No worker has anything to do, so none would mark the run as completed.
    const auto completed = fleet::persistently([&] { return ledger_.complete(*number_); }, again);
    if (!completed) return completed.error().error;
  }
  return Submitted{loader.operations(), records.count()};
}

Result<Submitted> Submitting::run() {
  if (auto first = check_not_submitted(); !first) return first.error();
  if (auto created = create_report(); !created) return file_ ? withdraw(created.error()) : created.error();
  if (auto begun = begin(); !begun) return withdraw(begun.error());
  auto loaded = load();
  if (!loaded) return withdraw(loaded.error());
  if (loaded->recorded == 0) return loaded;
  // From here on workers may be sending, so nothing is a reason to fail any more.
  if (auto fetched = fetch_records(); !fetched) {
    spdlog::warn("{}; the results of what cannot be sent are in the engine, and will be collected with the others",
                 fetched.error().message);
  }
  return loaded;
}

/// Gives the report the results of what cannot be sent, without waiting for workers.
Result<void> Submitting::fetch_records() {
  auto collected = fleet::read_collected(submission_.settings.report);
  if (!collected) return collected.error();
  fleet::Collector collector(ledger_, *number_, std::move(file_), std::move(*collected));
  if (auto round = collector.collect(); !round) return round.error().error;
  return {};
}

Error Submitting::withdraw(const Error& cause) {
  const std::string report = submission_.settings.report.string();
  if (finishing_) {
    return {cause.kind, fmt::format("{}; it is uncertain whether the run can begin: 'koobatch status {}' shows it",
                                    cause.message, report)};
  }
  const auto forgotten = number_ ? ledger_.forget(*number_) : fleet::Answer<void>();
  if (!forgotten) {
    return {cause.kind,
            fmt::format("{}; nothing will be sent. The engine still has what was loaded: 'koobatch forget {}' removes "
                        "it; then remove the report, and submit again",
                        cause.message, report)};
  }
  file_->give_up_name();
  return {cause.kind, cause.message + "; nothing will be sent, and nothing is left of the submission"};
}

}  // namespace

Result<Submitted> submit(const Submission& submission, fleet::Ledger& ledger,
                         const std::function<bool()>& interrupted) {
  return Submitting(submission, ledger, interrupted).run();
}

}  // namespace koobatch::cli
