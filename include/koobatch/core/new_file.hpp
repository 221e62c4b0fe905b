#pragma once
#include "koobatch/core/descriptor.hpp"
#include "koobatch/core/error.hpp"

#include <sys/types.h>

#include <filesystem>
#include <string_view>

namespace koobatch {

/// A name beside `path` that this process has not used yet, nor has any other that runs. There may be a file of that
/// name all the same: one that was killed left it, or one with its own process numbers (a container) uses it.
std::filesystem::path temporary_name(const std::filesystem::path& path);

/// An empty file of such a name, which nobody else has, open for writing. Its removal is the caller's.
struct Temporary {
  std::filesystem::path path;
  Descriptor file;  ///< none, and errno says why: it could not be made
};
/// `mode` is less the umask; `flags` are more ones for open().
Temporary open_temporary(const std::filesystem::path& path, mode_t mode, int flags = 0);

/// A file that gets its name only when all of it is durable, and never takes that of another: nobody finds half of it.
/// Until then it is `.koobatch-<pid>-<n>.tmp` in the same folder, and is removed when it is not finished; only a
/// process that is killed meanwhile leaves one behind.
class NewFile {
 public:
  /// A usage error if there is a file of that name already, or none can be made there. `mode` is less the umask.
  static Result<NewFile> create(const std::filesystem::path& path, mode_t mode);
  NewFile(NewFile&& other) noexcept = default;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  Result<void> write(std::string_view text);
  /// Makes it durable and gives it its name.
  Result<void> finish();

 private:
  NewFile(std::filesystem::path path, Temporary temporary);
  Error failure(const char* what, int code) const;

  std::filesystem::path path_;
  Temporary temporary_;  // without its file: finished or moved from
};

/// Renames without ever replacing another file. Sets errno and returns false on failure.
bool rename_new(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace koobatch
