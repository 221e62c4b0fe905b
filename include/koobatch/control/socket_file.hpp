#pragma once
#include "koobatch/core/descriptor.hpp"
#include "koobatch/core/error.hpp"

#include <sys/types.h>

#include <filesystem>
#include <variant>

/// The Unix socket of a run, as a file beside its report. The name may be as long as any file's, though the address of
/// a socket holds 107 bytes only.
namespace koobatch::control {

/// `<report>.control`, whichever way the report is named.
Result<std::filesystem::path> socket_path(const std::filesystem::path& report);

/// A socket that listens, does not block, and is closed in child processes. Its file is there while this is.
class SocketFile {
 public:
  /// For its owner only from its first moment on. Takes the place of another socket, which a killed process left, or
  /// one whose report has been renamed; of anything else never.
  static Result<SocketFile> listen(const std::filesystem::path& path);
  SocketFile(SocketFile&& other) noexcept = default;
  SocketFile& operator=(SocketFile&&) = delete;
  ~SocketFile();

  int descriptor() const { return socket_.get(); }

 private:
  /// Which file it is, whatever its name.
  struct Identity {
    dev_t device;
    ino_t inode;
  };
  SocketFile(std::filesystem::path path, Identity identity, Descriptor socket);
  static Result<Identity> bind(const Descriptor& socket, const std::filesystem::path& path);

  std::filesystem::path path_;
  Identity identity_;
  Descriptor socket_;  ///< none: moved from
};

/// Why nobody could be asked.
enum class Silence {
  nobody,     ///< nobody listens there
  forbidden,  ///< who listens is another user's
};

/// Connected to who listens there. Reading and writing take `patience_seconds` at most.
Result<std::variant<Descriptor, Silence>> connect_to(const std::filesystem::path& path, int patience_seconds);

}  // namespace koobatch::control
