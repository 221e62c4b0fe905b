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
  const std::string& report;  ///< its path, from which folder on is this process's business
  const report::RunRecord& run;
  const observe::Progress& progress;
  pid_t process;
};

/// Lines, the first of which is to follow the report's name: who asks may know it by another.
std::vector<std::string> status_lines(const LiveRun& live);
std::string status_json(const LiveRun& live);

/// Who works on a report about which nobody could be asked.
enum class AtWork {
  nobody,
  a_process,             ///< that cannot be asked
  another_users_process  ///< that we may not ask
};

/// The same of a report that has to speak for itself; the first line names it.
std::vector<std::string> status_lines(const report::Summary& summary, AtWork at_work);
std::string status_json(const report::Summary& summary, AtWork at_work);

/// What a request came to: "at most 200/s from now on, before 500/s". One sentence for each change.
std::vector<std::string> describe(const Request& request, const PaceState& before);
/// "at most 200/s, throttled to 120/s by HTTP 429"
std::string in_force(const observe::Snapshot& snapshot);

}  // namespace koobatch::control
