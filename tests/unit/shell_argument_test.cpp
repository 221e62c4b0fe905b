#include "koobatch/core/shell_argument.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(shell_argument)

BOOST_AUTO_TEST_CASE(a_text_is_quoted_only_where_a_shell_requires_it) {
  BOOST_TEST(koobatch::shell_argument("jobs/r-1.report.ndjson") == "jobs/r-1.report.ndjson");
  BOOST_TEST(koobatch::shell_argument("100%") == "100%");
  BOOST_TEST(koobatch::shell_argument("my report") == "'my report'");
  BOOST_TEST(koobatch::shell_argument("名前") == "'名前'");
  BOOST_TEST(koobatch::shell_argument("it's") == "'it'\\''s'");
  BOOST_TEST(koobatch::shell_argument("") == "''");
}

BOOST_AUTO_TEST_CASE(a_leading_dash_does_not_make_it_a_flag) {
  BOOST_TEST(koobatch::shell_argument("-r") == "./-r");
}

BOOST_AUTO_TEST_CASE(what_a_terminal_would_not_pass_on_is_escaped) {
  BOOST_TEST(koobatch::shell_argument("a\x1b[31m'\\\n\xff") == R"($'a\033[31m\'\\\012\377')");
}

BOOST_AUTO_TEST_SUITE_END()
