#include "koobatch/flow/breaker.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using koobatch::TimePoint;
using koobatch::flow::Breaker;
using namespace std::chrono_literals;

namespace {

const TimePoint start{std::chrono::hours(1)};

Breaker closed_breaker() {
  Breaker breaker(start);
  breaker.begin_probe(start);
  breaker.success(start, true);
  return breaker;
}

/// Fails from `at` on, a millisecond apart, until the breaker opens; returns when it did.
TimePoint fail_until_open(Breaker& breaker, TimePoint at) {
  while (!breaker.failure(at, false)) at += 1ms;
  return at;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(breaker)

BOOST_AUTO_TEST_CASE(a_new_breaker_lets_exactly_one_probe_through_at_once) {
  Breaker breaker(start);
  BOOST_TEST(!breaker.closed());
  BOOST_TEST(breaker.begin_probe(start));
  BOOST_TEST(!breaker.begin_probe(start));
  BOOST_TEST(!breaker.begin_probe(start + 1h));
}

BOOST_AUTO_TEST_CASE(the_probes_success_closes_it) {
  Breaker breaker(start);
  breaker.begin_probe(start);
  BOOST_TEST(breaker.success(start + 5ms, true));
  BOOST_TEST(breaker.closed());
  BOOST_TEST(!breaker.success(start + 6ms, false));
  BOOST_TEST(!breaker.begin_probe(start + 7ms));
}

BOOST_AUTO_TEST_CASE(failed_probes_come_at_doubling_distances_up_to_a_bound) {
  Breaker breaker(start);
  TimePoint now = start;
  for (const auto delay : {200ms, 400ms, 800ms, 1600ms, 2000ms, 2000ms}) {
    BOOST_REQUIRE(breaker.begin_probe(now));
    breaker.failure(now, true);
    BOOST_TEST((breaker.probe_at() == now + delay));
    BOOST_TEST(!breaker.begin_probe(now + delay - 1ns));
    now += delay;
  }
  BOOST_REQUIRE(breaker.begin_probe(now));
  breaker.success(now, true);
  const TimePoint opened = fail_until_open(breaker, now);
  BOOST_TEST((breaker.probe_at() == opened + 200ms), "after a recovery it starts over");
}

BOOST_AUTO_TEST_CASE(a_long_outage_costs_few_probes_and_its_end_is_seen_in_proportion) {
  Breaker breaker(start);
  unsigned probes = 0;
  TimePoint now = start;
  for (; now < start + 10h; now = breaker.probe_at()) {
    BOOST_REQUIRE(breaker.begin_probe(now));
    breaker.failure(now, true);
    ++probes;
    BOOST_REQUIRE((breaker.probe_at() - now <= std::max<koobatch::Duration>(2s, (now - start) / 30)));
  }
  BOOST_TEST(probes < 240U);
}

BOOST_AUTO_TEST_CASE(a_probe_still_out_when_the_next_outage_begins_is_that_outages_probe) {
  Breaker breaker(start);
  breaker.begin_probe(start);
  breaker.success(start + 1s, false);  // somebody else's late answer
  const TimePoint opened = fail_until_open(breaker, start + 2s);
  BOOST_TEST(!breaker.begin_probe(opened + 1h));
  breaker.failure(opened + 1h, true);
  BOOST_TEST(breaker.begin_probe(breaker.probe_at()));
}

BOOST_AUTO_TEST_CASE(it_opens_after_a_row_of_failures_and_not_one_earlier) {
  Breaker breaker = closed_breaker();
  for (unsigned i = 1; i < Breaker::failures_to_open; ++i) BOOST_TEST(!breaker.failure(start, false));
  BOOST_TEST(breaker.closed());
  BOOST_TEST(breaker.failure(start, false));
  BOOST_TEST(!breaker.closed());
}

BOOST_AUTO_TEST_CASE(an_answer_in_between_begins_the_row_anew) {
  Breaker breaker = closed_breaker();
  for (int round = 0; round < 10; ++round) {
    for (unsigned i = 1; i < Breaker::failures_to_open; ++i) BOOST_TEST(!breaker.failure(start, false));
    breaker.success(start, false);
  }
  BOOST_TEST(breaker.closed());
}

BOOST_AUTO_TEST_CASE(late_failures_of_other_attempts_do_not_move_the_next_probe) {
  Breaker breaker = closed_breaker();
  const TimePoint opened = fail_until_open(breaker, start);
  const TimePoint due = breaker.probe_at();
  breaker.failure(opened + 100ms, false);
  BOOST_TEST((breaker.probe_at() == due));
}

BOOST_AUTO_TEST_CASE(a_late_answer_to_another_attempt_closes_it_too) {
  Breaker breaker = closed_breaker();
  const TimePoint opened = fail_until_open(breaker, start);
  BOOST_TEST(breaker.success(opened + 10ms, false));
  BOOST_TEST(breaker.closed());
}

BOOST_AUTO_TEST_CASE(a_probe_given_back_unused_may_be_taken_by_another_at_once) {
  Breaker breaker(start);
  breaker.begin_probe(start);
  breaker.release(start + 1ms);
  BOOST_TEST(breaker.begin_probe(start + 1ms));
}

BOOST_AUTO_TEST_CASE(giving_back_a_probe_nobody_holds_changes_nothing) {
  Breaker breaker = closed_breaker();
  breaker.release(start);
  BOOST_TEST(breaker.closed());
  const TimePoint opened = fail_until_open(breaker, start);
  breaker.release(opened);
  BOOST_TEST(!breaker.begin_probe(opened));
}

BOOST_AUTO_TEST_CASE(downtime_counts_from_the_first_failure_of_the_row_to_the_answer) {
  Breaker breaker = closed_breaker();
  BOOST_TEST((breaker.downtime(start + 1h) == 0ns));
  const TimePoint opened = fail_until_open(breaker, start + 1h);
  BOOST_TEST((breaker.down_since() == start + 1h));
  BOOST_TEST((breaker.downtime(opened + 10s) == opened + 10s - (start + 1h)));
  breaker.begin_probe(opened + 10s);
  breaker.success(opened + 10s, true);
  BOOST_TEST((breaker.downtime(opened + 5h) == opened + 10s - (start + 1h)));
  const TimePoint again = fail_until_open(breaker, opened + 5h);
  breaker.success(again + 1s, false);
  BOOST_TEST((breaker.downtime(again + 9h) == opened + 10s - (start + 1h) + (again + 1s - (opened + 5h))));
}

BOOST_AUTO_TEST_SUITE_END()
