#include "cli/running/ledger_access.hpp"

#include "cli/settings/recorded.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/postgres/open.hpp"
#include "koobatch/report/reader.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <thread>
#include <utility>

namespace koobatch::cli {
namespace {

using namespace std::chrono_literals;

/// How long one answer of the engine may take.
constexpr Duration answer_patience = 10s;
constexpr auto pause_between_tries = 1s;

/// Where the run's engine is: as flags say, or else the report.
Result<LedgerOptions> options_for(const report::RunRecord& record, const LedgerOptions& given) {
  LedgerOptions options = given;
  LedgerOptions recorded;
  if (auto stored = store_recorded(record.settings, Groups(recorded)); !stored) return stored.error();
  if (options.engine.empty()) options.engine = record.engine;
  if (options.passfile.empty()) options.passfile = recorded.passfile;
  if (!options.copies) options.copies = recorded.copies;
  return options;
}

/// Why the engine does not have the run of a report: nobody who has all of its results should remove the report.
Error missing_run(const std::filesystem::path& report, const std::string& run_id) {
  const auto scan = report::scan(report);
  if (scan && scan->ended()) {
    return usage_error(fmt::format("{}: the run has ended, and the engine has forgotten it", report.string()));
  }
  return usage_error(
      fmt::format("the engine has no run {}: it was forgotten, or its submission never began; if nothing was ever "
                  "submitted, remove the report and submit again",
                  run_id));
}

}  // namespace

Result<std::unique_ptr<fleet::Ledger>> open_ledger(const LedgerOptions& options) {
  if (options.engine.empty()) {
    return usage_error("the engine is missing: give --engine postgresql://USER@HOST/DATABASE");
  }
  auto ledger =
      postgres::open({.url = options.engine, .passfile = options.passfile.string(), .set_up = "koobatch engine init"});
  if (!ledger) return ledger.error();
  (*ledger)->set_patience(answer_patience);
  return ledger;
}

Result<std::unique_ptr<fleet::Ledger>> open_checked_ledger(const LedgerOptions& options) {
  auto ledger = open_ledger(options);
  if (!ledger) return ledger;
  const auto properties = (*ledger)->check(options.copies);
  if (!properties) return properties.error().error;
  observe::log::print(spdlog::level::debug, fmt::format("engine: {}, {}", properties->server, describe(*properties)));
  if (!properties->why_not_safe.empty()) {
    spdlog::warn("engine: acknowledged results might be lost: {}", properties->why_not_safe);
  }
  return ledger;
}

std::string describe(const fleet::LedgerProperties& properties) {
  auto text = fmt::format("{} {} of each result", properties.copies, properties.copies == 1 ? "copy" : "copies");
  if (!properties.why_not_safe.empty()) text += fmt::format(" ({})", properties.why_not_safe);
  return text;
}

EnginePatience::EnginePatience(Duration patience, std::function<bool()> interrupted)
    : patience_(patience), interrupted_(std::move(interrupted)) {}

bool EnginePatience::operator()() {
  if (interrupted_ && interrupted_()) return false;
  const TimePoint now = Steady::now();
  // It has answered since, or this would have been called before.
  if (last_try_ == TimePoint::min() || now - last_try_ > 2 * answer_patience) silent_since_ = now;
  last_try_ = now;
  if (now - silent_since_ > patience_) return false;
  std::this_thread::sleep_for(pause_between_tries);
  return true;
}

Result<bool> is_of_fleet(const std::filesystem::path& report) {
  const auto record = read_run_line(report);
  if (!record) return record.error();
  return !record->engine.empty();
}

Result<FleetRun> open_fleet_run(const std::filesystem::path& report, const LedgerOptions& given) {
  auto record = read_run_line(report);
  if (!record) return record.error();
  if (record->engine.empty()) {
    return usage_error(report.native() + ": this run belongs to one process, not to an engine");
  }
  const auto options = options_for(*record, given);
  if (!options) return options.error();
  auto ledger = open_ledger(*options);
  if (!ledger) return ledger.error();
  const auto number = (*ledger)->find_run(record->run_id);
  if (!number) return number.error().error;
  if (!*number) return missing_run(report, record->run_id);
  return FleetRun{report, std::move(*record), std::move(*ledger), **number, options->copies};
}

Result<fleet::RunNumber> find_fleet_run(fleet::Ledger& ledger, const std::string& run_id) {
  const auto number = ledger.find_run(run_id);
  if (!number) return number.error().error;
  if (*number) return **number;
  return usage_error(fmt::format("the engine has no run {}: it was forgotten, or was submitted elsewhere", run_id));
}

}  // namespace koobatch::cli
