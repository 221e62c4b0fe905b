#include "koobatch/retry/failed_job.hpp"

#include "koobatch/core/new_file.hpp"
#include "koobatch/job/byte_source.hpp"
#include "koobatch/job/compression.hpp"
#include "koobatch/job/line_splitter.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace koobatch::retry {
namespace {

constexpr std::size_t write_size = 64 * 1024;
constexpr mode_t private_mode = 0600;  // a job may hold what others must not read

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
  auto file = NewFile::create(to, private_mode);
  if (!file) return file.error();
  const auto same = Copier(**reader, raw, selection, *file).copy();
  if (!same) return same.error();
  if (!*same || (*reader)->digest() != expected) {
    return usage_error(fmt::format("{}: was changed while it was read; restore it and try again", job.string()));
  }
  return file->finish();
}

}  // namespace koobatch::retry
