// Any bytes as a report that a run left behind, which is to be recovered and shown.
#include "oracle.hpp"
#include "report_lines.hpp"

#include "koobatch/core/terminal_text.hpp"
#include "koobatch/report/csv_export.hpp"
#include "koobatch/report/decoder.hpp"
#include "koobatch/report/page.hpp"
#include "koobatch/report/reader.hpp"
#include "koobatch/report/summary.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using namespace koobatch;
using namespace koobatch::report;
using fuzz::must;

// Scanning ---------------------------------------------------------------------------------------------------------

Result<Scan> scan_text(std::string_view text, std::size_t step, Visitor& visitor) {
  return scan(
      "r.ndjson",
      [=](char* to, std::size_t size) mutable -> Result<std::size_t> {
        const auto count = std::min({size, step, text.size()});
        if (count > 0) std::memcpy(to, text.data(), count);
        text.remove_prefix(count);
        return count;
      },
      visitor);
}

Result<Scan> scan_text(std::string_view text, std::size_t step) {
  Visitor nothing;
  return scan_text(text, step, nothing);
}

template <class Record>
std::string line_of(const Record& record) {
  std::string out;
  append_line(out, record);
  return out;
}

/// All that a scan found, as one text that can be compared.
std::string described(const Scan& s) {
  std::string out;
  for (const auto& segment : s.segments) {
    out += line_of(segment.run);
    if (segment.end) out += line_of(*segment.end);
  }
  append_counts(out, s.counts);
  for (const auto line : s.unsettled) out += fmt::format(" unsettled {}", line);
  for (const auto& note : s.noted) out += line_of(note);
  return out + fmt::format(" done {}, {} bytes valid, {} lines, sync {}", s.done.size(), s.valid_bytes, s.valid_lines,
                           s.last_sync);
}

void check_same(const Result<Scan>& a, const Result<Scan>& b) {
  must(a.has_value() == b.has_value(), "a report can be used or not, however it is read");
  if (!a) return must(a.error().message == b.error().message, "a report is refused the same way in pieces");
  must(described(*a) == described(*b) && a->bytes == b->bytes, "a report reads the same in pieces");
}

/// Whether a line is certainly good. Of what is not JSON, but has the right sum, simdjson's On-Demand notices only
/// part, and which part depends on the lines it read before.
bool is_good(const std::string& line, Decoder& decoder) {
  if (!line.ends_with('\n')) return false;
  const auto text = std::string_view(line).substr(0, line.size() - 1);
  simdjson::dom::parser parser;
  const bool is_json = parser.parse(simdjson::padded_string(text)).error() == simdjson::SUCCESS;
  return is_json && has_valid_sum(text) && decoder.type(text).has_value();
}

/// What is valid ends with a line that is, and what comes behind it is not.
void check_extent(const Scan& s, std::string_view text) {
  must(s.bytes == text.size() && s.valid_bytes <= s.bytes, "a report is read to its end");
  Decoder decoder;
  const auto valid = fuzz::split_lines(text.substr(0, s.valid_bytes));
  must(valid.size() == s.valid_lines && !valid.empty(), "valid lines are counted");
  for (const auto& line : valid) {
    must(line.ends_with('\n') && has_valid_sum({line.data(), line.size() - 1}), "a valid line is whole, its sum right");
  }
  const auto rest = fuzz::split_lines(text.substr(s.valid_bytes));
  must(rest.empty() || !is_good(rest.front(), decoder), "nothing valid is cut off");
}

template <class Lines>
bool rises(const Lines& lines) {
  return std::adjacent_find(lines.begin(), lines.end(), std::greater_equal<>()) == lines.end();
}

void check_content(const Scan& s) {
  must(s.done.size() == s.counts.finished(), "every result is counted once");
  must(!s.segments.empty() && s.segments.size() <= s.valid_lines, "there is a segment");
  const auto is_done = [&](std::uint32_t line) { return s.done.contains(line); };
  must(rises(s.unsettled) && std::none_of(s.unsettled.begin(), s.unsettled.end(), is_done),
       "unsettled operations have no result");
  std::vector<std::uint32_t> noted;
  for (const auto& note : s.noted) noted.push_back(note.trace_id.line);
  must(rises(noted) && std::none_of(noted.begin(), noted.end(), is_done), "noted attempts have no result");
}

/// A resumed run cuts the report there and goes on.
void check_recovery(const Scan& s, std::string_view text) {
  const auto recovered = scan_text(text.substr(0, s.valid_bytes), text.size());
  must(recovered.has_value(), "what is valid of a report can be used");
  must(!recovered->torn() && described(*recovered) == described(s), "nothing is lost with the torn tail");
}

// Showing ----------------------------------------------------------------------------------------------------------

bool names_once(std::string_view text, std::string_view member) {
  return text.find(member) == text.rfind(member);
}

/// The cells of one row of CSV (RFC 4180), or 0 if it is none.
std::size_t count_cells(std::string_view row) {
  std::size_t cells = 1;
  bool quoted = false;
  for (const char c : row.substr(0, row.size() - 2)) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\r' || c == '\n') return 0;
    if (c == ',') ++cells;
  }
  return quoted || !row.ends_with("\r\n") ? 0 : cells;
}

