#include "koobatch/cli/config_file.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace koobatch;
using namespace koobatch::cli;

namespace {

ConfigEntry only_entry(std::string_view text) {
  const auto entries = parse_config(text, "k.toml");
  if (!entries) BOOST_FAIL("refused: " + entries.error().message);
  BOOST_TEST_REQUIRE(entries->size() == 1U);
  return entries->front();
}
std::vector<std::string> values(std::string_view text) {
  return only_entry(text).values;
}
std::string refusal(std::string_view text) {
  const auto entries = parse_config(text, "k.toml");
  if (entries) return "accepted";
  const std::string& message = entries.error().message;
  BOOST_TEST(std::count(message.begin(), message.end(), '\n') == 0, "one sentence: " << message);
  return message;
}

}  // namespace

#define CHECK_SAYS(text, part) BOOST_TEST(text.find(part) != std::string::npos, "said: " << (text))
#define CHECK_VALUES(text, ...) \
  BOOST_TEST(values(text) == (std::vector<std::string>{__VA_ARGS__}), boost::test_tools::per_element())

BOOST_AUTO_TEST_SUITE(config_file)

BOOST_AUTO_TEST_CASE(a_value_is_text_in_quotes_a_number_or_a_boolean) {
  CHECK_VALUES("a = \"x # y\" # z", "x # y");
  CHECK_VALUES("a='C:\\x \"y\"'\r\n", "C:\\x \"y\"");
  CHECK_VALUES("a\t=\t-1.5", "-1.5");
  CHECK_VALUES("a = true", "true");
  CHECK_VALUES("a = ''", "");
  CHECK_VALUES(
      "\xef\xbb\xbf"
      "a = 1",
      "1");
  CHECK_VALUES("a = '[b]'", "[b]");
  CHECK_VALUES("\n\n a = 'b=c'\n\n", "b=c");
  BOOST_TEST(only_entry("# 1\n\na = 1").line == 3U);
  BOOST_TEST(!only_entry("a = 1").is_array);
  BOOST_TEST(parse_config("", "k.toml")->empty());
  BOOST_TEST(parse_config(" # a = 1\r\n[run]", "k.toml")->empty());
}

BOOST_AUTO_TEST_CASE(a_list_holds_values_with_commas_between_over_as_many_lines_as_it_takes) {
  CHECK_VALUES("a = []", );
  CHECK_VALUES("a = ['x,y', \"z\"]", "x,y", "z");
  CHECK_VALUES("a=['x',1,true]# b", "x", "1", "true");
  CHECK_VALUES("a = [ # first\n  'x]', # second\r\n\n 'y # z',\n]\n", "x]", "y # z");
  BOOST_TEST(only_entry("\na = [\n'x'\n]").line == 2U);
  BOOST_TEST(only_entry("a = ['x']").is_array);
  const auto entries = parse_config("a = [\n'x'\n]\nb = 1", "k.toml").value();
  BOOST_TEST_REQUIRE(entries.size() == 2U);
  BOOST_TEST(entries[1].line == 4U);
}

BOOST_AUTO_TEST_CASE(an_element_of_a_list_is_written_as_any_value) {
  const std::string no_element = "the list expects a number, true, false, text in quotes, or ']'";
  CHECK_SAYS(refusal("a = [b=c, d=e]"), "k.toml:1: " + no_element);
  CHECK_SAYS(refusal("a = [reset,rate=0.5]"), "k.toml:1: " + no_element);
  CHECK_SAYS(refusal("a = [\n'x',\n, 'y']"), "k.toml:3: " + no_element);
  CHECK_SAYS(refusal("a = [['x']]"), no_element);
  CHECK_SAYS(refusal("a = [ 'x',\nb = 1\n"), "k.toml:2: " + no_element);
  CHECK_SAYS(refusal("a = ['x' 'y']"), "k.toml:1: the list expects ',' or ']' after an element");
  CHECK_SAYS(refusal("a = [\n'x'\n'y'\n]"), "k.toml:3: the list expects ',' or ']' after an element");
  CHECK_SAYS(refusal("a = [ 'x"), "k.toml:1: the quote is never closed");
  CHECK_SAYS(refusal("a = [ 1,\n\"x\\y\" ]"), "k.toml:2: a '\\' needs single quotes");
  CHECK_SAYS(refusal("\na = ["), "k.toml:2: the '[' is never closed");
  CHECK_SAYS(refusal("\na = [ 'x'\n"), "k.toml:2: the '[' is never closed");
}

BOOST_AUTO_TEST_CASE(a_setting_ends_its_line) {
  for (const char* text : {"a = 1 2", "a = 1, 2", "a = 'x' 'y'", "a = '''x'''", "a = ['x'] ['y']", "a = ['x'], 'y'"}) {
    CHECK_SAYS(refusal(text), "k.toml:1: text after the value");
  }
  for (const char* text : {"a = ['x']]", "a = 1 ]", "]", "\n] = 1"}) {
    CHECK_SAYS(refusal(text), "a ']' without its '['");
  }
}

BOOST_AUTO_TEST_CASE(a_section_is_a_verb_in_brackets_on_a_line_of_its_own) {
  const auto entries = parse_config("a = 1\n[run] # x\na = 2\n [ bench ]\r\na = 3\n", "k.toml").value();
  BOOST_TEST_REQUIRE(entries.size() == 3U);
  BOOST_TEST(entries[0].section == "");
  BOOST_TEST(entries[1].section == "run");
  BOOST_TEST(entries[2].section == "bench");
  for (const char* text : {"[run", "[run\na = 1", "[run # ]", "[", "[]", "[run]]", "[run] a = 1", "['run']"}) {
    CHECK_SAYS(refusal(text), "k.toml:1: this is no section; write [VERB]");
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_setting_is_not_repeated_for_it_may_be_a_secret) {
  for (const char* text : {"a = s3cret", "a = [s3cret]", "a = ['x' s3cret]", "a = 1 s3cret", "s3cret"}) {
    BOOST_TEST(refusal(text).find("s3cret") == std::string::npos, text);
    BOOST_TEST(refusal(text) != "accepted", text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
