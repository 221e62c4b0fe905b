#include "koobatch/flow/delivery_rate.hpp"

#include <boost/test/unit_test.hpp>

using koobatch::Duration;
using koobatch::flow::DeliveryRate;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(delivery_rate)

BOOST_AUTO_TEST_CASE(a_steady_rate_is_what_was_delivered_in_the_last_second) {
  DeliveryRate rate;
  for (Duration at = 0ms; at <= 5s; at += 5ms) {
    rate.count(at);
    if (at >= 1s) BOOST_REQUIRE_CLOSE(rate.last_second(at), 200, 2);
  }
}

BOOST_AUTO_TEST_CASE(in_the_first_second_everything_admitted_so_far_counts) {
  DeliveryRate rate;
  for (int i = 0; i < 300; ++i) rate.count(i * 100us);
  BOOST_TEST(rate.last_second(30ms) == 300);
  BOOST_TEST(rate.last_second(990ms) == 300);
}

BOOST_AUTO_TEST_CASE(requests_admitted_more_than_a_second_ago_are_forgotten) {
  DeliveryRate rate;
  for (int i = 0; i < 300; ++i) rate.count(i * 100us);
  BOOST_TEST(rate.last_second(1100ms) == 0);
  BOOST_TEST(rate.last_second(1h) == 0);
}

BOOST_AUTO_TEST_CASE(what_could_have_been_sent_and_was_not_might_have_been_admitted) {
  DeliveryRate rate;
  for (int i = 0; i < 10; ++i) rate.count(i * 1ms);
  rate.leave_unused(20ms, 40);
  BOOST_TEST(rate.last_second(500ms) == 10);
  BOOST_TEST(rate.possible_in_last_second(500ms) == 50);
  BOOST_TEST(rate.possible_in_last_second(1100ms) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