/// As the `report` verb reads results.
class Reading final : public Visitor {
 public:
  Result<void> on_run(const RunRecord& run) override {
    builder_.begin_segment(run);
    return details_.on_run(run);
  }
  Result<void> on_result(const ResultLine& result) override {
    const auto record = decoder_.result(result.text);
    if (!record) return record.error();
    if (names_once(result.text, "\"line\":") && names_once(result.text, "\"status\":")) {
      must(record->line == result.line && record->status == result.status, "the scan reads what the decoder reads");
    }
    builder_.add(*record);
    check_written_again(*record);
    check_row(*record);
    return details_.on_result(*record);
  }
  Result<void> on_end(const EndRecord& end) override {
    builder_.end_segment(end);
    check_written_again(end);
    return details_.on_end(end);
  }
  Summary summary() const { return builder_.build("r.ndjson"); }
  const Details& details() const { return details_; }

 private:
  void check_written_again(const ResultRecord& record) {
    const auto first = line_of(record);
    const std::string_view text(first.data(), first.size() - 1);
    must(has_valid_sum(text), "a line is written with its sum");
    const auto again = second_decoder_.result(text);
    must(again.has_value(), "a line that is written can be read");
    must(line_of(*again) == first, "a line is written as it was read");
  }

  void check_written_again(const EndRecord& end) {
    const auto first = line_of(end);
    const auto again = second_decoder_.end(std::string_view(first.data(), first.size() - 1));
    must(again.has_value(), "an end line that is written can be read");
    must(line_of(*again) == first, "an end line is written as it was read");
  }

  static void check_row(const ResultRecord& record) {
    std::string header, row;
    append_csv_header(header);
    append_csv_row(row, record);
    must(count_cells(row) == count_cells(header), "a result is one row of CSV");
  }

  SummaryBuilder builder_;
  Details details_;
  Decoder decoder_, second_decoder_;
};

void check_shown(const Summary& summary) {
  static simdjson::dom::parser parser;
  const auto json = summary_json(summary);
  must(parser.parse(json).error() == simdjson::SUCCESS && harmless(json) == json, "a summary is harmless JSON");
  for (const std::size_t width : {0U, 100U}) {
    for (const auto& line : fuzz::split_lines(summary_text(summary, false, width))) {
      const auto text = line.substr(0, line.size() - 1);
      must(harmless(text) == text, "a summary is harmless to a terminal");
    }
  }
}

void check_charts(const Details& details) {
  static simdjson::dom::parser parser;
  const auto data = chart_data(details);
  must(parser.parse(data).error() == simdjson::SUCCESS && data.find('<') == std::string::npos,
       "the data of charts are JSON that may stand in a page");
  must(details.timeline().buckets().size() <= Timeline::most_buckets, "charts are bounded");
}

// Mutating ---------------------------------------------------------------------------------------------------------

/// What libFuzzer makes of `text`.
std::string mutated(std::string text, std::size_t max_size) {
  const auto size = text.size();
  text.resize(std::max(size, max_size));
  text.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(text.data()), size, text.size()));
  return text;
}

void mutate_line(std::vector<std::string>& lines, fuzz::Random& random) {
  constexpr std::size_t growth = 32;
  auto& line = lines[random() % lines.size()];
  line = fuzz::sealed(mutated(line, line.size() + growth));
}

/// Repeats, drops, swaps or makes a line.
void rearrange(std::vector<std::string>& lines, fuzz::Random& random) {
  const auto at = static_cast<std::ptrdiff_t>(random() % (lines.size() + 1));
  switch (random() % 6) {
    case 0:
      lines.insert(lines.begin() + at, std::string(lines[random() % lines.size()]));
      break;
    case 1:
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(random() % lines.size()));
      break;
    case 2:
      std::swap(lines[random() % lines.size()], lines[random() % lines.size()]);
      break;
    default:
      lines.insert(lines.begin() + at, fuzz::made_line(random));
  }
}

std::string mutated_report(const std::string& text, std::size_t max_size, fuzz::Random& random) {
  auto lines = fuzz::split_lines(text);
  const auto choice = random() % 8;
  if (choice == 0 || lines.empty()) return mutated(text, max_size);  // with sums that are wrong, most of the time
  if (choice == 1) {
    lines = fuzz::split_lines(mutated(text, max_size));
    for (auto& line : lines) line = fuzz::sealed(line);
  } else if (choice < 5) {
    mutate_line(lines, random);
  } else {
    rearrange(lines, random);
  }
  return fuzz::joined(lines);
}

}  // namespace

/// Keeps the sums right most of the time: a line with a wrong one is not looked at any further.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  fuzz::Random random(seed);
  const auto text = mutated_report(std::string(fuzz::text_of(data, size)), max_size, random);
  const auto kept = std::min(text.size(), max_size);
  std::copy_n(text.begin(), kept, data);
  return kept;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto whole = scan_text(text, size + 1);
  check_same(whole, scan_text(text, 7));
  if (!whole) return 0;
  check_extent(*whole, text);
  check_content(*whole);
  check_recovery(*whole, text);
  Reading reading;
  if (scan_text(text, size + 1, reading)) {
    check_shown(reading.summary());
    check_charts(reading.details());
  }
  return 0;
}
