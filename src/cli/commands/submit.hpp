#pragma once
#include "cli/commands/command.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/fleet/ledger.hpp"

#include <filesystem>
#include <string>
#include <tuple>

namespace koobatch::cli {

/// The settings of `submit`.
struct SubmitSettings {
  Presentation presentation;
  LedgerOptions ledger;
  OperationDefaults defaults;
  JobFormat format;
  OperationsOption operations;
  job::Reading reading;
  job::ValueTreatment values;
  Retries retries;
  RunPace pace;
  std::string endpoint;
  double rate_per_user = 0;
  bool skip_invalid = false;
  std::string report;             ///< FILE or DIR/; empty: a name derived from the job's, or the earlier report's
  std::filesystem::path retry;    ///< the report of a run of which what failed is repeated; empty: none
  std::filesystem::path after;    ///< the report of a run that has ended before all was done; empty: none
  bool machines_are_off = false;  ///< no worker of that run can send any more
  Duration lease = fleet::RunDescription().lease;
  Duration hold = fleet::RunDescription().hold;

  auto parts() { return std::tie(presentation, ledger, defaults, format, operations, reading, values, retries, pace); }
};

/// Checks that the settings of `submit` are consistent, and turns them into those of a run of the whole job, as far as
/// a submission needs them: credentials and connections are the workers'. All errors are usage errors.
Result<engine::RunSettings> prepare_submit(const SubmitSettings& given, const Call& call, WallTime now);

}  // namespace koobatch::cli
