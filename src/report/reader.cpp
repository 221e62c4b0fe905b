#include "koobatch/report/reader.hpp"

#include "koobatch/core/descriptor.hpp"

#include "report/line_splitter.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>

namespace koobatch::report {
namespace {

/// Removes `prefix` from the front of `text`, if it is there.
bool skip(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// Removes a string without escapes from the front, up to its closing quote.
bool skip_plain_string(std::string_view& text) {
  std::size_t end = 0;
  // A loop, because the texts are short: std::string_view::find_first_of costs ten times as much.
  while (end < text.size() && text[end] != '"' && text[end] != '\\') ++end;
  if (end == text.size() || text[end] != '"') return false;
  text.remove_prefix(end + 1);
  return true;
}

/// Reads line and status from a result line that begins as append_line writes it, without parsing all of it. Nothing if
/// it begins differently (as with an escaped character in the identifier), which does not make it invalid.
bool read_head(std::string_view text, ResultLine& out) {
  if (!skip(text, R"({"type":"result","line":)")) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.line);
  if (error != std::errc() || out.line == 0) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!skip(text, R"(,"op":")") || !skip_plain_string(text) || !skip(text, R"(,"id":")") || !skip_plain_string(text) ||
      !skip(text, R"(,"status":")")) {
    return false;
  }
  for (std::size_t i = 0; i < status_names.size(); ++i) {
    if (!text.starts_with(status_names[i]) || !text.substr(status_names[i].size()).starts_with('"')) continue;
    out.status = static_cast<Status>(i);
    return true;
  }
  return false;
}

/// What is wrong with the first line of a file that should be a report. A line that looks like one of ours is damaged
/// or was rewritten; nothing else is a report.
std::string describe_first_line(std::string_view line) {
  constexpr std::string_view mark = "\xef\xbb\xbf";
  constexpr std::string_view advice =
      ", which another program has done to it; every byte of a report counts, so restore it from a copy, or undo that";
  const bool marked = skip(line, mark);
  const bool returned = line.ends_with('\r');
  if (returned) line.remove_suffix(1);
  if (!line.starts_with(R"({"type":"run",)")) {
    return "this is not a koobatch report: it does not begin with a 'run' line";
  }
  if (marked) return fmt::format("it begins with a byte order mark{} (sed -i '1s/^\\xef\\xbb\\xbf//' FILE)", advice);
  if (returned) return fmt::format("its lines end in CR LF{} (sed -i 's/\\r$//' FILE)", advice);
  return "its checksum does not match: this line was changed after it was written; restore the report from a copy";
}

/// Interprets the lines of a report, one after the other. No I/O.
class Scanner {
 public:
  Scanner(const std::string& name, Visitor& visitor) : name_(name), visitor_(visitor) {}

  Result<void> consume(const LineSplitter::Line& line);
  Result<Scan> finish();

 private:
  /// Whether the line is as it was written. If so, sets `type`, and sets `has_head_` to whether `result_` was read from
  /// it.
  bool is_good(const LineSplitter::Line& line, LineType& type);
  Result<void> accept(std::string_view text, LineType type);
  Result<void> accept_result();
  Result<void> accept_attempt(std::string_view text);
  Result<void> accept_run(std::string_view text);
  Result<void> accept_end(std::string_view text);
  Result<void> accept_worker(std::string_view text);
  Result<void> accept_collected(std::string_view text);
  /// Why a new segment does not fit those before it. Empty if it fits.
  std::string misfit(const RunRecord& run) const;

  Error at(std::uint64_t line, std::string_view what) const {
    return usage_error(fmt::format("{}:{}: {}", name_, line, what));
  }
  Error misplaced(std::string_view what) const {
    return at(line_number_, fmt::format("this line {}, so the report cannot be used; restore it from a copy", what));
  }
  Error damaged() const {
    return at(first_bad_,
              "damaged: this line is not as it was written, though a later one proves that it once was whole; "
              "restore the report from a copy");
  }

