#pragma once
#include "cli/commands/command.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/report/record.hpp"

namespace koobatch::cli {

/// A usage error if that run only read, to verify another one or to export: there is nothing in it to be sent again.
Result<void> check_sends(const report::RunRecord& recorded);

/// Checks that the settings of a command that runs all or part of an earlier run's job are consistent, and completes
/// them with what the report records of the job, but not with the report to write. All errors are usage errors.
Result<engine::RunSettings> prepare_again(const Running& running, const JobPlace& place, const Call& call,
                                          const report::RunRecord& recorded);

}  // namespace koobatch::cli
