#pragma once
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/fleet/ledger.hpp"
#include "koobatch/report/record.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

/// Shared by the commands that use an engine.
namespace koobatch::cli {

/// Opens the ledger of the engine. A usage error if none is named, or if the URL cannot be used.
Result<std::unique_ptr<fleet::Ledger>> open_ledger(const LedgerOptions& options);

/// Opens the ledger and checks what a run relies on; prints what it is, and a warning if results that it has
/// acknowledged might be lost.
Result<std::unique_ptr<fleet::Ledger>> open_checked_ledger(const LedgerOptions& options);

/// "2 copies of each result", with the reason if they are not enough.
std::string describe(const fleet::LedgerProperties& properties);

/// Waits a second before a request to the engine is repeated. Returns false once the engine has been silent for
/// `patience`, or if `interrupted` says so.
class EnginePatience {
 public:
  explicit EnginePatience(Duration patience, std::function<bool()> interrupted = {});
  bool operator()();

 private:
  Duration patience_;
  std::function<bool()> interrupted_;
  TimePoint silent_since_ = TimePoint::min();
  TimePoint last_try_ = TimePoint::min();
};

/// A run on many machines, found by its report.
struct FleetRun {
  std::filesystem::path report;
  report::RunRecord record;
  std::unique_ptr<fleet::Ledger> ledger;
  fleet::RunNumber number = 0;
  std::optional<unsigned> copies{};  ///< LedgerOptions::copies
};

/// Whether the run that this report is about belongs to an engine. Errors are those of read_run_line().
Result<bool> is_of_fleet(const std::filesystem::path& report);

/// Finds the run in the engine that the report names, unless `given` names another. A usage error if the
/// report's run does not belong to an engine, or the engine does not have it.
Result<FleetRun> open_fleet_run(const std::filesystem::path& report, const LedgerOptions& given);

/// Finds a run by its identifier in the engine.
Result<fleet::RunNumber> find_fleet_run(fleet::Ledger& ledger, const std::string& run_id);

}  // namespace koobatch::cli
