#include "koobatch/retry/provenance.hpp"

#include "koobatch/report/decoder.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

namespace koobatch::retry {
namespace {

std::string name_of(std::string_view op, std::string_view id) {
  return id.empty() ? std::string(op) : fmt::format("{} {}", op, id);
}

/// Never 0. Two operations share a mark by chance once in 65,535 cases, so hardly any difference is missed, and none is
/// falsely reported.
std::uint16_t mark_of(const std::string& name) {
  return static_cast<std::uint16_t>(XXH3_64bits(name.data(), name.size()) % 0xffff + 1);
}

/// A mark for each of 2^23 lines, in pages that exist only where a line has one.
class Marks {
 public:
  static constexpr std::uint64_t lines = std::uint64_t{1} << 23U;

  explicit Marks(std::uint64_t from) : from_(from) {}
  bool covers(std::uint64_t line) const { return line >= from_ && line - from_ < lines; }
  void set(std::uint32_t line, std::uint16_t mark) {
    auto& page = pages_[(line - from_) / page_lines];
    if (!page) page = std::make_unique<Page>();
    (*page)[(line - from_) % page_lines] = mark;
  }
  /// Removes and returns the mark of a line; 0: it had none.
  std::uint16_t take(std::uint32_t line) {
    const auto& page = pages_[(line - from_) / page_lines];
    return page ? std::exchange((*page)[(line - from_) % page_lines], std::uint16_t{0}) : std::uint16_t{0};
  }
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t p = 0; p < pages_.size(); ++p) {
      for (std::size_t i = 0; pages_[p] && i < page_lines; ++i) {
        if ((*pages_[p])[i] != 0) visit(static_cast<std::uint32_t>(from_ + p * page_lines + i));
      }
    }
  }

 private:
  static constexpr std::size_t page_lines = std::size_t{1} << 16U;
  using Page = std::array<std::uint16_t, page_lines>;

  std::uint64_t from_;
  std::array<std::unique_ptr<Page>, lines / page_lines> pages_;
};

/// Visits the results of segments that did not verify their job, except those never sent.
class UnverifiedResults : public report::Visitor {
 public:
  Result<void> on_run(const report::RunRecord& run) override {
    verified_ = run.job.verified;
    return {};
  }
  Result<void> on_result(const report::ResultLine& result) override {
    if (verified_ || result.status == Status::invalid || !wants(result.line)) return {};
    const auto record = decoder_.result(result.text);
    if (!record) return record.error();
    add(result.line, name_of(record->op, record->id));
    return {};
  }

 protected:
  virtual bool wants(std::uint32_t line) const = 0;
  virtual void add(std::uint32_t line, const std::string& name) = 0;

 private:
  bool verified_ = true;
  report::Decoder decoder_;
};

class MarkCollector final : public UnverifiedResults {
 public:
  explicit MarkCollector(Marks& marks) : marks_(marks) {}

 private:
  bool wants(std::uint32_t line) const override { return marks_.covers(line); }
  void add(std::uint32_t line, const std::string& name) override { marks_.set(line, mark_of(name)); }

  Marks& marks_;
};

/// Finds the record for one line.
class OneResult final : public UnverifiedResults {
 public:
  explicit OneResult(std::uint32_t line) : line_(line) {}
  const std::string& name() const { return name_; }

 private:
  bool wants(std::uint32_t line) const override { return line == line_; }
  void add(std::uint32_t /*line*/, const std::string& name) override { name_ = name; }

  std::uint32_t line_;
  std::string name_;
};

class SegmentCollector final : public report::Visitor {
 public:
  Result<void> on_run(const report::RunRecord& run) override {
    segments_.emplace_back().run = run;
    return {};
  }
  Result<void> on_result(const report::ResultLine& result) override {
    if (result.status == Status::invalid) return {};
    SegmentResults& segment = segments_.back();
    segment.line = segment.results == 0 ? result.line : std::min(segment.line, result.line);
    segment.last_line = std::max(segment.last_line, result.line);
    ++segment.results;
    return {};
  }
  Result<void> on_end(const report::EndRecord& end) override {
    segments_.back().end = end;
    return {};
  }
  const std::vector<SegmentResults>& segments() const { return segments_; }

