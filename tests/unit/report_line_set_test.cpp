#include "koobatch/report/line_set.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

using koobatch::report::LineSet;

BOOST_AUTO_TEST_SUITE(report_line_set)

BOOST_AUTO_TEST_CASE(a_line_is_inserted_only_once) {
  LineSet lines;
  BOOST_TEST(lines.insert(17));
  BOOST_TEST(!lines.insert(17));
  BOOST_TEST(lines.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_line_is_not_confused_with_its_neighbours) {
  LineSet lines;
  for (const std::uint32_t line :
       {0U, 63U, 64U, 65535U, 65536U, 10'000'000U, std::numeric_limits<std::uint32_t>::max()}) {
    BOOST_TEST(!lines.contains(line));
    BOOST_TEST(lines.insert(line));
    BOOST_TEST(lines.contains(line));
  }
  for (const std::uint32_t line : {1U, 62U, 65U, 127U, 65534U, 65537U, 9'999'999U, 10'000'001U, 4294967294U}) {
    BOOST_TEST(!lines.contains(line));
  }
  BOOST_TEST(lines.size() == 7U);
}

BOOST_AUTO_TEST_CASE(every_line_of_a_long_job_has_its_place) {
  LineSet lines;
  for (std::uint32_t line = 1; line <= 200'000; line += 3) BOOST_REQUIRE(lines.insert(line));
  for (std::uint32_t line = 1; line <= 200'000; ++line) BOOST_REQUIRE(lines.contains(line) == (line % 3 == 1));
}

BOOST_AUTO_TEST_SUITE_END()
