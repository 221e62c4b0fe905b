#pragma once
#include "koobatch/core/error.hpp"

namespace koobatch::cli {

/// What koobatch exits with. Scripts rely on it.
enum ExitStatus : int {
  exit_success = 0,      ///< all succeeded
  exit_not_all = 1,      ///< finished, and some did not succeed
  exit_usage = 2,        ///< a flag, a setting or a path cannot be used
  exit_job_invalid = 3,  ///< nothing was sent
  exit_limit = 4,        ///< more operations went wrong than --max-errors allows
  exit_fatal = 5,        ///< the run could not go on
  exit_by_signal = 128,  ///< plus the number of the signal
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

}  // namespace koobatch::cli
