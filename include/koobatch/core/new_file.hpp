#pragma once
#include "koobatch/core/descriptor.hpp"
#include "koobatch/core/error.hpp"

#include <sys/types.h>

#include <filesystem>
#include <string_view>

namespace koobatch {

/// A name beside `path` that neither this process nor another running one has used. A file of that name may exist
/// nevertheless: left behind by a killed process, or made by one in another process ID namespace (a container).
std::filesystem::path temporary_name(const std::filesystem::path& path);

/// An empty file with a temporary name, created exclusively and open for writing. The caller removes it.
struct Temporary {
  std::filesystem::path path;
  Descriptor file;  ///< empty if it could not be created; errno then says why
};
/// `mode` is subject to the umask; `flags` are added to those passed to open().
Temporary open_temporary(const std::filesystem::path& path, mode_t mode, int flags = 0);

/// A file that gets its name only once all of it is durable, and never replaces another: readers never find half of it.
/// Until then it is `.koobatch-<pid>-<n>.tmp` in the same folder. It is removed unless it is finished; only a killed
/// process leaves one behind.
class NewFile {
 public:
  /// A usage error if a file of that name exists already or none can be created there. `mode` is subject to the umask.
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
  Temporary temporary_;  // no descriptor: finished or moved from
};

/// Renames without replacing an existing file. On failure sets errno and returns false.
bool rename_new(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace koobatch
