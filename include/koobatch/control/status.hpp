#pragma once
#include "koobatch/control/protocol.hpp"
#include "koobatch/core/pace_state.hpp"
#include "koobatch/observe/progress.hpp"
#include "koobatch/report/record.hpp"
#include "koobatch/report/summary.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

/// How a run stands, in words and as JSON. All that came from outside is harmless to a terminal.
namespace koobatch::control {

/// A run that goes on.
struct LiveRun {
  const std::string& report;  ///< its path
  const report::RunRecord& run;
  const observe::Progress& progress;
  pid_t process;
};

/// Lines, the first of which names the report.
std::vector<std::string> status_lines(const LiveRun& live);
std::string status_json(const LiveRun& live);

/// The same of a run that nobody could be asked about. `locked`: a process is at work on it nevertheless.
std::vector<std::string> status_lines(const report::Summary& summary, bool locked);
std::string status_json(const report::Summary& summary, bool locked);

/// What a request came to: "at most 200/s from now on, before 500/s". One sentence for each change.
std::vector<std::string> describe(const Request& request, const PaceState& before);
/// "at most 200/s, throttled to 120/s by HTTP 429"
std::string in_force(const observe::Snapshot& snapshot);

}  // namespace koobatch::control