  const std::string& name_;
  Visitor& visitor_;
  Decoder decoder_;
  Scan scan_;
  ResultLine result_;
  bool has_head_ = false;
  std::map<std::uint32_t, AttemptNote> noted_;  ///< by line; as many as were in flight at once
  std::uint64_t line_number_ = 0;
  std::uint64_t first_bad_ = 0;  // 0: none yet
};

bool Scanner::is_good(const LineSplitter::Line& line, LineType& type) {
  if (!line.whole || !has_valid_sum(line.text)) return false;
  has_head_ = read_head(line.text, result_);
  if (has_head_) {
    type = LineType::result;
    return true;
  }
  const auto decoded = decoder_.type(line.text);
  if (decoded) type = *decoded;
  return decoded.has_value();
}

Result<void> Scanner::consume(const LineSplitter::Line& line) {
  ++line_number_;
  scan_.bytes += line.size;
  LineType type = LineType::other;
  const bool good = is_good(line, type);
  if (first_bad_ != 0) {
    if (good && (type == LineType::sync || type == LineType::end)) return damaged();
    return {};
  }
  if (line_number_ == 1 && (!good || type != LineType::run)) {
    // The end of an incomplete line proves nothing.
    return first_line_error(name_, line.whole ? line.text : std::string_view());
  }
  if (!good) {
    first_bad_ = line_number_;
    return {};
  }
  result_.text = line.text;
  auto accepted = accept(line.text, type);
  if (!accepted) return accepted;
  scan_.valid_bytes += line.size;
  ++scan_.valid_lines;
  return {};
}

Result<void> Scanner::accept(std::string_view text, LineType type) {
  switch (type) {
    case LineType::result:
      return accept_result();
    case LineType::attempt:
      return accept_attempt(text);
    case LineType::run:
      return accept_run(text);
    case LineType::end:
      return accept_end(text);
    case LineType::sync: {
      const auto n = decoder_.sync(text);
      if (!n) return misplaced(n.error().message);
      scan_.last_sync = std::max(scan_.last_sync, *n);
      return {};
    }
    case LineType::read: {
      auto visited = visitor_.on_read(text);
      if (!visited) return at(line_number_, visited.error().message);
      return {};
    }
    case LineType::worker:
      return accept_worker(text);
    case LineType::collected:
      return accept_collected(text);
    case LineType::other:
      return {};
  }
  return {};
}

Result<void> Scanner::accept_result() {
  ResultLine& result = result_;
  if (!has_head_) {
    const auto record = decoder_.result(result.text);
    if (!record) return misplaced(record.error().message);
    result.line = record->line;
    result.status = record->status;
  }
  if (!scan_.done.insert(result.line)) {
    return misplaced(fmt::format("is a second result for line {} of the job", result.line));
  }
  ++scan_.counts[result.status];
  if (!noted_.empty()) noted_.erase(result.line);
  auto visited = visitor_.on_result(result);
  if (!visited) return at(line_number_, visited.error().message);
  return {};
}

Result<void> Scanner::accept_attempt(std::string_view text) {
  const auto note = decoder_.attempt(text);
  if (!note) return misplaced(note.error().message);
  if (scan_.done.contains(note->trace_id.line)) return misplaced("is an attempt of an operation that has its result");
  noted_[note->trace_id.line] = *note;
  return {};
}

std::string Scanner::misfit(const RunRecord& run) const {
  const std::size_t expected = scan_.segments.size() + 1;
  if (run.segment != expected) return fmt::format("begins segment {} where {} is due", run.segment, expected);
  if (expected > 1 && run.run_id != scan_.segments.front().run.run_id) return "belongs to another run";
  return {};
}

Result<void> Scanner::accept_run(std::string_view text) {
  auto run = decoder_.run(text);
  if (!run) return at(line_number_, "this line " + run.error().message);
  const std::string wrong = misfit(*run);
  if (!wrong.empty()) return misplaced(wrong);
  auto visited = visitor_.on_run(*run);
  if (!visited) return at(line_number_, visited.error().message);
  scan_.segments.push_back({std::move(*run), std::nullopt});
  return {};
}

Result<void> Scanner::accept_end(std::string_view text) {
  auto end = decoder_.end(text);
  if (!end) return misplaced(end.error().message);
  Segment& segment = scan_.segments.back();
  if (end->segment != segment.run.segment || segment.end) {
    return misplaced(fmt::format("ends segment {}, which is not open", end->segment));
  }
  for (std::size_t i = 0; i < status_names.size(); ++i) {
    if (end->counts.by_status[i] == scan_.counts.by_status[i]) continue;
    return misplaced(fmt::format("counts {} operations that are '{}' where the report holds {}: lines were removed",
                                 end->counts.by_status[i], status_names[i], scan_.counts.by_status[i]));
  }
  auto visited = visitor_.on_end(*end);
  if (!visited) return at(line_number_, visited.error().message);
  // The end line shows that the others were not in flight, so they were not applied.
  std::erase_if(noted_, [&](const auto& noted) {
    const bool of_segment = noted.second.trace_id.prefix == segment.run.trace_prefix || !segment.run.engine.empty();
    return of_segment && std::find(end->unsettled.begin(), end->unsettled.end(), noted.first) == end->unsettled.end();
  });
  scan_.unsettled.insert(scan_.unsettled.end(), end->unsettled.begin(), end->unsettled.end());
  segment.end = std::move(*end);
  return {};
}

Result<void> Scanner::accept_worker(std::string_view text) {
  const auto worker = decoder_.worker(text);
  if (!worker) return misplaced(worker.error().message);
  auto& prefixes = scan_.worker_prefixes;
  if (std::ranges::find(prefixes, worker->trace_prefix) == prefixes.end()) prefixes.push_back(worker->trace_prefix);
  auto visited = visitor_.on_worker(*worker);
  if (!visited) return at(line_number_, visited.error().message);
  return {};
}

Result<void> Scanner::accept_collected(std::string_view text) {
  const auto collected = decoder_.collected(text);
  if (!collected) return misplaced(collected.error().message);
  auto visited = visitor_.on_collected(*collected);
  if (!visited) return at(line_number_, visited.error().message);
  return {};
}

Result<Scan> Scanner::finish() {
  if (line_number_ == 0) return empty_error(name_);
  auto& unsettled = scan_.unsettled;
  std::erase_if(unsettled, [&](std::uint32_t line) { return scan_.done.contains(line); });
  std::sort(unsettled.begin(), unsettled.end());
  unsettled.erase(std::unique(unsettled.begin(), unsettled.end()), unsettled.end());
  for (const auto& [line, note] : noted_) scan_.noted.push_back(note);
  const std::uint64_t operations = scan_.segments.front().run.job.operations;
  scan_.counts.remaining = operations - std::min(operations, scan_.counts.finished());
  return std::move(scan_);
}

Result<std::size_t> read_some(int fd, const std::string& name, char* to, std::size_t size) {
  for (;;) {
    const ssize_t count = ::read(fd, to, size);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return system_error(ErrorKind::usage, name, "cannot read the report", errno);
  }
}

}  // namespace

