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
  breaker.success(start, start, true);
  return breaker;
}

/// Lets attempts fail from `at` on, a millisecond apart, until the breaker opens; returns when it did.
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
  BOOST_TEST(breaker.success(start + 5ms, start + 5ms, true));
  BOOST_TEST(breaker.closed());
  BOOST_TEST(!breaker.success(start + 6ms, start + 6ms, false));
  BOOST_TEST(!breaker.begin_probe(start + 7ms));
}

BOOST_AUTO_TEST_CASE(the_interval_between_failed_probes_doubles_up_to_a_bound) {
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
  breaker.success(now, now, true);
  const TimePoint opened = fail_until_open(breaker, now);
  BOOST_TEST((breaker.probe_at() == opened + 200ms), "after a recovery it starts over");
}

BOOST_AUTO_TEST_CASE(a_long_outage_costs_few_probes_and_its_end_is_noticed_in_proportion) {
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

BOOST_AUTO_TEST_CASE(a_probe_in_flight_when_the_next_outage_begins_becomes_its_probe) {
  Breaker breaker(start);
  breaker.begin_probe(start);
  breaker.success(start + 1s, start + 1s, false);  // another attempt's late answer
  const TimePoint opened = fail_until_open(breaker, start + 2s);
  BOOST_TEST(!breaker.begin_probe(opened + 1h));
  breaker.failure(opened + 1h, true);
  BOOST_TEST(breaker.begin_probe(breaker.probe_at()));
}

BOOST_AUTO_TEST_CASE(it_opens_after_a_number_of_consecutive_failures_and_not_one_earlier) {
  Breaker breaker = closed_breaker();
  for (unsigned i = 1; i < Breaker::failures_to_open; ++i) BOOST_TEST(!breaker.failure(start, false));
  BOOST_TEST(breaker.closed());
  BOOST_TEST(breaker.failure(start, false));
  BOOST_TEST(!breaker.closed());
}

BOOST_AUTO_TEST_CASE(an_answer_in_between_restarts_the_count) {
  Breaker breaker = closed_breaker();
  for (int round = 0; round < 10; ++round) {
    for (unsigned i = 1; i < Breaker::failures_to_open; ++i) BOOST_TEST(!breaker.failure(start, false));
    breaker.success(start, start, false);
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
  BOOST_TEST(breaker.success(start + 1ms, opened + 10ms, false));
  BOOST_TEST(breaker.closed());
}

BOOST_AUTO_TEST_CASE(an_answer_to_what_was_sent_before_an_outage_does_not_end_it) {
  Breaker breaker = closed_breaker();
  const TimePoint opened = fail_until_open(breaker, start + 1s);
  BOOST_TEST(!breaker.success(start + 1s - 1ns, opened + 10ms, false));
  BOOST_TEST(!breaker.closed());
  BOOST_REQUIRE(breaker.begin_probe(breaker.probe_at()));
  BOOST_TEST(breaker.success(start + 2s, start + 2s, true));
}

BOOST_AUTO_TEST_CASE(a_probe_returned_unused_may_be_taken_by_another_at_once) {
  Breaker breaker(start);
  breaker.begin_probe(start);
  breaker.release(start + 1ms);
  BOOST_TEST(breaker.begin_probe(start + 1ms));
}

BOOST_AUTO_TEST_CASE(returning_a_probe_that_nobody_holds_changes_nothing) {
  Breaker breaker = closed_breaker();
  breaker.release(start);
  BOOST_TEST(breaker.closed());
  const TimePoint opened = fail_until_open(breaker, start);
  breaker.release(opened);
  BOOST_TEST(!breaker.begin_probe(opened));
}

BOOST_AUTO_TEST_CASE(downtime_lasts_from_the_first_consecutive_failure_to_the_answer) {
  Breaker breaker = closed_breaker();
  BOOST_TEST((breaker.downtime(start + 1h) == 0ns));
  const TimePoint opened = fail_until_open(breaker, start + 1h);
  BOOST_TEST((breaker.down_since() == start + 1h));
  BOOST_TEST((breaker.downtime(opened + 10s) == opened + 10s - (start + 1h)));
  breaker.begin_probe(opened + 10s);
  breaker.success(opened + 10s, opened + 10s, true);
  BOOST_TEST((breaker.downtime(opened + 5h) == opened + 10s - (start + 1h)));
  const TimePoint again = fail_until_open(breaker, opened + 5h);
  breaker.success(again + 1s, again + 1s, false);
  BOOST_TEST((breaker.downtime(again + 9h) == opened + 10s - (start + 1h) + (again + 1s - (opened + 5h))));
}

BOOST_AUTO_TEST_CASE(where_many_fail_anyway_more_consecutive_failures_are_needed) {
  Breaker breaker = closed_breaker();
  for (int i = 0; i < 100; ++i) {
    breaker.failure(start, false);
    breaker.success(start, start, false);
  }
  unsigned row = 1;
  while (!breaker.failure(start, false)) ++row;
  BOOST_TEST(row >= 15U);
  BOOST_TEST(row <= 40U);
}

BOOST_AUTO_TEST_CASE(enough_consecutive_failures_open_it_however_high_the_failing_share) {
  Breaker breaker = closed_breaker();
  for (int i = 0; i < 1000; ++i) {
    for (int failures = 0; failures < 20 && breaker.closed(); ++failures) breaker.failure(start, false);
    breaker.success(start, start, false);
  }
  unsigned row = 1;
  while (!breaker.failure(start, false)) ++row;
  BOOST_TEST(row <= 150U);
}

BOOST_AUTO_TEST_CASE(a_service_that_refuses_everything_for_a_while_opens_it) {
  Breaker breaker = closed_breaker();
  TimePoint now = start + 1s;
  for (; now < start + 1s + Breaker::silence; now += 100ms) BOOST_TEST(!breaker.refusal(now, now, false));
  BOOST_TEST(!breaker.refusal(start, now, false), "requests sent long ago say nothing");
  BOOST_TEST(breaker.refusal(now, now, false));
  BOOST_TEST((breaker.down_since() == start + 1s));
  BOOST_TEST(breaker.begin_probe(breaker.probe_at()));
  const TimePoint probed = breaker.probe_at();
  BOOST_TEST(!breaker.refusal(probed, probed, true), "a refusal is not a success");
  BOOST_TEST(!breaker.closed());
}

BOOST_AUTO_TEST_CASE(requested_pauses_do_not_count_as_silence_at_first) {
  Breaker breaker = closed_breaker();
  BOOST_TEST(!breaker.refusal(start, start, false, 60s));
  BOOST_TEST(!breaker.refusal(start + 60s, start + 60s, false, 60s));
  BOOST_TEST(!breaker.refusal(start + 120s, start + 120s, false, 60s));
  BOOST_TEST(breaker.refusal(start + 180s, start + 180s, false, 60s));
}

BOOST_AUTO_TEST_SUITE_END()
