#include "koobatch/core/sync_folder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace koobatch {

int sync_folder(const std::filesystem::path& folder) {
  int fd = -1;
  do {
    fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return errno;
  int code = 0;
  do {
    code = ::fsync(fd) == 0 ? 0 : errno;
  } while (code == EINTR);
  ::close(fd);
  return code == EINVAL ? 0 : code;
}

}  // namespace koobatch
