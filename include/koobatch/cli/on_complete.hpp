#pragma once
#include "koobatch/cli/options.hpp"
#include "koobatch/report/summary.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::cli {

/// A run whose report is closed.
struct Completed {
  const report::Summary& summary;
  int exit_status;
};

/// The environment of the command of --on-complete: `ours`, with what it is to know of the run, and without the token
/// (`token_env` names its variable).
std::vector<std::string> completion_environment(const Completed& run, std::span<const char* const> ours,
                                                std::string_view token_env);

/// Whether the variable tells such a command about the run.
bool is_completion_variable(std::string_view name);
/// One that only such a command has.
constexpr std::string_view completion_mark = "KOOBATCH_OUTCOME";

/// Runs the command of --on-complete, if there is one, for its time at the longest; a signal ends it. What becomes of
/// it is no error of the run: it is warned of.
void run_on_complete(const Options& options, const Completed& run);

}  // namespace koobatch::cli
