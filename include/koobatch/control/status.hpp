#pragma once
#include "koobatch/control/protocol.hpp"
#include "koobatch/core/pace_state.hpp"
#include "koobatch/observe/progress.hpp"
#include "koobatch/report/record.hpp"
#include "koobatch/report/summary.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

/// The state of a run, in words and as JSON. Foreign text in it is harmless to a terminal.
namespace koobatch::control {

/// A run in progress.
struct LiveRun {
  const std::string& report;  ///< its path, relative to this process's folder
  const report::RunRecord& run;
  const observe::Progress& progress;
  pid_t process;
};

/// The first line follows the report's name, which the caller adds: it may know the report by another name.
std::vector<std::string> status_lines(const LiveRun& live);
std::string status_json(const LiveRun& live);

/// Which process works on a report whose run could not be asked.
enum class AtWork {
  nobody,
  a_process,             ///< that cannot be asked
  another_users_process  ///< that we may not ask
};

/// The status as far as the report itself shows it; the first line names it.
std::vector<std::string> status_lines(const report::Summary& summary, AtWork at_work);
std::string status_json(const report::Summary& summary, AtWork at_work);

/// The effect of a request: "at most 200/s from now on (previously 500/s)". One sentence per change.
std::vector<std::string> describe(const Request& request, const PaceState& before);
/// "at most 200/s, throttled to 120/s by HTTP 429"
std::string in_force(const observe::Snapshot& snapshot);

}  // namespace koobatch::control