 private:
  std::vector<SegmentResults> segments_;
};

void add(std::optional<Contradiction>& found, std::uint32_t line, const std::string& in_job) {
  if (!found) found.emplace(Contradiction{0, line, line, {}, in_job});
  ++found->results;
  if (line < found->line) {
    found->line = line;
    found->in_job = in_job;
  }
  found->last_line = std::max(found->last_line, line);
}

/// The identity of the last record read, to compare a result with; empty if too little of it is readable.
std::string name_in_job(const job::Reader& reader, bool valid, koodrive::Operation& operation) {
  if (!valid) return reader.invalid_id().empty() ? std::string() : name_of(reader.invalid_op(), reader.invalid_id());
  reader.render(operation);
  return name_of(operation.row().name, operation.id());
}

Result<void> compare(Marks& marks, const std::filesystem::path& job, const job::ReaderSettings& settings,
                     std::optional<Contradiction>& found) {
  auto opened = job::open_job(job, settings);
  if (!opened) return opened.error();
  job::Reader& reader = **opened;
  koodrive::Operation operation;
  for (;;) {
    const auto item = reader.skip();
    if (!item) return item.error();
    if (*item == job::Reader::Item::end) break;
    const std::uint32_t line = reader.line();
    const std::uint16_t mark = marks.covers(line) ? marks.take(line) : std::uint16_t{0};
    if (mark == 0) continue;
    const std::string name = name_in_job(reader, *item == job::Reader::Item::operation, operation);
    if (!name.empty() && mark != mark_of(name)) add(found, line, name);
  }
  marks.for_each([&](std::uint32_t line) { add(found, line, {}); });
  return {};
}

WallTime wall_time(std::int64_t nanoseconds) {
  return WallTime(std::chrono::duration_cast<WallTime::duration>(std::chrono::nanoseconds(nanoseconds)));
}

}  // namespace

std::vector<Doubt> find_doubts(std::span<const SegmentResults> segments, WallTime job_changed) {
  std::vector<Doubt> doubts;
  for (const SegmentResults& segment : segments) {
    if (segment.run.job.verified || segment.results == 0) continue;
    const auto doubt = [&](Doubt::Reason reason) {
      doubts.push_back({reason, segment.run.segment, segment.results, segment.line, segment.last_line});
    };
    if (segment.end && segment.end->reason == "completed") continue;
    if (segment.end && found_job_changed(*segment.end)) {
      doubt(Doubt::Reason::job_changed);
    } else if (job_changed > segment.run.started) {
      doubt(Doubt::Reason::never_compared);
    }
  }
  return doubts;
}

Result<Provenance> examine(const std::filesystem::path& report, const std::filesystem::path& job,
                           const job::ReaderSettings& reader) {
  assert(reader.expected);
  SegmentCollector collector;
  if (const auto scanned = report::scan(report, collector); !scanned) return scanned.error();
  const auto& segments = collector.segments();
  std::uint64_t last_line = 0;
  for (const auto& segment : segments) {
    if (!segment.run.job.verified) last_line = std::max<std::uint64_t>(last_line, segment.last_line);
  }
  Provenance provenance;
  for (std::uint64_t from = 1; from <= last_line; from += Marks::lines) {
    Marks marks(from);
    MarkCollector results(marks);
    if (const auto scanned = report::scan(report, results); !scanned) return scanned.error();
    if (auto compared = compare(marks, job, reader, provenance.contradiction); !compared) return compared.error();
  }
  if (provenance.contradiction) {
    OneResult result(provenance.contradiction->line);
    if (const auto scanned = report::scan(report, result); !scanned) return scanned.error();
    provenance.contradiction->recorded = result.name();
  }
  provenance.doubts = find_doubts(segments, wall_time(reader.expected->file.changed_ns));
  return provenance;
}

}  // namespace koobatch::retry
