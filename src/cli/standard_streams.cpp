#include "koobatch/cli/standard_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace koobatch::cli {

Result<void> occupy_standard_streams() {
  constexpr const char* nothing = "/dev/null";
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    // The wrong way round, so that nobody takes a closed input for an empty one, or believes that output has arrived.
    // It gets the lowest number that is free, which is this one.
    if (::open(nothing, stream == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) {
      return system_error(ErrorKind::fatal, nothing, "cannot be opened in place of a standard stream that is closed",
                          errno);
    }
  }
  return {};
}

}  // namespace koobatch::cli
