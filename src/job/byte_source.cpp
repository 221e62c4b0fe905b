#include "koobatch/job/byte_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <utility>

namespace koobatch::job {
namespace {

class FileSource final : public ByteSource {
 public:
  FileSource(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {
    XXH3_64bits_reset(&hash_);
  }
  ~FileSource() override { ::close(descriptor_); }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  Result<std::size_t> read(char* out, std::size_t size) override {
    ssize_t got = 0;
    do {
      got = ::read(descriptor_, out, size);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return system_error(ErrorKind::fatal, path_, "cannot read on in the job", errno);
    const auto count = static_cast<std::size_t>(got);
    XXH3_64bits_update(&hash_, out, count);
    bytes_ += count;
    return count;
  }

  Digest digest() const override { return {bytes_, XXH3_64bits_digest(&hash_)}; }

 private:
  XXH3_state_t hash_;
  int descriptor_;
  std::string path_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> open_file(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a pipe must not wait for its writer. It means nothing for a regular file.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return system_error(ErrorKind::usage, path.string(), "cannot open the job", errno);
  auto source = std::make_unique<FileSource>(descriptor, path.string());
  struct stat info {};
  if (::fstat(descriptor, &info) != 0) {
    return system_error(ErrorKind::usage, path.string(), "cannot open the job", errno);
  }
  if (S_ISDIR(info.st_mode)) {
    return usage_error(fmt::format("{}: is a folder, name a job file in it", path.string()));
  }
  if (!S_ISREG(info.st_mode)) {
    return usage_error(
        fmt::format("{}: is not a regular file; a job is read more than once, so save it to a file", path.string()));
  }
  ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
  return std::unique_ptr<ByteSource>(std::move(source));
}

}  // namespace koobatch::job
