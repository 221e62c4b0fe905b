#include "koobatch/flow/refused_rate.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

using koobatch::flow::RefusedRate;

namespace {

constexpr double no_limit = std::numeric_limits<double>::infinity();

void answers(RefusedRate& refused, int count) {
  for (int i = 0; i < count; ++i) refused.count();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(refused_rate)

BOOST_AUTO_TEST_CASE(any_rate_is_near_while_none_is_known) {
  const RefusedRate refused;
  BOOST_TEST(refused.is_near(1));
}

BOOST_AUTO_TEST_CASE(a_tenth_below_is_near_and_more_is_not) {
  RefusedRate refused;
  refused.set(300);
  BOOST_TEST(refused.is_near(271));
  BOOST_TEST(refused.is_near(no_limit));
  BOOST_TEST(!refused.is_near(269));
}

BOOST_AUTO_TEST_CASE(a_rate_that_was_not_too_high_bounds_the_one_that_is) {
  RefusedRate refused;
  refused.set(1'000);
  refused.bound(300);
  BOOST_TEST(refused.is_near(300));
  refused.bound(no_limit);
  refused.set(no_limit);
  BOOST_TEST(!refused.is_near(290), "having no limit says nothing");
}

BOOST_AUTO_TEST_CASE(refusals_at_about_the_same_rate_always_fit) {
  RefusedRate refused;
  for (int i = 0; i < 100; ++i) {
    answers(refused, 1'000);
    BOOST_REQUIRE(refused.admit(300));
    refused.set(300);
  }
}

BOOST_AUTO_TEST_CASE(refusals_at_ever_lower_rates_fit_for_a_while) {
  RefusedRate refused;
  double rate = 300;
  int fitting = 0;
  for (; fitting < 100; ++fitting) {
    answers(refused, 100);
    if (!refused.admit(rate)) break;
    refused.set(rate);
    rate *= 0.98;
  }
  BOOST_TEST(fitting >= 3);
  BOOST_TEST(fitting <= 8);
}

BOOST_AUTO_TEST_CASE(refusals_shortly_after_one_another_are_one_overload) {
  RefusedRate refused;
  double rate = 10'000;
  for (int i = 0; i < 100; ++i) {
    answers(refused, 5);
    BOOST_REQUIRE(refused.admit(rate));
    refused.set(rate);
    rate *= 0.95;
  }
}

BOOST_AUTO_TEST_SUITE_END()
