// How a configuration file becomes settings. That TOML is read as TOML is for toml++ to test.
#include "cli/settings/config_file.hpp"

#include <fmt/format.h>
#include <rapidcheck/boost_test.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::cli;

namespace {

Config read(std::string_view text) {
  auto config = parse_config(text, "k.toml");
  if (!config) BOOST_FAIL("refused: " + config.error().message);
  return *config;
}
ConfigEntry only_entry(std::string_view text) {
  const auto config = read(text);
  BOOST_TEST_REQUIRE(config.entries.size() == 1U);
  return config.entries.front();
}
std::string refusal(std::string_view text) {
  const auto config = parse_config(text, "k.toml");
  if (config) return "accepted";
  const std::string& message = config.error().message;
  BOOST_TEST(config.error().kind == ErrorKind::usage);
  BOOST_TEST(std::count(message.begin(), message.end(), '\n') == 0, "one sentence: " << message);
  return message;
}

}  // namespace

#define CHECK_SAYS(text, part) BOOST_TEST((text).find(part) != std::string::npos, "said: " << (text))
#define CHECK_VALUES(text, ...) \
  BOOST_TEST(only_entry(text).values == (std::vector<std::string>{__VA_ARGS__}), boost::test_tools::per_element())

BOOST_AUTO_TEST_SUITE(config_file)

BOOST_AUTO_TEST_CASE(values_have_the_form_that_flags_have) {
  CHECK_VALUES("a = \"x # y\" # z", "x # y");
  CHECK_VALUES("a = 'C:\\x'", "C:\\x");
  CHECK_VALUES("a = '''x\ny'''", "x\ny");
  CHECK_VALUES("a = \"\\u00fc\"", "ü");
  CHECK_VALUES("a = 1_000", "1000");
  CHECK_VALUES("a = 0x10", "16");
  CHECK_VALUES("a = -1.5", "-1.5");
  CHECK_VALUES("a = true", "true");
  CHECK_VALUES("a = false", "false");
  CHECK_VALUES("a = ''", "");
  CHECK_VALUES(
      "\xef\xbb\xbf"
      "a = 1",
      "1");
  CHECK_VALUES("a = ['x,y', 1, true]", "x,y", "1", "true");
  CHECK_VALUES("a = []", );
  BOOST_TEST(only_entry("a = ['x']").is_array);
  BOOST_TEST(!only_entry("a = 'x'").is_array);
  BOOST_TEST(read("").entries.empty());
}

BOOST_AUTO_TEST_CASE(a_table_is_the_section_of_a_command_however_it_is_written) {
  for (const char* text :
       {"[run]\nrate = '5/s'", "run.rate = '5/s'", "run = { rate = '5/s' }", "['run']\nrate = '5/s'"}) {
    const auto config = read(text);
    BOOST_TEST_REQUIRE(config.sections.size() == 1U, text);
    BOOST_TEST(config.sections.front().name == "run", text);
    BOOST_TEST_REQUIRE(config.entries.size() == 1U, text);
    BOOST_TEST(config.entries.front().section == "run", text);
    BOOST_TEST(config.entries.front().name == "rate", text);
  }
  BOOST_TEST(only_entry("rate = '5/s'").section == "");
  BOOST_TEST(read("[run]").sections.size() == 1U, "an empty one may be unknown");
}

BOOST_AUTO_TEST_CASE(settings_and_sections_are_in_the_order_of_the_file_with_their_places) {
  const auto config = read("z = 1\n  a = 2\n\n[run]\nm = 3\n[ bench ]\nb = 4\n");
  std::vector<std::string> places;
  for (const auto& entry : config.entries) places.push_back(config.at(entry.place) + " " + entry.name);
  BOOST_TEST(places == (std::vector<std::string>{"k.toml:1:1 z", "k.toml:2:3 a", "k.toml:5:1 m", "k.toml:7:1 b"}),
             boost::test_tools::per_element());
  BOOST_TEST(config.sections.at(0).name == "run");
  BOOST_TEST(config.at(config.sections.at(1).place) == "k.toml:6:3");
}

// What is TOML, and cannot be settings.

BOOST_AUTO_TEST_CASE(a_value_of_the_wrong_shape_is_named_with_its_place) {
  CHECK_SAYS(refusal("[run]\nrate = { a = 1 }"), "k.toml:2:8: 'rate' is a table; settings do not nest");
  CHECK_SAYS(refusal("[run.x]\nrate = '5/s'"), "k.toml:1:1: 'x' is a table; settings do not nest");
  CHECK_SAYS(refusal("run.a.b = 1"), "'a' is a table; settings do not nest");
  CHECK_SAYS(refusal("\n[[run]]\nrate = '5/s'"), "k.toml:2:1: 'run' is a list of tables");
  CHECK_SAYS(refusal("fault = [{ a = 1 }]"), "k.toml:1:9: 'fault' is a list of tables");
  CHECK_SAYS(refusal("deadline = 1979-05-27"), "k.toml:1:12: 'deadline' is a date or time; a setting is text");
  CHECK_SAYS(refusal("deadline = 07:32:00"), "k.toml:1:12: 'deadline' is a date or time");
  CHECK_SAYS(refusal("fault = ['x',\n ['y']]"), "k.toml:2:2: an element of the list 'fault' is a list");
  CHECK_SAYS(refusal("fault = ['x', 1979-05-27]"), "k.toml:1:15: an element of the list 'fault' is a date or time");
}

BOOST_AUTO_TEST_CASE(of_several_wrong_shapes_the_first_in_the_file_is_named) {
  CHECK_SAYS(refusal("z = 1979-05-27\na = 1979-05-27"), "k.toml:1:5: 'z'");
  CHECK_SAYS(refusal("[run]\nz = 1979-05-27\n[bench]\na = 1979-05-27"), "k.toml:2:5: 'z'");
}

