#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/process/signals.hpp"

#include <string_view>

namespace koobatch::cli {

/// The exit statuses of koobatch. Scripts rely on them.
enum ExitStatus : int {
  exit_success = 0,                          ///< all succeeded
  exit_not_all = 1,                          ///< finished, but some did not succeed
  exit_usage = 2,                            ///< a flag, a setting or a path cannot be used
  exit_job_invalid = 3,                      ///< nothing was sent
  exit_limit = 4,                            ///< more operations went wrong than --max-errors allows
  exit_fatal = 5,                            ///< the run could not continue
  exit_by_signal = process::exit_by_signal,  ///< plus the number of the signal
};

constexpr int exit_status(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return exit_usage;
    case ErrorKind::job:
      return exit_job_invalid;
    case ErrorKind::limit:
      return exit_limit;
    case ErrorKind::fatal:
      return exit_fatal;
  }
  return exit_fatal;
}

/// An exit status and its meaning for a command.
struct ExitRow {
  std::string_view status;
  std::string_view meaning;
};

/// Statuses shared by several commands.
namespace exits {
constexpr ExitRow done = {"0", "done"};
constexpr ExitRow run_succeeded = {"0", "all succeeded, or another run holds the lock"};
constexpr ExitRow not_all = {"1", "finished, but some did not succeed or have doubtful results"};
constexpr ExitRow usage = {"2", "wrong usage or configuration"};
constexpr ExitRow job_invalid = {"3", "the job is invalid; nothing was sent"};
constexpr ExitRow limit = {"4", "stopped by --max-errors, or because 100 operations in a row were refused alike"};
constexpr ExitRow run_stopped = {"5",
                                 "stopped: job changed, credentials refused, TLS, disk, --max-outage exceeded, or a "
                                 "lock not released"};
constexpr ExitRow fatal = {"5", "could not continue: something that is needed cannot be read or written"};
constexpr ExitRow engine_failed = {"5", "the engine cannot be reached, or refused"};
constexpr ExitRow interrupted = {"129, 130, 143", "interrupted, after waiting for the requests in flight"};
}  // namespace exits

}  // namespace koobatch::cli
