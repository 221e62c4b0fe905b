#include "koobatch/report/reader.hpp"

#include "contains.hpp"
#include "report_samples.hpp"

#include <fmt/format.h>

#include <numeric>

using namespace koobatch;
using namespace koobatch::report;
using koobatch::test::contains;

namespace {

using samples::line;
using samples::scan_text;
using samples::sync;

/// The error of scanning `text`; empty if there is none.
std::string complaint(std::string_view text) {
  const auto scanned = scan_text(text);
  return scanned ? "" : scanned.error().message;
}

std::string joined(const std::vector<std::string>& lines) {
  return std::accumulate(lines.begin(), lines.end(), std::string());
}

/// A report of three groups, without anything after the last.
std::vector<std::string> open_report() {
  return {line(samples::run()),
          line(samples::result(1)),
          line(samples::result(2, Status::rejected)),
          sync(1),
          line(samples::result(4)),
          line(samples::note(5)),
          sync(2),
          line(samples::result(3, Status::unknown)),
          line(samples::result(5))};
}

EndRecord end_of_open_report() {
  return samples::end(1, "completed", {3, 1, 0, 1, 0});
}

std::size_t bytes_before(const std::vector<std::string>& lines, std::size_t index) {
  return joined({lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(index)}).size();
}

bool proves_what_is_before(const std::string& text) {
  return text.starts_with(R"({"type":"sync")") || text.starts_with(R"({"type":"end")");
}

/// Checks that a report whose line `bad` (from 0) is damaged is judged by what follows: `next` is the first line after
/// it that is intact.
void require_right_decision(const std::string& text, const std::vector<std::string>& lines, std::size_t bad,
                            std::size_t next) {
  const auto scanned = scan_text(text);
  const bool proven =
      std::any_of(lines.begin() + static_cast<std::ptrdiff_t>(next), lines.end(), proves_what_is_before);
  if (bad == 0 || proven) {
    BOOST_REQUIRE(!scanned);
    BOOST_REQUIRE_MESSAGE(contains(scanned.error().message, "r.ndjson:" + std::to_string(bad + 1) + ": "),
                          scanned.error().message);
    return;
  }
  BOOST_REQUIRE_MESSAGE(scanned, scanned.error().message);
  BOOST_REQUIRE_EQUAL(scanned->valid_bytes, bytes_before(lines, bad));
  BOOST_REQUIRE_EQUAL(scanned->bytes, text.size());
}

/// Flips every single bit of the lines from `from` on, one at a time.
void require_right_decision_for_every_bit(const std::vector<std::string>& lines, std::size_t from) {
  const std::string whole = joined(lines);
  for (std::size_t bad = from; bad < lines.size(); ++bad) {
    const std::size_t start = bytes_before(lines, bad);
    for (std::size_t bit = 0; bit < lines[bad].size() * 8; ++bit) {
      std::string text = whole;
      char& byte = text[start + bit / 8];
      byte = static_cast<char>(byte ^ (1 << (bit % 8)));
      // A line without its newline swallows the next one.
      const bool swallows = bit / 8 + 1 == lines[bad].size();
      require_right_decision(text, lines, bad, std::min(bad + (swallows ? 2 : 1), lines.size()));
    }
  }
}

/// The lines and attempts in Scan::noted.
std::string noted(const std::vector<std::string>& lines) {
  const auto scanned = scan_text(joined(lines));
  BOOST_REQUIRE_MESSAGE(scanned, scanned.error().message);
  std::string text;
  for (const auto& note : scanned->noted) {
    text += fmt::format("{}.{} ", note.trace_id.line, static_cast<unsigned>(note.trace_id.attempt));
  }
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_reader)

BOOST_AUTO_TEST_CASE(a_closed_report_is_read_to_its_end) {
  auto end = samples::end();
  end.counts.by_status = {2, 1, 0, 0, 0};
  const std::string text = line(samples::run(1, 3)) + line(samples::result(1)) +
                           line(samples::result(2, Status::rejected)) + sync(1) + line(samples::result(3)) + line(end);
  const auto scanned = scan_text(text);
  BOOST_REQUIRE(scanned);
  BOOST_TEST(scanned->ended());
  BOOST_TEST(!scanned->torn());
  BOOST_TEST(!scanned->has_unclosed_segment());
  BOOST_TEST(scanned->bytes == text.size());
  BOOST_TEST(scanned->valid_bytes == text.size());
  BOOST_TEST(scanned->valid_lines == 6U);
  BOOST_TEST(scanned->last_sync == 1U);
  BOOST_TEST(scanned->counts[Status::succeeded] == 2U);
  BOOST_TEST(scanned->counts[Status::rejected] == 1U);
  BOOST_TEST(scanned->counts.remaining == 0U);
  BOOST_TEST(scanned->done.size() == 3U);
  BOOST_TEST(scanned->segments.front().run.job.path == "/jobs/rename.ndjson");
  BOOST_TEST(scanned->segments.front().end->reason == "completed");
}

BOOST_AUTO_TEST_CASE(a_run_that_was_resumed_has_several_segments) {
  auto end = samples::end(1, "interrupted", {1});
  end.unsettled = {9, 2, 5};
  auto again = samples::end(2, "interrupted", {2});
  again.unsettled = {9, 7};
  const auto scanned =
      scan_text(line(samples::run(1)) + line(samples::result(1)) + line(end) + sync(4) + line(samples::run(2)) +
                line(samples::result(5)) + line(again) + line(samples::run(3)));
  BOOST_REQUIRE(scanned);
  BOOST_TEST(scanned->segments.size() == 3U);
  BOOST_TEST(!scanned->ended());
  BOOST_TEST(scanned->has_unclosed_segment());
  BOOST_TEST(scanned->last_sync == 4U);
  BOOST_TEST(scanned->trace_prefixes() == (std::vector<std::uint32_t>{0x15555, 0x15556, 0x15557}),
             boost::test_tools::per_element());
  // 5 has got its result in the meantime.
  BOOST_TEST(scanned->unsettled == (std::vector<std::uint32_t>{2, 7, 9}), boost::test_tools::per_element());
  BOOST_TEST(scanned->counts.remaining == 98U);
}

BOOST_AUTO_TEST_CASE(the_lines_with_a_result_are_known) {
  const auto scanned = scan_text(joined(open_report()));
  BOOST_REQUIRE(scanned);
  for (const std::uint32_t done : {1U, 2U, 3U, 4U, 5U}) BOOST_TEST(scanned->done.contains(done));
  BOOST_TEST(!scanned->done.contains(6));
}

BOOST_AUTO_TEST_CASE(the_last_noted_attempt_of_an_operation_without_a_result_may_have_been_made) {
  BOOST_TEST(noted({line(samples::run()), line(samples::note(7)), line(samples::note(3)), line(samples::note(5)),
                    line(samples::note(7, 2)), line(samples::result(5))}) == "3.1 7.2 ");
}

BOOST_AUTO_TEST_CASE(an_end_line_shows_which_noted_attempts_were_not_made) {
  auto end = samples::end(1, "interrupted");
  end.unsettled = {3};
  BOOST_TEST(noted({line(samples::run()), line(samples::note(3)), line(samples::note(7)), line(end)}) == "3.1 ");
}

BOOST_AUTO_TEST_CASE(a_later_segments_end_line_says_nothing_about_attempts_of_an_earlier_one) {
  BOOST_TEST(noted({line(samples::run()), line(samples::note(3)), line(samples::run(2)), line(samples::note(4, 1, 2)),
                    line(samples::end(2, "interrupted"))}) == "3.1 ");
}

BOOST_AUTO_TEST_CASE(an_attempt_noted_after_the_operations_result_is_refused) {
  BOOST_TEST(contains(complaint(joined({line(samples::run()), line(samples::result(3)), line(samples::note(3))})),
                      "r.ndjson:3: this line is an attempt of an operation that has its result"));
}

BOOST_AUTO_TEST_CASE(a_report_torn_at_any_byte_is_valid_up_to_its_last_whole_line) {
  const auto lines = open_report();
  const std::string whole = joined(lines);
  for (std::size_t size = lines[0].size(); size <= whole.size(); ++size) {
    const auto scanned = scan_text(std::string_view(whole).substr(0, size));
    BOOST_REQUIRE(scanned);
    std::size_t valid = 0, count = 0;
    while (count < lines.size() && valid + lines[count].size() <= size) valid += lines[count++].size();
    BOOST_REQUIRE_EQUAL(scanned->valid_bytes, valid);
    BOOST_REQUIRE_EQUAL(scanned->valid_lines, count);
    BOOST_REQUIRE_EQUAL(scanned->torn(), valid != size);
    BOOST_REQUIRE(!scanned->ended());
  }
}

BOOST_AUTO_TEST_CASE(a_file_without_the_first_line_is_not_a_report) {
  const std::string first = line(samples::run());
  for (std::size_t size = 0; size < first.size(); ++size) {
    BOOST_REQUIRE(contains(complaint(std::string_view(first).substr(0, size)), "not a koobatch report"));
  }
  BOOST_TEST(contains(complaint(line(samples::result(1))), "does not begin with a 'run' line"));
  BOOST_TEST(contains(complaint("{\"op\":\"update_album\"}\n"), "r.ndjson:1: "));
}

BOOST_AUTO_TEST_CASE(a_report_whose_bytes_another_program_has_changed_says_what_it_has_done) {
  const std::string whole = joined(open_report());
  std::string returned;
  for (const char c : whole) returned += c == '\n' ? std::string("\r\n") : std::string(1, c);
  BOOST_TEST(contains(complaint(returned), "r.ndjson:1: its lines end in CR LF, which another program has done to it"));
  BOOST_TEST(
      contains(complaint("\xef\xbb\xbf" + whole), "r.ndjson:1: it begins with a byte order mark, which another"));
  std::string edited = whole;
  edited[edited.find("started") + 12] ^= 1;
  BOOST_TEST(contains(complaint(edited),
                      "r.ndjson:1: its checksum does not match: this line was changed after it was written"));
  BOOST_TEST(contains(complaint("\xef\xbb\xbf{}\r\n"), "this is not a koobatch report"));
}

BOOST_AUTO_TEST_CASE(any_bit_that_flips_in_an_open_report_is_judged_by_what_follows) {
  require_right_decision_for_every_bit(open_report(), 0);
}

BOOST_AUTO_TEST_CASE(any_bit_that_flips_in_a_closed_report_is_judged_by_what_follows) {
  auto lines = open_report();
  lines.push_back(line(end_of_open_report()));
  require_right_decision_for_every_bit(lines, 4);
}

BOOST_AUTO_TEST_CASE(a_line_removed_from_a_closed_report_is_noticed) {
  const auto whole = open_report();
  for (std::size_t taken = 1; taken < whole.size(); ++taken) {
    auto lines = whole;
    lines.push_back(line(end_of_open_report()));
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(taken));
    const bool result = whole[taken].find(R"("type":"result")") != std::string::npos;
    BOOST_TEST(scan_text(joined(lines)).has_value() != result);
    if (!result) continue;
    BOOST_TEST(contains(complaint(joined(lines)), ": lines were removed"));
  }
}