// What is not TOML.

BOOST_AUTO_TEST_CASE(a_mistake_is_named_with_its_place_and_how_it_is_written) {
  CHECK_SAYS(refusal("rate = 500/s"),
             "k.toml:1:11: the value is neither a number nor true or false; text needs quotes");
  CHECK_SAYS(refusal("a = s3cret"), "text needs quotes, as in rate = \"500/s\"");
  CHECK_SAYS(refusal("\na = ['x' 'y']"), "k.toml:2:10: a list is written as [ \"one\", \"two\" ]");
  CHECK_SAYS(refusal("a = ['x'"), "a list is written as");
  CHECK_SAYS(refusal("a = 'x' 'y'"), "text after the value");
  CHECK_SAYS(refusal("a = 'x"), "the quote is not closed on its line");
  CHECK_SAYS(refusal("a = 'x\nb = 1"), "k.toml:1:7: the quote is not closed on its line");
  CHECK_SAYS(refusal("a = \"C:\\kept\""), "in single quotes a text is taken as it is");
  CHECK_SAYS(refusal("a = \"C:\\Users\""), "in single quotes a text is taken as it is");
  CHECK_SAYS(refusal("a"), "the line is not complete");
  CHECK_SAYS(refusal("a\nb = 1"), "'=' is missing");
  CHECK_SAYS(refusal("= 1"), "the name is missing");
  CHECK_SAYS(refusal("[run"), "a section is written as [run]");
  CHECK_SAYS(refusal("[run] a = 1"), "a section is written as [run], alone on its line");
  CHECK_SAYS(refusal("a = 0123"), "a number has no leading zeroes; text needs quotes");
  CHECK_SAYS(refusal("a = 1757156480072657793000"), "the number is too large; as text it needs quotes");
  CHECK_SAYS(refusal("a = '\xff'"), "the file must be UTF-8");
}

BOOST_AUTO_TEST_CASE(a_section_without_a_name_is_refused_and_ends_nothing) {
  for (const char* text : {"[=", "[#", "[\n", "[}", "[.a]", "[,", "[\\", "[ = ]", "[a.=]", "a.= = 1"}) {
    CHECK_SAYS(refusal(text), "a name is missing; a section is written as [run], a setting as: rate = \"500/s\"");
  }
  CHECK_SAYS(refusal("[[="), "k.toml:1:3: a name is missing");
  CHECK_SAYS(refusal("[]"), "a section is written as [run]");
}

BOOST_AUTO_TEST_CASE(a_name_that_is_used_twice_is_refused_where_it_is_used_again) {
  CHECK_SAYS(refusal("threads = 1\nthreads = 2"), "k.toml:2:");
  CHECK_SAYS(refusal("threads = 1\nthreads = 2"), "this name is used above already");
  CHECK_SAYS(refusal("[run]\n[bench]\n[run]"), "k.toml:3:1: this name is used above already");
  CHECK_SAYS(refusal("simulate = true\n[simulate]\nport = 1"),
             "k.toml:2:1: this section has the name of a setting above; move that setting into the sections");
}

BOOST_AUTO_TEST_CASE(tables_within_tables_without_end_are_refused) {
  std::string keys;
  for (int i = 0; i < 300'000; ++i) keys += "a.";
  CHECK_SAYS(refusal("# x\n" + keys + "a = 1"), "k.toml:2:1: too many dots");
  CHECK_SAYS(refusal("[" + keys + "a]"), "k.toml:1:1: too many dots");
  CHECK_SAYS(refusal("a = " + std::string(300'000, '[')), "nested too deeply");
  CHECK_SAYS(refusal("a = '" + std::string(900, '.') + "'"), "accepted");
}

// A value may be a secret that was put in the wrong place.

BOOST_AUTO_TEST_CASE(no_message_repeats_a_value) {
  for (const char* text :
       {"a = s3cret", "a = [s3cret]", "a = ['x' s3cret]", "a = 1 s3cret", "s3cret", "a = 's3cret", "a = \"s3cret",
        "a = \"s3cret\" x", "a = \"s3cret\\q\"", "a = { b = s3cret }", "a = { b = 's3cret' ",
        "a = ['s3cret', { b = 1 }]", "a = [['s3cret']]", "a = 's3cret'\na = 's3cret'", "a = '''s3cret", "[run] s3cret",
        "a = 's3cret' # \xff", "a = { s3cret = 1 }\nb = 1979-05-27", "a = [1979-05-27, 's3cret']"}) {
    const auto message = refusal(text);
    BOOST_TEST(message.find("s3cret") == std::string::npos, text << ": " << message);
    BOOST_TEST(message != "accepted", text);
  }
}

RC_BOOST_PROP(a_file_that_was_damaged_anywhere_shows_nothing_of_its_values, ()) {
  // Letters that occur in no message: 8 of each, so that a part of the value would be seen as well.
  const std::string canary = "QQQQQQQQZZZZZZZZ";
  std::string text = fmt::format("token-env = '{0}'\nx = [ \"{0}\", {0} ]\n[run]\ny = \"\"\"{0}\"\"\"\n", canary);
  const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
  text.replace(at, *rc::gen::inRange<std::size_t>(0, 12),
               *rc::gen::container<std::string>(rc::gen::elementOf(std::string("'\"[]{}=#\n\\. \t\xff-0t"))));
  const auto config = parse_config(text, "k.toml");
  if (config) return;
  RC_ASSERT(config.error().message.find("QQ") == std::string::npos);
  RC_ASSERT(config.error().message.find("ZZ") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
