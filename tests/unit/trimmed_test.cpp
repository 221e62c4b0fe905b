#include "koobatch/core/trimmed.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(trimmed)

BOOST_AUTO_TEST_CASE(what_is_around_a_text_is_left_out_and_what_is_within_stays) {
  BOOST_TEST(koobatch::trimmed("") == "");
  BOOST_TEST(koobatch::trimmed(" \t ") == "");
  BOOST_TEST(koobatch::trimmed("a") == "a");
  BOOST_TEST(koobatch::trimmed("\t a b \t") == "a b");
  BOOST_TEST(koobatch::trimmed(" a\n") == "a\n");
  BOOST_TEST(koobatch::trimmed(" a\n", " \n") == "a");
}

BOOST_AUTO_TEST_SUITE_END()