BOOST_AUTO_TEST_CASE(damage_before_a_mark_is_refused_naming_the_line) {
  auto lines = open_report();
  lines[2] = "\n";
  BOOST_TEST(
      complaint(joined(lines)) ==
      "r.ndjson:3: damaged: this line is not as it was written, though a later one proves that it once was whole; "
      "restore the report from a copy");
  lines[2] = std::string(3'000'000, '\0');  // and no newline: swallows the mark, but not the next one
  BOOST_TEST(contains(complaint(joined(lines)), "r.ndjson:3: damaged"));
}

BOOST_AUTO_TEST_CASE(intact_results_after_a_torn_line_prove_nothing) {
  // The pages of one group may reach the disk in any order.
  auto lines = open_report();
  lines[7] = std::string(lines[7].size() - 1, '\0') + "\n";
  const auto scanned = scan_text(joined(lines));
  BOOST_REQUIRE(scanned);
  BOOST_TEST(scanned->valid_bytes == bytes_before(lines, 7));
  BOOST_TEST(!scanned->done.contains(5));
}

BOOST_AUTO_TEST_CASE(a_mark_whose_own_checksum_is_wrong_proves_nothing) {
  auto lines = open_report();
  lines[4] = "torn\n";
  std::string& mark = lines[6];
  mark[mark.find("\"n\":") + 4] = '7';
  const auto scanned = scan_text(joined(lines));
  BOOST_REQUIRE(scanned);
  BOOST_TEST(scanned->valid_bytes == bytes_before(lines, 4));
}