Error open_error(const std::string& name, int code) {
  auto error = system_error(ErrorKind::usage, name, "cannot open the report", code);
  if (code == ENOENT) error.message += "; name it where it is now, or put a copy in its place";
  return error;
}

Error empty_error(const std::string& name) {
  return usage_error(name +
                     ": this is not a koobatch report: it is empty; if something emptied it, as log rotation does, put "
                     "the copy in its place");
}

Error first_line_error(const std::string& name, std::string_view line) {
  return usage_error(fmt::format("{}:1: {}", name, describe_first_line(line)));
}

Result<void> Visitor::on_run(const RunRecord&) {
  return {};
}
Result<void> Visitor::on_result(const ResultLine&) {
  return {};
}
Result<void> Visitor::on_end(const EndRecord&) {
  return {};
}
Result<void> Visitor::on_read(std::string_view) {
  return {};
}
Result<void> Visitor::on_worker(const WorkerRecord&) {
  return {};
}
Result<void> Visitor::on_collected(const CollectedRecord&) {
  return {};
}

bool Scan::has_unclosed_segment() const {
  return std::any_of(segments.begin(), segments.end(), [](const Segment& s) { return !s.end || s.end->all_unsettled; });
}

bool Scan::verified() const {
  return std::all_of(segments.begin(), segments.end(), [](const Segment& s) { return s.run.job.verified; });
}

std::vector<std::uint32_t> Scan::trace_prefixes() const {
  std::vector<std::uint32_t> prefixes;
  for (const auto& segment : segments) prefixes.push_back(segment.run.trace_prefix);
  prefixes.insert(prefixes.end(), worker_prefixes.begin(), worker_prefixes.end());
  return prefixes;
}

Result<Scan> scan(const std::string& name, const ReadSome& read, Visitor& visitor) {
  LineSplitter splitter(read);
  Scanner scanner(name, visitor);
  LineSplitter::Line line;
  for (;;) {
    const auto more = splitter.next(line);
    if (!more) return more.error();
    if (!*more) return scanner.finish();
    const auto consumed = scanner.consume(line);
    if (!consumed) return consumed.error();
  }
}

Result<Scan> scan(const std::filesystem::path& path, Visitor& visitor, std::uint64_t most_bytes) {
  const std::string& name = path.native();
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return open_error(name, errno);
  const int fd = file.get();
  struct stat status{};
  if (::fstat(fd, &status) != 0) return system_error(ErrorKind::usage, name, "cannot read the report", errno);
  if (S_ISDIR(status.st_mode)) return usage_error(name + ": is a folder; name the report file in it");
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  const auto read = [&](char* to, std::size_t size) {
    auto got = read_some(fd, name, to, std::min<std::uint64_t>(size, most_bytes));
    if (got) most_bytes -= *got;
    return got;
  };
  return scan(name, read, visitor);
}

Result<Scan> scan(const std::filesystem::path& path) {
  Visitor nothing;
  return scan(path, nothing);
}

}  // namespace koobatch::report
