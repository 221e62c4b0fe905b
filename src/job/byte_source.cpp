#include "koobatch/job/byte_source.hpp"

#include "koobatch/core/descriptor.hpp"
#include "koobatch/core/units.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace koobatch::job {
namespace {

struct OpenFile {
  Descriptor descriptor;
  std::string path;
  FileState state;  ///< when it was opened
};

FileState state_of(const struct stat& info) {
  constexpr std::int64_t second = 1'000'000'000;
  return {info.st_dev, info.st_ino, static_cast<std::uint64_t>(info.st_size),
          info.st_ctim.tv_sec * second + info.st_ctim.tv_nsec};
}

Result<OpenFile> open_regular(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a pipe must not wait for its writer. It has no effect on a regular file.
  Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info{};
  if (!descriptor || ::fstat(descriptor.get(), &info) != 0) {
    return system_error(ErrorKind::usage, path.string(), "cannot open the job", errno);
  }
  if (S_ISDIR(info.st_mode)) {
    return usage_error(fmt::format("{}: is a folder, name a job file in it", path.string()));
  }
  if (!S_ISREG(info.st_mode)) {
    return usage_error(
        fmt::format("{}: is not a regular file; a job is read more than once, so save it to a file", path.string()));
  }
  ::posix_fadvise(descriptor.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  return OpenFile{std::move(descriptor), path.string(), state_of(info)};
}

/// Reads up to `size` bytes; 0 only at the end.
Result<std::size_t> read_some(const OpenFile& file, char* out, std::size_t size) {
  for (;;) {
    const ssize_t got = ::read(file.descriptor.get(), out, size);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return system_error(ErrorKind::fatal, file.path, "cannot continue reading the job", errno);
  }
}

class FileSource final : public ByteSource {
 public:
  FileSource(OpenFile file, Fingerprint* record) : file_(std::move(file)), recorder_(file_.state), record_(record) {}

  Result<std::size_t> read(char* out, std::size_t size) override {
    // Bytes appended after the end was reached do not count as read.
    if (at_end_) return std::size_t{0};
    const auto got = read_some(file_, out, size);
    if (!got) return got;
    recorder_.add({out, *got});
    at_end_ = *got == 0;
    if (at_end_) end();
    return got;
  }

  Digest digest() const override { return at_end_ ? digest_ : recorder_.digest(); }

 private:
  void end() {
    digest_ = recorder_.digest();
    if (record_ != nullptr) *record_ = recorder_.finish();
  }

  OpenFile file_;
  FingerprintRecorder recorder_;
  Fingerprint* record_;
  bool at_end_ = false;
  Digest digest_;
};

class VerifiedFile final : public ByteSource {
 public:
  VerifiedFile(OpenFile file, std::shared_ptr<const Fingerprint> expected)
      : file_(std::move(file)), expected_(std::move(expected)), check_(expected_) {}

  Result<std::size_t> read(char* out, std::size_t size) override {
    if (rest_.empty()) {
      if (auto read = read_block(); !read) return read.error();
    }
    const std::size_t count = std::min(size, rest_.size());
    // Not memcpy: at the end there is no block, and memcpy does not allow a null pointer even for no bytes.
    std::copy_n(rest_.data(), count, out);
    rest_.remove_prefix(count);
    return count;
  }

  Digest digest() const override { return check_.digest(); }

 private:
  Result<void> read_block() {
    if (changed_) return changed_error();
    const std::uint64_t from = check_.digest().bytes;
    const std::size_t size = check_.next_size();
    if (size == 0) return {};
    buffer_.resize(size);
    if (auto filled = fill(); !filled) return filled;
    // After reading, so that a file that is being written to is noticed as early as possible.
    if (auto same = check_size(); !same) return same;
    if (!check_.accept(buffer_)) {
      return changed(
          fmt::format("bytes {} to {} are not what they were", format_count(from), format_count(from + size - 1)));
    }
    rest_ = buffer_;
    return {};
  }

  Result<void> fill() {
    std::size_t filled = 0;
    while (filled < buffer_.size()) {
      const auto got = read_some(file_, buffer_.data() + filled, buffer_.size() - filled);
      if (!got) return got.error();
      if (*got == 0) break;
      filled += *got;
    }
    if (filled == buffer_.size()) return {};
    if (auto same = check_size(); !same) return same;
    // It was shorter only for a moment.
    return changed("it was shorter while it was read");
  }

  Result<void> check_size() {
    struct stat info{};
    if (::fstat(file_.descriptor.get(), &info) != 0) {
      return system_error(ErrorKind::fatal, file_.path, "cannot continue reading the job", errno);
    }
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (size == expected_->digest.bytes) return {};
    return changed(
        fmt::format("it has {} bytes now, and had {}", format_count(size), format_count(expected_->digest.bytes)));
  }

  Error changed(std::string what) {
    changed_ = std::move(what);
    return changed_error();
  }
  Error changed_error() const {
    return fatal_error(
        fmt::format("{}: the file was changed after it was validated ({}); restore it, or start a new run with what it "
                    "holds now",
                    file_.path, *changed_));
  }

  OpenFile file_;
  std::shared_ptr<const Fingerprint> expected_;
  FingerprintCheck check_;
  std::string buffer_;     ///< the last block
  std::string_view rest_;  ///< the part of it not yet handed out
  std::optional<std::string> changed_;
};

/// Whether the file holds the bytes of the fingerprint; false if it cannot be read.
bool holds_same_bytes(const std::filesystem::path& path, const std::shared_ptr<const Fingerprint>& expected) {
  auto source = open_verified_file(path, expected);
  if (!source) return false;
  std::string buffer(std::size_t{64} << 10U, '\0');
  for (;;) {
    const auto got = (*source)->read(buffer.data(), buffer.size());
    if (!got) return false;
    if (*got == 0) return true;
  }
}

}  // namespace

Result<std::unique_ptr<ByteSource>> open_file(const std::filesystem::path& path, Fingerprint* record) {
  auto file = open_regular(path);
  if (!file) return file.error();
  return std::unique_ptr<ByteSource>(std::make_unique<FileSource>(std::move(*file), record));
}

Result<std::unique_ptr<ByteSource>> open_verified_file(const std::filesystem::path& path,
                                                       std::shared_ptr<const Fingerprint> expected) {
  auto file = open_regular(path);
  if (!file) return file.error();
  return std::unique_ptr<ByteSource>(std::make_unique<VerifiedFile>(std::move(*file), std::move(expected)));
}

std::optional<std::string> find_change(const std::filesystem::path& path,
                                       const std::shared_ptr<const Fingerprint>& expected) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return "is no longer there";
    return fmt::format("can no longer be examined ({})", std::generic_category().message(errno));
  }
  if (!S_ISREG(info.st_mode)) return S_ISDIR(info.st_mode) ? "is a folder now" : "is no longer a regular file";
  const FileState now = state_of(info);
  if (now.bytes != expected->digest.bytes) {
    return fmt::format("has {} bytes now, and had {}", format_count(now.bytes), format_count(expected->digest.bytes));
  }
  if (now == expected->file || holds_same_bytes(path, expected)) return std::nullopt;
  return "holds other bytes now";
}

}  // namespace koobatch::job