BOOST_AUTO_TEST_CASE(a_line_that_is_not_json_is_bad_even_with_a_right_checksum) {
  std::string text = line(samples::run());
  const std::size_t valid = text.size();
  text += R"({"type":no,"sum":"71b22827d07a0126"})"
          "\n";
  const auto scanned = scan_text(text);
  BOOST_REQUIRE(scanned);
  BOOST_TEST(scanned->valid_bytes == valid);
}

BOOST_AUTO_TEST_CASE(two_results_for_one_line_are_refused) {
  const std::string text = line(samples::run()) + line(samples::result(7)) + line(samples::result(7, Status::failed));
  BOOST_TEST(complaint(text) ==
             "r.ndjson:3: this line is a second result for line 7 of the job, so the report cannot be used; restore it "
             "from a copy");
}

BOOST_AUTO_TEST_CASE(segments_that_do_not_fit_together_are_refused) {
  auto other = samples::run(2);
  other.run_id = "r-2";
  BOOST_TEST(contains(complaint(line(samples::run()) + line(other)), "r.ndjson:2: this line belongs to another run"));
  BOOST_TEST(contains(complaint(line(samples::run()) + line(samples::run(3))), "begins segment 3 where 2 is due"));
  BOOST_TEST(contains(complaint(line(samples::run(2))), "begins segment 2 where 1 is due"));
  BOOST_TEST(contains(complaint(line(samples::run()) + line(samples::end(2))), "ends segment 2, which is not open"));
  BOOST_TEST(contains(complaint(line(samples::run()) + line(samples::end()) + line(samples::end())),
                      "r.ndjson:3: this line ends segment 1, which is not open"));
}

