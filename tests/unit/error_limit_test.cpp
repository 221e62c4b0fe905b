#include "koobatch/flow/error_limit.hpp"

#include <boost/test/unit_test.hpp>

using koobatch::flow::ErrorLimit;

BOOST_AUTO_TEST_SUITE(error_limit)

BOOST_AUTO_TEST_CASE(without_a_limit_nothing_exceeds_it) {
  BOOST_TEST(!ErrorLimit().exceeded(1'000'000, 1'000'000));
}

BOOST_AUTO_TEST_CASE(a_number_of_operations_may_be_reached_but_not_exceeded) {
  const auto limit = ErrorLimit::parse("20").value();
  BOOST_TEST(!limit.exceeded(20, 20));
  BOOST_TEST(limit.exceeded(21, 1'000'000));
  BOOST_TEST(ErrorLimit::parse("0").value().exceeded(1, 1));
}

BOOST_AUTO_TEST_CASE(a_share_is_judged_once_enough_operations_are_finished) {
  const auto limit = ErrorLimit::parse("2.5%").value();
  BOOST_TEST(!limit.exceeded(99, 99));
  BOOST_TEST(limit.exceeded(3, 100));
  BOOST_TEST(!limit.exceeded(25, 1'000));
  BOOST_TEST(limit.exceeded(26, 1'000));
}

BOOST_AUTO_TEST_CASE(an_invalid_limit_is_refused) {
  for (const char* text : {"", "%", "-1", "1.5", "101%", "-1%", "many", "20 %", "nan", "inf", "1e3", "5%%"}) {
    BOOST_TEST(!ErrorLimit::parse(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
