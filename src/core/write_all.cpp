#include "koobatch/core/write_all.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace koobatch {

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    // POSIX lets a non-empty write return 0 only where no progress can be made.
    if (count <= 0) return count < 0 ? errno : ENOSPC;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

}  // namespace koobatch