BOOST_AUTO_TEST_CASE(a_result_with_escaped_text_is_read_too) {
  auto escaped = samples::result(3, Status::failed);
  escaped.id = "quote \" backslash \\ end";
  const auto scanned = scan_text(line(samples::run()) + line(escaped));
  BOOST_REQUIRE(scanned);
  BOOST_TEST(scanned->done.contains(3));
  BOOST_TEST(scanned->counts[Status::failed] == 1U);
}

BOOST_AUTO_TEST_CASE(the_visitor_sees_every_valid_line_in_order) {
  struct Recorder : Visitor {
    std::string seen;
    Result<void> on_run(const RunRecord& run) override {
      seen += "run " + std::to_string(run.segment) + ";";
      return {};
    }
    Result<void> on_result(const ResultLine& result) override {
      const auto record = decoder.result(result.text);
      BOOST_REQUIRE(record);
      BOOST_TEST(record->line == result.line);
      BOOST_TEST((record->status == result.status));
      seen += std::to_string(result.line) + " " + std::string(to_string(result.status)) + ";";
      return {};
    }
    Result<void> on_end(const EndRecord& end) override {
      seen += "end " + end.reason + ";";
      return {};
    }
    Decoder decoder;
  } recorder;
  const std::string text = joined(open_report()) + line(end_of_open_report()) + "torn" + line(samples::result(9));
  for (const std::size_t step : {std::size_t{1}, std::size_t{100}, text.size()}) {
    recorder.seen.clear();
    BOOST_REQUIRE(scan("r.ndjson", samples::source(text, step), recorder));
    BOOST_TEST(recorder.seen == "run 1;1 succeeded;2 rejected;4 succeeded;3 unknown;5 succeeded;end completed;");
  }
}

BOOST_AUTO_TEST_CASE(a_visitor_that_objects_ends_the_scan_at_that_line) {
  struct Objector : Visitor {
    Result<void> on_result(const ResultLine& result) override {
      if (result.line == 2) return usage_error("no");
      return {};
    }
  } objector;
  const auto scanned = scan("r.ndjson", samples::source(joined(open_report())), objector);
  BOOST_REQUIRE(!scanned);
  BOOST_TEST(scanned.error().message == "r.ndjson:3: no");
}

