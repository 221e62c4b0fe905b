#include "koobatch/core/terminal_text.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;

BOOST_AUTO_TEST_SUITE(terminal_text)

BOOST_AUTO_TEST_CASE(ordinary_text_is_shown_as_it_is) {
  BOOST_TEST(harmless("name already used: Überblick 名前 ✔") == "name already used: Überblick 名前 ✔");
  BOOST_TEST(harmless("") == "");
}

BOOST_AUTO_TEST_CASE(what_a_terminal_would_obey_is_spelt_out) {
  BOOST_TEST(harmless("\x1b[2Jgone\x07") == "\\u{1b}[2Jgone\\u{7}");
  BOOST_TEST(harmless("a\nb\tc\rd") == "a\\u{a}b\\u{9}c\\u{d}d");
  BOOST_TEST(harmless("\x7f") == "\\u{7f}");
  BOOST_TEST(harmless("\u009b31m") == "\\u{9b}31m");
  BOOST_TEST(harmless(std::string_view("\0", 1)) == "\\u{0}");
}

BOOST_AUTO_TEST_CASE(what_hides_or_reorders_text_is_spelt_out) {
  BOOST_TEST(harmless("a\u202etxt.exe") == "a\\u{202e}txt.exe");
  BOOST_TEST(harmless("a\u2028b\u2029c\u200bd\ufeff") == "a\\u{2028}b\\u{2029}c\\u{200b}d\\u{feff}");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_are_replaced) {
  BOOST_TEST(harmless("a\xff\xc0 b\xe5\x90") == "a�� b�");
}

BOOST_AUTO_TEST_CASE(json_is_made_harmless_and_remains_the_same_json) {
  std::string out;
  append_harmless_json(out, "{\"a\":\"\u009b2J\u202e\x7f\U000e0001 名前 \\n\xff\"}");
  BOOST_TEST(out == R"({"a":"\u009b2J\u202e\u007f\udb40\udc01 名前 \n�"})");
}

BOOST_AUTO_TEST_CASE(wide_and_combining_characters_are_counted_as_they_are_shown) {
  BOOST_TEST(columns("abc") == 3U);
  BOOST_TEST(columns("名前") == 4U);
  BOOST_TEST(columns("e\u0301") == 1U);
  BOOST_TEST(columns("") == 0U);
}

BOOST_AUTO_TEST_CASE(text_that_is_too_wide_is_clipped_between_characters) {
  BOOST_TEST(clipped("abcdef", 6) == "abcdef");
  BOOST_TEST(clipped("abcdefg", 6) == "abcde…");
  BOOST_TEST(clipped("名前名前", 7) == "名前名…");
  BOOST_TEST(clipped("名前名前", 6) == "名前…");
  BOOST_TEST(clipped("名前", 1) == "…");
  BOOST_TEST(clipped("abc", 0) == "");
}

BOOST_AUTO_TEST_SUITE_END()
