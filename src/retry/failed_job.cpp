#include "koobatch/retry/failed_job.hpp"

#include "koobatch/job/line_splitter.hpp"
#include "koobatch/retry/job_output.hpp"
#include "retry/job_records.hpp"

#include <cassert>
#include <string>
#include <utility>

namespace koobatch::retry {
namespace {

constexpr std::size_t write_size = 64 * 1024;

/// The job's raw lines, read alongside its records.
class RawLines {
 public:
  explicit RawLines(job::LineSplitter lines) : lines_(std::move(lines)) {}

  /// Advances to line `to`, which must exist, and if `keep` appends the lines from `from` on.
  Result<void> read(std::uint32_t from, std::uint32_t to, bool keep, std::string& out) {
    while (lines_.number() < to) {
      const auto item = lines_.next();
      if (!item) return item.error();
      if (*item == job::LineSplitter::Item::end) break;  // never: the reader counted the lines of these same bytes
      if (keep && lines_.number() >= from) out.append(lines_.text()).append(lines_.line_end());
    }
    return {};
  }
  std::string_view line_end() const { return lines_.line_end(); }

 private:
  job::LineSplitter lines_;
};

class Copier {
 public:
  Copier(job::Reader& reader, RawLines& raw, const Selection& selection, JobOutput& file)
      : reader_(reader), raw_(raw), selection_(selection), file_(file) {}

  Result<void> copy() {
    if (!verbatim_) reader_.append_header(out_);
    auto copied = raw_.read(reader_.line(), reader_.last_line(), verbatim_, out_);  // the header
    while (copied) {
      const auto item = reader_.skip();
      if (!item) return item.error();
      if (*item == job::Reader::Item::end) return file_.write(out_);
      copied = copy_record(*item == job::Reader::Item::operation && selection_.lines.contains(reader_.line()));
      if (!copied || out_.size() < write_size) continue;
      copied = file_.write(out_);
      out_.clear();
    }
    return copied;
  }

 private:
  Result<void> copy_record(bool selected) {
    const auto without = selected ? selection_.without(reader_.line()) : koodrive::FieldSet{0};
    const bool is_copied = verbatim_ && without == 0;
    auto read = raw_.read(reader_.line(), reader_.last_line(), selected && is_copied, out_);
    if (!read || !selected || is_copied) return read;
    if (without != 0) reader_.remove(without);
    reader_.append_record(out_);
    out_.append(raw_.line_end().empty() || !verbatim_ ? std::string_view("\n") : raw_.line_end());
    return read;
  }

  job::Reader& reader_;
  RawLines& raw_;
  const Selection& selection_;
  JobOutput& file_;
  const bool verbatim_ = reader_.stands_alone();  ///< the new job is read without the settings of the old one
  std::string out_;
};

/// In the job's own format.
Result<void> copy_records(const std::filesystem::path& job, const job::ReaderSettings& settings,
                          const Selection& selection, JobOutput& file) {
  auto reader = job::open_job(job, settings);
  if (!reader) return reader.error();
  auto lines = job::open_lines(job, settings);
  if (!lines) return lines.error();
  RawLines raw(std::move(*lines));
  return Copier(**reader, raw, selection, file).copy();
}

/// Calls `each` with every selected record as a line of NDJSON, without its omitted fields, and with its line number.
template <class Each>
Result<void> for_each_selected(const std::filesystem::path& job, const job::ReaderSettings& settings,
                               const Selection& selection, Each each) {
  auto reader = job::open_job(job, settings);
  if (!reader) return reader.error();
  std::string record;
  for (;;) {
    const auto item = (*reader)->skip();
    if (!item) return item.error();
    if (*item == job::Reader::Item::end) return {};
    const auto line = (*reader)->line();
    if (*item != job::Reader::Item::operation || !selection.lines.contains(line)) continue;
    if (const auto without = selection.without(line); without != 0) (*reader)->remove(without);
    record.clear();
    (*reader)->append_json(record);
    if (Result<void> done = each(record, line); !done) return done;
  }
}

/// In the other format.
Result<void> convert_records(const std::filesystem::path& job, const job::ReaderSettings& settings,
                             const Selection& selection, job::Format format, JobOutput& file) {
  std::string out;
  CsvRecords rows;
  const bool is_csv = format == job::Format::csv;
  if (is_csv) {
    auto noted = for_each_selected(job, settings, selection, [&](std::string_view record, std::uint32_t) {
      rows.note(record);
      return Result<void>();
    });
    if (!noted) return noted;
    rows.append_header(out);
  }
  auto converted =
      for_each_selected(job, settings, selection, [&](std::string_view record, std::uint32_t line) -> Result<void> {
        if (!is_csv) out.append(record).append("\n");
        if (auto ok = is_csv ? rows.append(record, line, out) : Result<void>(); !ok) {
          return Error{ok.error().kind, job.string() + ": " + ok.error().message};
        }
        if (out.size() < write_size) return {};
        auto written = file.write(out);
        out.clear();
        return written;
      });
  return converted ? file.write(out) : converted;
}

}  // namespace

Result<void> write_failed_job(const std::filesystem::path& job, const job::ReaderSettings& settings,
                              const Selection& selection, const std::filesystem::path& to) {
  assert(settings.expected);
  assert(settings.default_user.empty() && settings.default_language.empty());
  auto file = JobOutput::create(to);
  if (!file) return file.error();
  const auto format = job::format_of(to).value_or(settings.format);
  auto written = format == settings.format ? copy_records(job, settings, selection, *file)
                                           : convert_records(job, settings, selection, format, *file);
  return written ? file->finish() : written;
}

}  // namespace koobatch::retry
