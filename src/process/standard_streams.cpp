#include "koobatch/process/standard_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace koobatch::process {

Result<void> occupy_standard_streams() {
  constexpr const char* nothing = "/dev/null";
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    // Opened in the wrong direction, so that a closed input does not look like an empty one, and output fails instead
    // of vanishing. open() returns the lowest free number, which is this one.
    if (::open(nothing, stream == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) {
      return system_error(ErrorKind::fatal, nothing, "cannot be opened in place of a standard stream that is closed",
                          errno);
    }
  }
  return {};
}

}  // namespace koobatch::process
