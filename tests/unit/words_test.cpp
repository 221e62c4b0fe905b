#include "koobatch/core/words.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace koobatch;

namespace {

using Words = std::vector<std::string>;

void check(std::string_view command, const Words& expected) {
  const auto words = split_words(command, "--command");
  BOOST_REQUIRE_MESSAGE(words.has_value(), command);
  BOOST_TEST(*words == expected, boost::test_tools::per_element());
}

std::string refusal(std::string_view command) {
  const auto words = split_words(command, "--command");
  BOOST_REQUIRE_MESSAGE(words.has_error(), command);
  BOOST_TEST(words.error().kind == ErrorKind::usage);
  return words.error().message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(words)

BOOST_AUTO_TEST_CASE(blanks_separate_words) {
  check("vault read  -field=token\tkoo\n", {"vault", "read", "-field=token", "koo"});
}

BOOST_AUTO_TEST_CASE(quotes_keep_words_together_and_may_stand_within_one) {
  check(R"(sh -c 'echo "$TOKEN" | head -1')", {"sh", "-c", R"(echo "$TOKEN" | head -1)"});
  check(R"(a "b c"'d e'f)", {"a", "b cd ef"});
  check(R"(a '' "")", {"a", "", ""});
}

BOOST_AUTO_TEST_CASE(a_backslash_takes_the_next_character_as_it_is) {
  check(R"(a\ b \"c\" \\)", {"a b", "\"c\"", "\\"});
  check(R"(a "b\"c\\d\e")", {"a", R"(b"c\d\e)"});
  check(R"(a 'b\c')", {"a", R"(b\c)"});
  check("a\\", {"a\\"});
}

BOOST_AUTO_TEST_CASE(nothing_else_a_shell_does_is_done) {
  check("echo $HOME ~ *.txt >x #y;z", {"echo", "$HOME", "~", "*.txt", ">x", "#y;z"});
}

BOOST_AUTO_TEST_CASE(an_unclosed_quote_or_a_missing_program_is_refused) {
  BOOST_TEST(refusal("a 'b").find("--command: a ' is never closed") != std::string::npos);
  BOOST_TEST(refusal("a \"b").find("a \" is never closed") != std::string::npos);
  for (const char* command : {"", " \t", "''", "'' x"}) {
    BOOST_TEST(refusal(command) == "--command: names no program; write it as --command 'PROGRAM ARGUMENT…'");
  }
}

BOOST_AUTO_TEST_CASE(what_only_a_shell_obeys_is_found_unless_it_is_quoted) {
  BOOST_TEST(shell_operator("get token | head -1") == "|");
  BOOST_TEST(shell_operator("notify && mail") == "&&");
  BOOST_TEST(shell_operator("tool >file") == "");
  BOOST_TEST(shell_operator("sh -c 'get token | head -1'") == "");
  BOOST_TEST(shell_operator("echo '|'") == "");
  BOOST_TEST(shell_operator("notify 'a | b' '|' \\|") == "");
  BOOST_TEST(shell_operator("notify 'a | b' && mail") == "&&");
  BOOST_TEST(shell_operator("echo 'unclosed | x") == "");
}

BOOST_AUTO_TEST_SUITE_END()
