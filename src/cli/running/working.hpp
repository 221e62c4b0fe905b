#pragma once
#include "cli/commands/work.hpp"
#include "cli/running/metrics_output.hpp"
#include "koobatch/fleet/ledger.hpp"
#include "koobatch/fleet/shift.hpp"
#include "koobatch/fleet/state_folder.hpp"
#include "koobatch/observe/progress_display.hpp"
#include "koobatch/process/signals.hpp"

#include <memory>
#include <optional>
#include <string>

/// A worker from its start to its end.
namespace koobatch::cli {

/// What a worker has, whichever run it works on.
struct WorkerMeans {
  const WorkSettings& given;
  const Call& call;
  std::string run_id;  ///< the run that was asked for; empty: any
  std::string name;
  std::unique_ptr<fleet::StateFolder> state;
  std::unique_ptr<fleet::Ledger> commits;
  std::unique_ptr<fleet::Ledger> rest;
  process::SignalWatch& signals;
  MetricsOutput& metrics;
};

/// Works on runs until there is nothing more to do, or, if it is to stay, until a signal. Returns the exit status.
int work_on_runs(WorkerMeans means);

}  // namespace koobatch::cli
