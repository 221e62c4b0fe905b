#pragma once
#include "koobatch/core/error.hpp"

#include <sys/types.h>

#include <filesystem>
#include <string_view>

namespace koobatch {

/// A file that gets its name only when all of it is durable, and never takes that of another: nobody finds half of it.
/// Until then it is `.koobatch-<pid>-<n>.tmp` in the same folder, and is removed when it is not finished; only a
/// process that is killed meanwhile leaves one behind.
class NewFile {
 public:
  /// A usage error if there is a file of that name already, or none can be made there. `mode` is less the umask.
  static Result<NewFile> create(const std::filesystem::path& path, mode_t mode);
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  Result<void> write(std::string_view text);
  /// Makes it durable and gives it its name.
  Result<void> finish();

 private:
  NewFile(std::filesystem::path path, std::filesystem::path temporary, int fd);
  Error failure(const char* what, int code) const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int fd_;  // -1: finished or moved from
};

/// Renames without ever replacing another file. Sets errno and returns false on failure.
bool rename_new(const std::filesystem::path& from, const std::filesystem::path& to);

/// A name beside `path` that nobody else uses: no other process, nor this one again.
std::filesystem::path temporary_name(const std::filesystem::path& path);

}  // namespace koobatch
