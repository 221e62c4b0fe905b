#pragma once
#include "cli/commands/command.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/sim/simulator.hpp"

/// Turns groups of settings into the settings of a run, and checks that they are consistent.
namespace koobatch::cli {

/// The settings of a run as the groups give them, unchecked and incomplete: job, report, endpoint and proxy are
/// missing.
engine::RunSettings to_run_settings(const Sending& sending);
engine::RunSettings to_run_settings(const Running& running);

/// Checks that the settings are consistent, and completes them with endpoint, proxy and what follows from those. With
/// --simulate the endpoint stays empty: it is known once the embedded service runs. All errors are usage errors.
/// `sends_nothing`: for a dry run, which needs no credentials.
Result<engine::RunSettings> complete(engine::RunSettings run, const Sending& sending, const Call& call,
                                     bool sends_nothing = false);

/// Checks the settings of a schedule.
Result<void> check_schedule(const Schedule& schedule, const Origins& origins);

/// Checks that an app and its secret's file are given together, or neither.
Result<void> check_app_complete(const auth::AppSettings& app, const Origins& origins);

sim::SimulatorSettings simulator_settings(const EmbeddedService& service);

}  // namespace koobatch::cli
