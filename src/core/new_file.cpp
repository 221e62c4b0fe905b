#include "koobatch/core/new_file.hpp"

#include "koobatch/core/sync_folder.hpp"
#include "koobatch/core/write_all.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace koobatch {
namespace {

Error exists_error(const std::filesystem::path& path) {
  return usage_error(fmt::format("{}: exists already, and is not overwritten; name a new file", path.native()));
}

}  // namespace

bool rename_new(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  // The file system does not support the flag; a hard link does not replace a file either.
  if (::link(from.c_str(), to.c_str()) != 0) return false;
  ::unlink(from.c_str());
  return true;
}

std::filesystem::path temporary_name(const std::filesystem::path& path) {
  static std::atomic<unsigned> counter{0};
  return path.parent_path() / fmt::format(".koobatch-{}-{}.tmp", ::getpid(), counter.fetch_add(1));
}

Temporary open_temporary(const std::filesystem::path& path, mode_t mode, int flags) {
  for (;;) {
    auto name = temporary_name(path);
    const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | flags, mode);
    if (fd >= 0 || (errno != EEXIST && errno != EINTR)) return {std::move(name), Descriptor(fd)};
  }
}

Result<NewFile> NewFile::create(const std::filesystem::path& path, mode_t mode) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) == 0) return exists_error(path);
  auto temporary = open_temporary(path, mode);
  if (!temporary.file) return system_error(ErrorKind::usage, path.native(), "cannot be created", errno);
  return NewFile(path, std::move(temporary));
}

NewFile::NewFile(std::filesystem::path path, Temporary temporary)
    : path_(std::move(path)), temporary_(std::move(temporary)) {}

NewFile::~NewFile() {
  if (temporary_.file) ::unlink(temporary_.path.c_str());
}

Result<void> NewFile::write(std::string_view text) {
  if (const int code = write_all(temporary_.file.get(), text); code != 0) return failure("write failed", code);
  return {};
}

Result<void> NewFile::finish() {
  if (::fsync(temporary_.file.get()) != 0) return failure("fsync failed", errno);
  if (!rename_new(temporary_.path, path_)) {
    return errno == EEXIST ? exists_error(path_) : failure("rename failed", errno);
  }
  // All of it is durable: fsync has already reported any error that close() could.
  ::close(temporary_.file.release());
  const auto folder = path_.has_parent_path() ? path_.parent_path() : std::filesystem::path(".");
  if (const int code = sync_folder(folder); code != 0) return failure("fsync of its folder failed", code);
  return {};
}

Error NewFile::failure(const char* what, int code) const {
  return system_error(ErrorKind::fatal, path_.native(), what, code);
}

}  // namespace koobatch
