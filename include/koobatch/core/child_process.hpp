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
  std::string_view option;                ///< the setting that asked for it, for messages
  const std::vector<std::string>& words;  ///< the program, found as a shell finds it, and its arguments
  int output;                             ///< descriptor that becomes its standard output
  int errors;                             ///< descriptor that becomes its standard error
  char* const* environment;               ///< "NAME=VALUE" strings, ended by a null pointer
};

/// A running program. It gets an empty standard input, none of our other descriptors, the default signal handling, and
/// its own process group, so that it can be killed together with its children.
class ChildProcess {
 public:
  /// The error (usage) names only the program: its arguments may be confidential.
  static Result<ChildProcess> start(const Launch& launch);
  /// Kills the program and its process group if it is still running.
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;

  /// Its wait status, as waitpid() returns it; nothing while it runs. Must not be called again once it has returned a
  /// status. Where SIGCHLD is ignored, waitpid() has no status to return: that counts as a failure.
  std::optional<int> ended();

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_;  // -1: reaped or moved from
};

/// "ended with status 3", "was killed by signal 9"
std::string describe_end(int status);

}  // namespace koobatch
