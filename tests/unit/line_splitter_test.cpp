#include "koobatch/job/line_splitter.hpp"

#include "job_support.hpp"

#include <simdjson.h>
#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::job;
using job_support::text_source;

namespace {

/// All lines as "NUMBER:TEXT", "NUMBER:(too long)" or the error.
std::vector<std::string> lines_of(std::string text, LineLimits limits = {}, std::size_t step = 7) {
  LineSplitter lines(text_source(std::move(text), step), "jobs/a", limits);
  std::vector<std::string> out;
  for (;;) {
    const auto item = lines.next();
    if (!item) {
      out.push_back(item.error().message);
      return out;
    }
    if (*item == LineSplitter::Item::end) return out;
    out.push_back(fmt::format("{}:{}", lines.number(),
                              *item == LineSplitter::Item::too_long ? "(too long)" : std::string(lines.text())));
  }
}

using Lines = std::vector<std::string>;

/// An endless line of which it counts how much was asked for.
class EndlessLine final : public ByteSource {
 public:
  explicit EndlessLine(std::size_t size) : left_(size) {}
  Result<std::size_t> read(char* out, std::size_t size) override {
    largest_read_ = std::max(largest_read_, size);
    const auto count = std::min(size, left_);
    std::memset(out, 'x', count);
    left_ -= count;
    return count;
  }
  Digest digest() const override { return {largest_read_, 0}; }

 private:
  std::size_t left_;
  std::size_t largest_read_ = 0;
};

class BrokenDisk final : public ByteSource {
 public:
  Result<std::size_t> read(char* out, std::size_t /*size*/) override {
    if (reads_++ > 0) return fatal_error("jobs/a: cannot continue reading the job: Input/output error");
    std::memcpy(out, "one\ntw", 6);
    return std::size_t{6};
  }
  Digest digest() const override { return {}; }

