#include "koobatch/flow/asking.hpp"

#include <boost/test/unit_test.hpp>

using koobatch::Duration;
using koobatch::flow::Asking;
using namespace std::chrono_literals;

namespace {

constexpr Duration begun = 10s;

/// Asks when it is due, and is refused. Returns how long the wait was.
Duration ask(Asking& asking, Duration& now) {
  const Duration waited = asking.due() - now;
  now = asking.due();
  asking.sent(now);
  asking.refused(now, false);
  return waited;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(asking)

BOOST_AUTO_TEST_CASE(intervals_grow_up_to_half_a_second) {
  Asking asking;
  asking.begin(begun, 1ms, 4, false);
  Duration now = begun;
  for (const Duration expected : {Duration(1ms), Duration(4ms), Duration(16ms), Duration(64ms), Duration(256ms),
                                  Duration(500ms), Duration(500ms)}) {
    BOOST_TEST((ask(asking, now) == expected));
  }
}

BOOST_AUTO_TEST_CASE(a_pause_of_the_service_is_a_sufficient_wait) {
  Asking asking;
  asking.begin(begun, 100ms, 2, true);
  BOOST_TEST((asking.due() == begun));
  asking.refused(begun, true);
  BOOST_TEST((asking.due() == begun));
  asking.refused(begun, false);
  BOOST_TEST((asking.due() == begun + 400ms), "without one, it waits for the next interval");
}

BOOST_AUTO_TEST_CASE(a_lost_answer_is_awaited_for_a_while) {
  Asking asking;
  asking.begin(begun, 1ms, 2, false);
  BOOST_TEST(!asking.is_awaited(begun + 1ms));
  asking.sent(begun + 1ms);
  BOOST_TEST(asking.is_awaited(begun + 1s));
  BOOST_TEST(!asking.is_awaited(begun + 3s));
}

BOOST_AUTO_TEST_CASE(a_declared_reset_is_awaited_once_two_questions_were_in_vain) {
  Asking asking;
  asking.begin(begun, 1ms, 2, false);
  asking.expect(begun + 3s);
  Duration now = begun;
  BOOST_TEST((ask(asking, now) == 1ms));
  BOOST_TEST((ask(asking, now) == 2ms));
  ask(asking, now);
  BOOST_TEST((now == begun + 3s));
  BOOST_TEST((ask(asking, now) == 8ms), "it may be a little late");
}

BOOST_AUTO_TEST_CASE(a_reset_that_is_far_away_is_not_believed_blindly) {
  Asking asking;
  asking.begin(begun, 1ms, 2, false);
  asking.expect(begun + 24h);
  Duration now = begun;
  for (int i = 0; i < 5; ++i) BOOST_TEST((ask(asking, now) <= 5s));
}

BOOST_AUTO_TEST_SUITE_END()
