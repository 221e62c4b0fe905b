#include "koobatch/auth/token_command.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace koobatch;
using koobatch::auth::split_words;

namespace {

using Words = std::vector<std::string>;

void check(std::string_view command, const Words& expected) {
  const auto words = split_words(command);
  BOOST_REQUIRE_MESSAGE(words.has_value(), command);
  BOOST_TEST(*words == expected, boost::test_tools::per_element());
}

std::string refusal(std::string_view command) {
  const auto words = split_words(command);
  BOOST_REQUIRE_MESSAGE(words.has_error(), command);
  BOOST_TEST((words.error().kind == ErrorKind::usage));
  return words.error().message;
}

}  // namespace

// What running one comes to is in e2e/credentials_test.cpp: unit tests start no programs.
BOOST_AUTO_TEST_SUITE(token_command)

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

BOOST_AUTO_TEST_CASE(a_quote_that_is_never_closed_or_no_program_is_refused) {
  BOOST_TEST(refusal("a 'b").find("a ' is never closed") != std::string::npos);
  BOOST_TEST(refusal("a \"b").find("a \" is never closed") != std::string::npos);
  for (const char* command : {"", " \t", "''", "'' x"}) {
    BOOST_TEST(refusal(command).find("names no program") != std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
