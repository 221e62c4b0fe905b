#pragma once
#include "koobatch/core/error.hpp"

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch {

/// How to start a program.
struct Launch {
  std::string_view option;                ///< what asked for it, for messages
  const std::vector<std::string>& words;  ///< the program, found as a shell finds it, and its arguments
  int output;                             ///< descriptor that becomes its standard output
  int errors;                             ///< the same for standard error
  char* const* environment;               ///< "NAME=VALUE" each, and a null pointer at the end
};

/// A running program. It has an empty standard input, none of our other descriptors, signals as if a shell had started
/// it, and a process group of its own, so that it can be ended together with whatever it starts.
class ChildProcess {
 public:
  /// The error (usage) names the program alone: its arguments may be nobody's business.
  static Result<ChildProcess> start(const Launch& launch);
  /// Kills it with all it started, if it still runs.
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;

  /// How it ended, as waitpid() says it; nothing while it runs. Not to be asked again then. Where SIGCHLD is ignored,
  /// waitpid() has nothing to say: then it is no success.
  std::optional<int> ended();

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_;  // -1: reaped or moved from
};

/// "ended with status 3", "was killed by signal 9"
std::string describe_end(int status);

}  // namespace koobatch
