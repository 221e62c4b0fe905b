#pragma once
#include "koobatch/core/descriptor.hpp"
#include "koobatch/core/error.hpp"

#include <sys/types.h>

#include <filesystem>
#include <variant>

/// A run's Unix socket, as a file beside its report. Its name may be as long as any file name, although a socket's
/// address holds only 107 bytes.
namespace koobatch::control {

/// `<report>.control`, in canonical form, however the report is named.
Result<std::filesystem::path> socket_path(const std::filesystem::path& report);

/// A listening socket: non-blocking, and closed in child processes. Its file exists as long as this object.
class SocketFile {
 public:
  /// Creates the socket, accessible to its owner only from the first moment. Replaces another socket, left by a killed
  /// process or belonging to a renamed report, but never any other file.
  static Result<SocketFile> listen(const std::filesystem::path& path);
  SocketFile(SocketFile&& other) noexcept = default;
  SocketFile& operator=(SocketFile&&) = delete;
  ~SocketFile();

  int descriptor() const { return socket_.get(); }

 private:
  /// Identifies the file, whatever its name.
  struct Identity {
    dev_t device;
    ino_t inode;
  };
  SocketFile(std::filesystem::path path, Identity identity, Descriptor socket);
  static Result<Identity> bind(const Descriptor& socket, const std::filesystem::path& path);

  std::filesystem::path path_;
  Identity identity_;
  Descriptor socket_;  ///< empty: moved from
};

/// Why no run could be asked.
enum class Silence {
  nobody,     ///< no process listens there
  forbidden,  ///< another user's process listens there
};

/// Connects to the listening process. Reads and writes time out after `patience_seconds`.
Result<std::variant<Descriptor, Silence>> connect_to(const std::filesystem::path& path, int patience_seconds);

}  // namespace koobatch::control
