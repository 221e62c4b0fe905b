#include "plan/shown_value.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::plan;
using namespace std::string_literals;
using state::Value;

namespace {

using Texts = std::vector<std::string>;

std::string was_of(const Value& was, const Value& wanted) {
  return show_change(was, wanted).was;
}
std::string wanted_of(const Value& was, const Value& wanted) {
  return show_change(was, wanted).wanted;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(shown_value)

BOOST_AUTO_TEST_CASE(ordinary_names_of_all_scripts_are_shown_as_they_are) {
  for (const std::string text :
       {"Plans 2026", "计划（2026）", "Планы", "Σχέδια", "خطط", "naïve café", "a_b-c.d", "😀", "ｆｕｌｌ", "L'été"}) {
    BOOST_TEST(show_text(text) == "\"" + text + "\"");
  }
  BOOST_TEST(show_text("") == "\"\"");
}

BOOST_AUTO_TEST_CASE(blanks_that_are_easily_overlooked_are_visible) {
  BOOST_TEST(show_text(" a") == "\"␣a\"");
  BOOST_TEST(show_text("a ") == "\"a␣\"");
  BOOST_TEST(show_text("a  b") == "\"a␣␣b\"");
  BOOST_TEST(show_text(" ") == "\"␣\"");
  BOOST_TEST(show_text("a\u00a0b") == "\"a\\u{a0}b\"");
  BOOST_TEST(show_text("a\u3000b") == "\"a\\u{3000}b\"");
  BOOST_TEST(show_text("a\tb\n") == "\"a\\u{9}b\\u{a}\"");
}

BOOST_AUTO_TEST_CASE(what_affects_a_terminal_is_escaped) {
  BOOST_TEST(show_text("\x1b[2J") == "\"\\u{1b}[2J\"");
  BOOST_TEST(show_text("a\u202eb") == "\"a\\u{202e}b\"");
  BOOST_TEST(show_text("a\u0085\u007f") == "\"a\\u{85}\\u{7f}\"");
  BOOST_TEST(show_text("\xff") == "\"\xef\xbf\xbd\"");
}

BOOST_AUTO_TEST_CASE(invisible_characters_are_escaped) {
  for (const char* text : {"\u200b", "\u00ad", "\u3164", "\u2800", "\u115f", "\ufeff"}) {
    BOOST_TEST(show_text(text).starts_with("\"\\u{"), show_text(text));
  }
  BOOST_TEST(show_text("\ue000") == "\"\\u{e000}\"", "nobody knows what it looks like");
}

BOOST_AUTO_TEST_CASE(nothing_in_a_name_can_be_taken_for_what_was_escaped_or_for_its_end) {
  BOOST_TEST(show_text(R"(a" → "b)") == R"("a\" → \"b")");
  BOOST_TEST(show_text(R"(\u{41})") == R"("\\u{41}")");
  BOOST_TEST(show_text("a␣") == "\"a\\u{2423}\"");
}

BOOST_AUTO_TEST_CASE(letters_of_a_look_alike_script_within_a_word_are_escaped) {
  BOOST_TEST(show_text("Pl\u0430ns") == "\"Pl\\u{430}ns\"");
  BOOST_TEST(show_text("Plans Планы") == "\"Plans Планы\"");
  BOOST_TEST(show_text("\u03bfffice") == "\"\\u{3bf}ffice\"");
}

BOOST_AUTO_TEST_CASE(words_that_are_exchanged_for_others_of_the_same_look_are_escaped_as_a_whole) {
  BOOST_TEST(was_of("cop"s, "\u0441\u043e\u0440"s) == "\"cop\"");
  BOOST_TEST(wanted_of("cop"s, "\u0441\u043e\u0440"s) == "\"\\u{441}\\u{43e}\\u{440}\"");
  BOOST_TEST(wanted_of("Plans"s, "Планы"s) == "\"\\u{41f}\\u{43b}\\u{430}\\u{43d}\\u{44b}\"",
             "escaped once too often rather than once too seldom");
  BOOST_TEST(wanted_of("Plans"s, "Чертежи"s) == "\"Чертежи\"");
}

BOOST_AUTO_TEST_CASE(forms_of_characters_that_look_the_same_are_told_apart) {
  BOOST_TEST(was_of("caf\u00e9"s, "cafe\u0301"s) == "\"café\"");
  BOOST_TEST(wanted_of("caf\u00e9"s, "cafe\u0301"s) == "\"cafe\\u{301}\"");
}

BOOST_AUTO_TEST_CASE(other_values_are_shown_as_json) {
  BOOST_TEST(was_of(std::int64_t{1}, std::int64_t{2}) == "1");
  BOOST_TEST(wanted_of(false, true) == "true");
  BOOST_TEST(was_of(state::Json{"{\"a\":\"\x1b\"}"}, true) == "\"{\\\"a\\\":\\\"\\u{1b}\\\"}\"");
}

BOOST_AUTO_TEST_CASE(of_long_lists_only_what_differs_is_shown) {
  BOOST_TEST(was_of(Texts{"1", " 2"}, Texts{}) == "[\"1\", \"␣2\"]");
  BOOST_TEST(wanted_of(Texts{"1", "2"}, Texts{}) == "[]");
  Texts was;
  for (int i = 0; i < 20; ++i) was.push_back(std::to_string(i));
  auto wanted = was;
  wanted.erase(wanted.begin());
  wanted.push_back("new");
  BOOST_TEST(was_of(was, wanted) == "20 items");
  BOOST_TEST(wanted_of(was, wanted) == "20 items, without [\"0\"], with [\"new\"]");
}

BOOST_AUTO_TEST_CASE(a_text_that_would_fill_the_screen_is_cut) {
  const auto shown = show_text(std::string(5000, 'a'));
  BOOST_TEST(shown.size() < 700U);
  BOOST_TEST(shown.ends_with("\"… (5,000 characters in all)"));
}

BOOST_AUTO_TEST_CASE(a_writing_direction_does_not_reach_beyond_its_text) {
  BOOST_TEST(isolated("\"خطط\"") == "\u2068\"خطط\"\u2069");
  BOOST_TEST(isolated("\"Plans\"") == "\"Plans\"");
}

BOOST_AUTO_TEST_SUITE_END()
