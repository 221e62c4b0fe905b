#include "koobatch/flow/slow_start.hpp"

#include <boost/test/unit_test.hpp>

using koobatch::Duration;
using koobatch::TimePoint;
using koobatch::flow::SlowStart;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{1h};

/// Sends as many requests as are allowed, again and again, to a service that answers after `trip`. Returns how many are
/// allowed once `count` were admitted.
unsigned allowed_after(unsigned count, Duration trip) {
  SlowStart it;
  TimePoint now = start;
  for (unsigned admitted = 0; admitted < count;) {
    now += trip;
    const unsigned sent = it.allowed();
    for (unsigned i = 0; i < sent && admitted < count; ++i, ++admitted) it.admitted(sent, now);
  }
  return it.allowed();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(slow_start)

BOOST_AUTO_TEST_CASE(it_begins_with_one_request) {
  BOOST_TEST(SlowStart().allowed() == 1U);
}

BOOST_AUTO_TEST_CASE(where_answers_take_long_the_number_doubles_with_each_round) {
  SlowStart it;
  TimePoint now = start;
  for (const unsigned expected : {1U, 2U, 4U, 8U, 16U, 32U}) {
    BOOST_TEST(it.allowed() == expected);
    now += 200ms;
    for (unsigned i = 0; i < expected; ++i) it.admitted(expected, now);
  }
}

BOOST_AUTO_TEST_CASE(a_small_quota_of_a_quick_service_is_met_with_few_requests_in_flight) {
  for (const Duration trip : {Duration(300us), Duration(1ms), Duration(2ms)}) {
    BOOST_TEST_CONTEXT(koobatch::seconds(trip) << " s") {
      BOOST_TEST(allowed_after(5, trip) <= 2U);
      BOOST_TEST(allowed_after(50, trip) <= 4U);
      BOOST_TEST(allowed_after(300, trip) <= 15U);
    }
  }
}

BOOST_AUTO_TEST_CASE(however_quick_the_service_the_number_keeps_up_with_what_it_admitted) {
  BOOST_TEST(allowed_after(400, 1us) >= 10U);
  BOOST_TEST(allowed_after(4'000, 1us) >= 100U);
}

BOOST_AUTO_TEST_CASE(a_number_that_is_not_used_does_not_grow) {
  SlowStart it;
  for (int i = 0; i < 10'000; ++i) it.admitted(1, start + i * 10ms);
  BOOST_TEST(it.allowed() == 4U);
}

BOOST_AUTO_TEST_SUITE_END()