BOOST_AUTO_TEST_CASE(a_line_longer_than_the_buffer_is_read) {
  auto long_one = samples::result(1);
  const std::string ref(5'000'000, 'x');
  long_one.ref = ref;
  const std::string text = line(samples::run()) + line(long_one) + line(samples::result(2));
  const auto scanned = scan_text(text);
  BOOST_REQUIRE(scanned);
  BOOST_TEST(scanned->valid_bytes == text.size());
}

BOOST_AUTO_TEST_CASE(a_line_that_never_ends_is_torn_and_does_not_fill_the_memory) {
  const std::string start = line(samples::run());
  std::uint64_t left = std::uint64_t{200} << 20;
  std::size_t largest = 0;
  auto head = samples::source(start);
  const ReadSome endless = [&](char* to, std::size_t size) -> Result<std::size_t> {
    largest = std::max(largest, size);
    if (const auto count = head(to, size); *count != 0) return count;
    const std::size_t count = std::min<std::uint64_t>(size, left);
    std::memset(to, 0, count);
    left -= count;
    return count;
  };
  Visitor nothing;
  const auto scanned = scan("r.ndjson", endless, nothing);
  BOOST_REQUIRE(scanned);
  BOOST_TEST(scanned->valid_bytes == start.size());
  BOOST_TEST(scanned->bytes == start.size() + (std::uint64_t{200} << 20));
  BOOST_TEST(largest <= std::size_t{16} << 20);
}

BOOST_AUTO_TEST_CASE(a_line_of_a_later_version_is_skipped) {
  const std::string text = line(samples::run()) + line(samples::result(1));
  const auto scanned = scan_text(text + "{\"type\":\"note\",\"text\":\"hello\",\"sum\":\"1cfcca72d712f18c\"}\n" +
                                 line(samples::result(2)));
  BOOST_REQUIRE(scanned);
  BOOST_TEST(scanned->done.size() == 2U);
}

BOOST_AUTO_TEST_CASE(an_error_while_reading_is_passed_on) {
  const ReadSome broken = [](char*, std::size_t) -> Result<std::size_t> { return usage_error("r.ndjson: I/O error"); };
  Visitor nothing;
  const auto scanned = scan("r.ndjson", broken, nothing);
  BOOST_REQUIRE(!scanned);
  BOOST_TEST(scanned.error().message == "r.ndjson: I/O error");
}

BOOST_AUTO_TEST_CASE(a_report_is_read_from_its_file) {
  const samples::Folder folder;
  const auto path = folder / "r.ndjson";
  std::ofstream(path, std::ios::binary) << joined(open_report());
  const auto scanned = scan(path);
  BOOST_REQUIRE(scanned);
  BOOST_TEST(scanned->done.size() == 5U);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_a_usage_error_that_names_it) {
  const samples::Folder folder;
  const auto missing = scan(folder / "none.ndjson");
  BOOST_REQUIRE(!missing);
  BOOST_TEST(missing.error().kind == ErrorKind::usage);
  BOOST_TEST(missing.error().message == (folder / "none.ndjson").string() +
                                            ": cannot open the report: No such file or "
                                            "directory; name it where it is now, or put a copy in its place");
  const auto directory = scan(folder.path());
  BOOST_REQUIRE(!directory);
  BOOST_TEST(contains(directory.error().message, "is a folder"));
}

BOOST_AUTO_TEST_CASE(what_was_read_is_shown_to_the_visitor_and_is_no_result) {
  class Collector final : public Visitor {
   public:
    Result<void> on_read(std::string_view text) override {
      seen.emplace_back(text);
      return {};
    }
    std::vector<std::string> seen;
  };
  std::string note;
  append_line(note, ReadingNote{{0x15555, 1, 1}, samples::noon(), R"("items":[{"id":"1"}])"});
  BOOST_TEST(note.starts_with(R"({"type":"read","line":1,"trace_id":")"), note);
  Collector collector;
  const auto text = line(samples::run()) + note + line(samples::result(1)) + sync(1);
  const auto scanned = scan("r.ndjson", samples::source(text), collector);
  BOOST_REQUIRE(scanned);
  BOOST_TEST_REQUIRE(collector.seen.size() == 1U);
  BOOST_TEST(collector.seen.front() + "\n" == note);
  BOOST_TEST(scanned->counts.finished() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
