#include "koobatch/control/socket_file.hpp"

#include "koobatch/core/new_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace koobatch::control {
namespace {

namespace fs = std::filesystem;

constexpr mode_t owner_only = 0600;
constexpr int waiting_clients = 8;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

/// A short name for what may have a long one: the kernel follows it like a link.
sockaddr_un address_of(const Descriptor& descriptor, const std::string& below = {}) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = fmt::format("/proc/self/fd/{}{}", descriptor.get(), below);
  name.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

Error cannot(const fs::path& path, const std::string& what) {
  return system_error(ErrorKind::fatal, path.native(), what, errno);
}

/// Binds under a name that is free, and then puts the socket in its place, whatever is there.
Result<void> bind_at(const Descriptor& socket, const fs::path& path) {
  const Descriptor folder(::open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return cannot(path, "cannot open its folder");
  const std::string passing = temporary_name(path).filename();
  const auto address = address_of(folder, "/" + passing);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return cannot(path, "cannot make a socket");
  }
  if (::listen(socket.get(), waiting_clients) == 0 &&
      ::renameat(folder.get(), passing.c_str(), folder.get(), path.filename().c_str()) == 0) {
    return {};
  }
  auto error = cannot(path, "cannot make a socket");
  ::unlinkat(folder.get(), passing.c_str(), 0);
  return error;
}

}  // namespace

Result<fs::path> socket_path(const fs::path& report) {
  std::error_code error;
  auto path = fs::canonical(report, error);
  if (error) return system_error(ErrorKind::usage, report.native(), "cannot be found", error.value());
  return path += ".control";
}

Result<int> listen_at(const fs::path& path) {
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // Linux makes the file with the mode the socket has, less the umask: there is no moment in which it is wider.
  if (!socket || ::fchmod(socket.get(), owner_only) != 0) return cannot(path, "cannot make a socket");
  if (auto bound = bind_at(socket, path); !bound) return bound.error();
  return socket.release();
}

Result<std::optional<int>> connect_to(const fs::path& path, int patience_seconds) {
  const Descriptor file(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!file && errno == ENOENT) return std::optional<int>();
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!file || !socket) return cannot(path, "cannot be opened");
  const timeval patience{patience_seconds, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const auto address = address_of(file);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return std::optional<int>(socket.release());
  }
  if (errno == ECONNREFUSED || errno == ENOENT) return std::optional<int>();
  return cannot(path, "cannot be asked");
}

}  // namespace koobatch::control