 private:
  int reads_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(line_splitter)

BOOST_AUTO_TEST_CASE(lines_are_physical_and_counted_from_one) {
  BOOST_TEST(lines_of("a\n\n  \nb\n") == (Lines{"1:a", "2:", "3:  ", "4:b"}), boost::test_tools::per_element());
  BOOST_TEST(lines_of("").empty());
  BOOST_TEST(lines_of("\n") == (Lines{"1:"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_last_line_may_lack_a_line_end) {
  BOOST_TEST(lines_of("a\nb") == (Lines{"1:a", "2:b"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(where_the_first_line_ends_otherwise_a_bare_carriage_return_ends_none) {
  BOOST_TEST(lines_of("a\r\nb\rc\r\r\nd\r") == (Lines{"1:a", "2:b\rc\r", "3:d\r"}), boost::test_tools::per_element());
  LineSplitter lines(text_source("a\r\nb\nc"), "jobs/a");
  for (const std::string end : {"\r\n", "\n", ""}) {
    BOOST_CHECK(lines.next().value() == LineSplitter::Item::line);
    BOOST_TEST(lines.line_end() == end);
  }
}

BOOST_AUTO_TEST_CASE(a_bom_is_dropped_at_the_start_and_nowhere_else) {
  const std::string bom = "\xef\xbb\xbf";
  BOOST_TEST(lines_of(bom + "a\n" + bom + "b", {}, 1) == (Lines{"1:a", "2:" + bom + "b"}),
             boost::test_tools::per_element());
  BOOST_TEST(lines_of(bom).empty());
  BOOST_TEST(lines_of("\xef\xbb", {}, 1) == (Lines{"1:\xef\xbb"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_lines_do_not_depend_on_how_the_bytes_arrive) {
  std::string text;
  Lines expected;
  for (int i = 1; i < 60; ++i) {
    const std::string line(static_cast<std::size_t>(i * i % 37), 'x');
    text += line + (i % 3 == 0 ? "\r\n" : "\n");
    expected.push_back(fmt::format("{}:{}", i, line));
  }
  for (const std::size_t step : std::initializer_list<std::size_t>{1, 2, 3, 5, 64, 100'000}) {
    BOOST_TEST(lines_of(text, {}, step) == expected, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(a_line_over_the_limit_is_skipped_and_the_next_one_is_read) {
  const LineLimits limits{.bytes = 10};
  for (const std::size_t step : std::initializer_list<std::size_t>{1, 7, 100}) {
    BOOST_TEST(
        lines_of("0123456789\n0123456789\r\n0123456789a\n0123456789a\r\nb\n0123456789abcdefghijklmnopqrstuvwxyz\nc",
                 limits, step) ==
            (Lines{"1:0123456789", "2:0123456789", "3:(too long)", "4:(too long)", "5:b", "6:(too long)", "7:c"}),
        boost::test_tools::per_element());
    BOOST_TEST(lines_of("0123456789a", limits, step) == (Lines{"1:(too long)"}), boost::test_tools::per_element());
    BOOST_TEST(lines_of("0123456789", limits, step) == (Lines{"1:0123456789"}), boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(a_line_may_have_a_mebibyte_and_no_byte_more) {
  const std::string most(std::size_t{1} << 20, 'x');
  BOOST_TEST((lines_of(most + "\r\n" + most, {}, 100'000) == Lines{"1:" + most, "2:" + most}));
  BOOST_TEST(lines_of(most + "x\nb", {}, 100'000) == (Lines{"1:(too long)", "2:b"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(memory_does_not_grow_with_a_line_that_is_skipped) {
  LineSplitter lines(std::make_unique<EndlessLine>(std::size_t{64} << 20), "jobs/a");
  BOOST_CHECK(lines.next().value() == LineSplitter::Item::too_long);
  BOOST_TEST(lines.digest().bytes < std::size_t{2} << 20);  // the largest piece it had room for
}

BOOST_AUTO_TEST_CASE(the_padding_a_parser_needs_is_readable_after_every_line) {
  // The address sanitizer sees any byte that is not.
  for (const std::size_t size : std::initializer_list<std::size_t>{1, 100, 131'071, 131'072, 131'073, 1'048'576}) {
    LineSplitter lines(text_source(std::string(size, 'x'), 1 << 20), "jobs/a");
    BOOST_CHECK(lines.next().value() == LineSplitter::Item::line);
    std::size_t sum = 0;
    const char* end = lines.text().data() + lines.text().size();
    for (std::size_t i = 0; i < simdjson::SIMDJSON_PADDING; ++i) sum += static_cast<unsigned char>(end[i]);
    BOOST_TEST(sum <= 255 * simdjson::SIMDJSON_PADDING);
    BOOST_TEST(lines.text().size() == size);
  }
}

BOOST_AUTO_TEST_CASE(a_job_of_too_many_lines_is_an_error) {
  const LineLimits limits{.lines = 3};
  BOOST_TEST(lines_of("a\nb\nc\n", limits) == (Lines{"1:a", "2:b", "3:c"}), boost::test_tools::per_element());
  BOOST_TEST(
      lines_of("a\nb\nc\nd", limits) == (Lines{"1:a", "2:b", "3:c", "jobs/a: has more than 3 lines, split the job"}),
      boost::test_tools::per_element());
  BOOST_TEST(LineLimits().lines == 4'294'967'295U);
}

BOOST_AUTO_TEST_CASE(a_failing_source_is_an_error_and_not_an_end) {
  LineSplitter lines(std::make_unique<BrokenDisk>(), "jobs/a");
  BOOST_CHECK(lines.next().value() == LineSplitter::Item::line);
  BOOST_TEST(lines.text() == "one");
  BOOST_TEST(lines.next().error().message == "jobs/a: cannot continue reading the job: Input/output error");
}

BOOST_AUTO_TEST_CASE(carriage_returns_end_lines_if_the_first_one_ends_so) {
  for (const std::size_t step : std::initializer_list<std::size_t>{1, 2, 3, 100}) {
    BOOST_TEST(lines_of("a\rb\r\rc", {}, step) == (Lines{"1:a", "2:b", "3:", "4:c"}), boost::test_tools::per_element());
    BOOST_TEST(lines_of("a\rb\r\nc\nd\r", {}, step) == (Lines{"1:a", "2:b", "3:c", "4:d"}),
               boost::test_tools::per_element());
    BOOST_TEST(lines_of("\"x\r\ny\",\"z\n\"\rb", {}, step) == (Lines{"1:\"x", "2:y\",\"z", "3:\"", "4:b"}),
               boost::test_tools::per_element());
    BOOST_TEST(lines_of("a\r", {}, step) == (Lines{"1:a"}), boost::test_tools::per_element());
    // Converted twice, which is no end of an old Mac's line.
    BOOST_TEST(lines_of("a\r\r\nb\rc", {}, step) == (Lines{"1:a\r", "2:b\rc"}), boost::test_tools::per_element());
    BOOST_TEST(lines_of("0123456789\r0123456789a\rb\r0123456789abcdefghijklmnopqrstuvwxyz", {.bytes = 10}, step) ==
                   (Lines{"1:0123456789", "2:(too long)", "3:b", "4:(too long)"}),
               boost::test_tools::per_element());
  }
  LineSplitter lines(text_source("a\rb\r\nc"), "jobs/a");
  for (const std::string line_end : {"\r", "\r\n", ""}) {
    BOOST_CHECK(lines.next().value() == LineSplitter::Item::line);
    BOOST_TEST(lines.line_end() == line_end);
  }
  BOOST_TEST(lines.ends_at_returns());
}

BOOST_AUTO_TEST_CASE(a_lone_control_z_ends_the_text_of_dos) {
  for (const std::size_t step : std::initializer_list<std::size_t>{1, 100}) {
    for (const std::string line_end : {"", "\n", "\r\n"}) {
      BOOST_TEST(lines_of("a\r\nb\r\n\x1a" + line_end, {}, step) == (Lines{"1:a", "2:b"}),
                 boost::test_tools::per_element());
    }
    BOOST_TEST(lines_of("a\n\x1a\nb\n", {}, step) == (Lines{"1:a", "2:\x1a", "3:b"}), boost::test_tools::per_element());
    BOOST_TEST(lines_of("a\rb\r\x1a", {}, step) == (Lines{"1:a", "2:b"}), boost::test_tools::per_element());
  }
  LineSplitter lines(text_source("\x1a"), "jobs/a");
  for (int i = 0; i < 3; ++i) BOOST_CHECK(lines.next().value() == LineSplitter::Item::end);
}

BOOST_AUTO_TEST_CASE(nuls_at_the_end_are_named_for_what_they_are) {
  const std::string says =
      ": the file got its size before it was written, and was not written to its end, as after a crash or an "
      "unfinished "
      "copy; copy it again, or cut them off if nothing is missing";
  for (const std::size_t step : std::initializer_list<std::size_t>{1, 100, 100'000}) {
    BOOST_TEST(lines_of("a\n" + std::string(2, '\0'), {}, step) ==
                   (Lines{"1:a", "jobs/a:2: the text ends in 2 NUL bytes" + says}),
               boost::test_tools::per_element());
    BOOST_TEST(lines_of("a\nb" + std::string(1, '\0'), {}, step) ==
                   (Lines{"1:a", "jobs/a:2: the text ends in 1 NUL byte" + says}),
               boost::test_tools::per_element());
    BOOST_TEST(lines_of("a\rb" + std::string(1, '\0'), {}, step).back() ==
               "jobs/a:2: the text ends in 1 NUL byte" + says);
    BOOST_TEST(lines_of(std::string(4'096, '\0'), {.bytes = 100}, step) ==
                   (Lines{"jobs/a:1: the text ends in 4,096 NUL bytes" + says}),
               boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(the_beginning_can_be_examined_before_it_is_read) {
  LineSplitter lines(text_source("\xef\xbb\xbf"
                                 "first line\nsecond",
                                 1),
                     "jobs/a");
  BOOST_TEST(lines.peek().value() == "first line\n");
  BOOST_CHECK(lines.next().value() == LineSplitter::Item::line);
  BOOST_TEST(lines.text() == "first line");
}

BOOST_AUTO_TEST_SUITE_END()
