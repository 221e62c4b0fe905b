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

/// A short name for a long path: the kernel follows it like a link.
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

/// Binds to a free name beside `path` and returns it; empty, with errno set, on failure.
std::string bind_beside(const Descriptor& socket, const Descriptor& folder, const fs::path& path) {
  for (;;) {
    std::string name = temporary_name(path).filename();
    const auto address = address_of(folder, "/" + name);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return name;
    if (errno != EADDRINUSE) return {};
  }
}

/// Only a socket may be replaced.
Result<void> check_place(const Descriptor& folder, const fs::path& path) {
  struct stat status{};
  if (::fstatat(folder.get(), path.filename().c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? Result<void>() : cannot(path, "cannot make a socket");
  }
  if (S_ISSOCK(status.st_mode)) return {};
  return usage_error(path.native() + ": has the name of the run's socket but is not a socket; move it away");
}

}  // namespace

Result<fs::path> socket_path(const fs::path& report) {
  std::error_code error;
  auto path = fs::canonical(report, error);
  if (error) return system_error(ErrorKind::usage, report.native(), "cannot be found", error.value());
  return path += ".control";
}

Result<SocketFile::Identity> SocketFile::bind(const Descriptor& socket, const fs::path& path) {
  const Descriptor folder(::open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return cannot(path, "cannot open its folder");
  if (auto free = check_place(folder, path); !free) return free.error();
  const std::string passing = bind_beside(socket, folder, path);
  if (passing.empty()) return cannot(path, "cannot make a socket");
  struct stat status{};
  if (::listen(socket.get(), waiting_clients) == 0 &&
      ::fstatat(folder.get(), passing.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
      ::renameat(folder.get(), passing.c_str(), folder.get(), path.filename().c_str()) == 0) {
    return Identity{status.st_dev, status.st_ino};
  }
  auto error = cannot(path, "cannot make a socket");
  ::unlinkat(folder.get(), passing.c_str(), 0);
  return error;
}

Result<SocketFile> SocketFile::listen(const fs::path& path) {
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // Linux creates the file with the socket's mode, less the umask: it never has wider permissions.
  if (!socket || ::fchmod(socket.get(), owner_only) != 0) return cannot(path, "cannot make a socket");
  const auto bound = bind(socket, path);
  if (!bound) return bound.error();
  return SocketFile(path, *bound, std::move(socket));
}

SocketFile::SocketFile(fs::path path, Identity identity, Descriptor socket)
    : path_(std::move(path)), identity_(identity), socket_(std::move(socket)) {}

SocketFile::~SocketFile() {
  if (!socket_) return;
  // The report may have been renamed and its name taken by another run: then the socket is that run's, too.
  struct stat status{};
  const bool ours =
      ::lstat(path_.c_str(), &status) == 0 && status.st_dev == identity_.device && status.st_ino == identity_.inode;
  if (ours) ::unlink(path_.c_str());
}

Result<std::variant<Descriptor, Silence>> connect_to(const fs::path& path, int patience_seconds) {
  const Descriptor file(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!file && errno == ENOENT) return Silence::nobody;
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!file || !socket) return cannot(path, "cannot be opened");
  const timeval patience{patience_seconds, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const auto address = address_of(file);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return socket;
  if (errno == ECONNREFUSED || errno == ENOENT) return Silence::nobody;
  if (errno == EACCES || errno == EPERM) return Silence::forbidden;
  return cannot(path, "cannot be asked");
}

}  // namespace koobatch::control
