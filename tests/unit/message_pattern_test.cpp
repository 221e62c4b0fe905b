#include "report/message_pattern.hpp"

#include <rapidcheck/boost_test.h>
#include <boost/test/unit_test.hpp>

using namespace koobatch::report;

namespace {

std::string pattern(std::string_view text) {
  std::string out;
  append_message_pattern(out, text);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(message_pattern)

BOOST_AUTO_TEST_CASE(words_are_kept) {
  for (const char* text :
       {"", "name already used", "can't rename: don't ask", "名称已存在", "a - b", "'", "it's \"open"}) {
    BOOST_TEST(pattern(text) == text);
  }
}

BOOST_AUTO_TEST_CASE(identifiers_numbers_and_times_become_gaps) {
  BOOST_TEST(pattern("folder 1757156480072657793 does not exist") == "folder … does not exist");
  BOOST_TEST(pattern("request 0f8e7a1c-11d3-4b1a-9c55-1fb1f0c2a7e4 failed") == "request … failed");
  BOOST_TEST(pattern("at 2026-11-21T17:00:00.123Z") == "at …:…:….…");
  BOOST_TEST(pattern("trace=abc_123,retry") == "trace=…,retry");
  BOOST_TEST(pattern("文件夹17不存在") == "文件夹…不存在");
}

BOOST_AUTO_TEST_CASE(quotations_become_gaps) {
  BOOST_TEST(pattern("'Bob's folder' exists") == "'…' exists");
  BOOST_TEST(pattern("name \"x y\" in `z`") == "name \"…\" in `…`");
  BOOST_TEST(pattern("名称“旅行”已存在") == "名称“…”已存在");
  BOOST_TEST(pattern("''") == "'…'");
}

RC_BOOST_PROP(the_pattern_of_a_pattern_is_itself, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("aZ09_-' \"`:.,\xe2\x80\x9c\x9d")));
  RC_ASSERT(pattern(pattern(text)) == pattern(text));
}

BOOST_AUTO_TEST_SUITE_END()
