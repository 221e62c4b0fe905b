#include "koobatch/retry/failed_job.hpp"

#include "koobatch/core/write_all.hpp"
#include "koobatch/job/byte_source.hpp"
#include "koobatch/job/compression.hpp"
#include "koobatch/job/line_splitter.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

namespace koobatch::retry {
namespace {

constexpr std::size_t write_size = 64 * 1024;

/// A file that did not exist before, and does not after a failure.
class NewFile {
 public:
  static Result<NewFile> create(const std::filesystem::path& path) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) return NewFile(path, fd);
    if (errno == EEXIST) {
      return usage_error(fmt::format("{}: exists already, and is not overwritten; name a new file", path.string()));
    }
    return system_error(ErrorKind::usage, path.string(), "cannot create the job", errno);
  }
  NewFile(NewFile&& other) noexcept : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile() {
    if (fd_ < 0) return;
    ::close(fd_);
    ::unlink(path_.c_str());
  }

  Result<void> write(std::string_view text) {
    if (const int code = write_all(fd_, text); code != 0) return failure("write failed", code);
    return {};
  }

  /// Makes it durable; then it stays.
  Result<void> finish() {
    if (::fsync(fd_) != 0) return failure("fsync failed", errno);
    if (::close(std::exchange(fd_, -1)) == 0) return {};
    const int code = errno;
    ::unlink(path_.c_str());
    return failure("close failed", code);
  }

 private:
  NewFile(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {}
  Error failure(const std::string& what, int code) const {
    return system_error(ErrorKind::fatal, path_.string(), what, code);
  }

  std::filesystem::path path_;
  int fd_;  // -1: finished or moved from
};

/// The job's lines as they are, read alongside its records.
class RawLines {
 public:
  RawLines(std::unique_ptr<job::ByteSource> source, const std::string& name) : lines_(std::move(source), name) {}

  /// Goes on to line `to`, and appends those from `from` on, if `keep`. False if the file ends before it.
  Result<bool> read(std::uint32_t from, std::uint32_t to, bool keep, std::string& out) {
    while (lines_.number() < to) {
      const auto item = lines_.next();
      if (!item) return item.error();
      if (*item == job::LineSplitter::Item::end) return false;
      if (keep && lines_.number() >= from) out.append(lines_.text()).append(lines_.line_end());
    }
    return true;
  }
  std::string_view line_end() const { return lines_.line_end(); }

 private:
  job::LineSplitter lines_;
};

class Copier {
 public:
  Copier(job::Reader& reader, RawLines& raw, const Selection& selection, NewFile& file)
      : reader_(reader), raw_(raw), selection_(selection), file_(file) {}

  /// False if the job is not as it was.
  Result<bool> copy() {
    auto same = raw_.read(reader_.line(), reader_.last_line(), true, out_);  // the header
    while (same && *same) {
      const auto item = reader_.skip();
      if (!item) return item.error();
      if (*item == job::Reader::Item::end) break;
      same = copy_record(*item == job::Reader::Item::operation && selection_.lines.contains(reader_.line()));
      if (!same || out_.size() < write_size) continue;
      if (auto written = file_.write(out_); !written) return written.error();
      out_.clear();
    }
    if (!same || !*same) return same;
    if (auto written = file_.write(out_); !written) return written.error();
    return true;
  }

 private:
  Result<bool> copy_record(bool selected) {
    const auto without = selected ? selection_.without(reader_.line()) : job::FieldSet{0};
    auto same = raw_.read(reader_.line(), reader_.last_line(), selected && without == 0, out_);
    if (without == 0) return same;
    reader_.remove(without);
    reader_.append_record(out_);
    out_.append(raw_.line_end().empty() ? std::string_view("\n") : raw_.line_end());
    return same;
  }

  job::Reader& reader_;
  RawLines& raw_;
  const Selection& selection_;
  NewFile& file_;
  std::string out_;
};

}  // namespace

Result<void> write_failed_job(const std::filesystem::path& job, const job::ReaderSettings& settings,
                              const job::Digest& expected, const Selection& selection,
                              const std::filesystem::path& to) {
  auto reader = job::open_job(job, settings);
  if (!reader) return reader.error();
  auto stored = job::open_file(job);
  if (!stored) return stored.error();
  auto source = job::decompress(std::move(*stored), job.string());
  if (!source) return source.error();
  RawLines raw(std::move(*source), job.string());
  auto file = NewFile::create(to);
  if (!file) return file.error();
  const auto same = Copier(**reader, raw, selection, *file).copy();
  if (!same) return same.error();
  if (!*same || (*reader)->digest() != expected) {
    return usage_error(fmt::format("{}: was changed while it was read; restore it and try again", job.string()));
  }
  return file->finish();
}

}  // namespace koobatch::retry
