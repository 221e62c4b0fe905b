#include "koobatch/flow/pace.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

using koobatch::Duration;
using koobatch::TimePoint;
using namespace koobatch::flow;
using namespace std::chrono_literals;

namespace {

const TimePoint start{std::chrono::hours(1)};

Outcome answered(int http, Verdict verdict) {
  Outcome outcome;
  outcome.http = http;
  outcome.verdict = verdict;
  return outcome;
}

const Outcome ok = answered(200, Verdict::succeeded);
const Outcome silent = answered(0, Verdict::unclear);

Outcome throttled(int http, std::optional<Duration> retry_after, bool user_only = false) {
  Outcome outcome = answered(http, Verdict::throttled);
  outcome.retry_after = retry_after;
  outcome.user_only = user_only;
  return outcome;
}

/// A pace whose first probe was answered at `start`.
struct Proven : Pace {
  explicit Proven(const PaceSettings& settings = {}) : Pace(settings, start) {
    acquire(start, false, {});
    observe(ok, start, true);
  }
};

/// Lets attempts fail until the pace is interrupted.
void break_down(Pace& pace, TimePoint now) {
  while (!pace.interrupted()) pace.observe(silent, now, false);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pace)

BOOST_AUTO_TEST_CASE(the_first_request_goes_alone_and_its_answer_opens_the_way) {
  Pace pace({}, start);
  const auto first = pace.acquire(start, false, {});
  BOOST_TEST(first.granted);
  BOOST_TEST(first.probe);
  BOOST_TEST(!pace.acquire(start, false, {}).granted);
  BOOST_TEST(!pace.may_connect(start + 1s).granted);
  BOOST_TEST(pace.observe(ok, start + 1s, true), "everybody else should be told");
  BOOST_TEST(pace.acquire(start + 1s, false, {}).granted);
  BOOST_TEST(!pace.acquire(start + 1s, false, {}).probe);
}

BOOST_AUTO_TEST_CASE(an_outage_is_told_of_once_when_it_begins_and_when_it_ends) {
  using Kind = PaceEvent::Kind;
  Proven pace;
  BOOST_TEST(pace.take_events().empty(), "the first answer ends no outage");
  break_down(pace, start + 1s);
  pace.observe(silent, start + 2s, false);
  const auto down = pace.take_events();
  BOOST_TEST_REQUIRE(down.size() == 1U);
  BOOST_TEST((down[0].kind == Kind::down));
  BOOST_TEST(pace.observe(ok, start + 4s, false));
  const auto up = pace.take_events();
  BOOST_TEST_REQUIRE(up.size() == 1U);
  BOOST_TEST((up[0].kind == Kind::up));
  BOOST_TEST((up[0].wait == 3s));
  BOOST_TEST(pace.counts().outages == 1U);
}

BOOST_AUTO_TEST_CASE(a_service_that_fails_every_request_is_not_said_to_be_silent) {
  PaceEvent down;
  down.kind = PaceEvent::Kind::down;
  BOOST_TEST(describe(down).starts_with("the service does not answer: nothing is sent but a probe"));
  down.http = 500;
  BOOST_TEST(describe(down).starts_with("the service fails every request (HTTP 500): nothing is sent but a probe"));
}

BOOST_AUTO_TEST_CASE(an_outage_that_is_there_from_the_start_is_told_of_too) {
  using Kind = PaceEvent::Kind;
  Pace pace({}, start);
  BOOST_TEST(pace.may_connect(start).probe);
  BOOST_TEST(pace.observe(silent, start + 1s, true), "it is to be told at once");
  const auto down = pace.take_events();
  BOOST_TEST_REQUIRE(down.size() == 1U);
  BOOST_TEST((down[0].kind == Kind::down));
  BOOST_TEST(pace.acquire(start + 2s, false, {}).probe);
  pace.observe(ok, start + 2s, true);
  const auto up = pace.take_events();
  BOOST_TEST_REQUIRE(up.size() == 1U);
  BOOST_TEST((up[0].kind == Kind::up));
  BOOST_TEST((up[0].wait == 2s));
  BOOST_TEST(pace.counts().outages == 1U);
}

BOOST_AUTO_TEST_CASE(whoever_connects_for_the_probe_also_sends_it) {
  Pace pace({}, start);
  BOOST_TEST(pace.may_connect(start).probe);
  BOOST_TEST(!pace.acquire(start + 1ms, false, {}).granted);
  const auto permit = pace.acquire(start + 1ms, true, {});
  BOOST_TEST(permit.granted);
  BOOST_TEST(permit.probe);
}

BOOST_AUTO_TEST_CASE(mended_credentials_or_clock_are_proven_alone_before_the_others_leave) {
  Pace pace({}, start);
  pace.acquire(start, false, {});
  pace.observe(answered(401, Verdict::repeat), start + 1s, true);
  const auto repeated = pace.acquire(start + 1s, false, {});
  BOOST_TEST(repeated.granted);
  BOOST_TEST(repeated.probe);
  BOOST_TEST(!pace.acquire(start + 1s, false, {}).granted);
}

BOOST_AUTO_TEST_CASE(a_pause_asked_for_by_the_service_holds_for_everybody) {
  Proven pace;
  BOOST_TEST(pace.observe(throttled(429, 7s), start, false));
  const auto refused = pace.acquire(start + 6s, false, {});
  BOOST_TEST(!refused.granted);
  BOOST_TEST((refused.ask_at == start + 7s));
  BOOST_TEST(!pace.may_connect(start + 6s).granted);
  BOOST_TEST(pace.acquire(start + 7s, false, {}).granted);
}

BOOST_AUTO_TEST_CASE(a_shorter_pause_does_not_cut_a_longer_one_short) {
  Proven pace;
  pace.observe(throttled(503, 60s), start, false);
  pace.observe(throttled(503, 1s), start, false);
  BOOST_TEST((pace.acquire(start + 2s, false, {}).ask_at == start + 60s));
}

BOOST_AUTO_TEST_CASE(throttling_of_one_user_pauses_nobody_else) {
  Proven pace;
  pace.observe(throttled(429, 60s, true), start, false, "slow");
  BOOST_TEST(pace.acquire(start, false, {.user = "other"}).granted);
  const auto refused = pace.acquire(start, false, {.user = "slow"});
  BOOST_TEST(!refused.granted);
  BOOST_TEST(refused.only_user);
  BOOST_TEST((refused.ask_at == start + 60s));
}

BOOST_AUTO_TEST_CASE(throttling_of_a_user_is_told_of_once_and_counted_each_time) {
  using Kind = PaceEvent::Kind;
  Proven pace;
  for (int i = 0; i < 3; ++i) pace.observe(throttled(429, 1s, true), start + i * 2s, false, "slow");
  const auto events = pace.take_events();
  BOOST_TEST_REQUIRE(events.size() == 6U);
  BOOST_TEST((events[0].kind == Kind::user_cut && events[1].kind == Kind::user_paused));
  BOOST_TEST(std::count_if(events.begin(), events.end(), [](const PaceEvent& event) { return !event.minor; }) == 1);
  BOOST_TEST(pace.counts().user_cuts == 3U);
  BOOST_TEST(pace.counts().user_pauses == 3U);
  BOOST_TEST(pace.counts().cuts == 0U);
}

BOOST_AUTO_TEST_CASE(of_many_throttled_users_only_a_few_are_told_of) {
  Proven pace;
  for (int user = 0; user < 1000; ++user) {
    pace.observe(throttled(429, 1s, true), start, false, std::to_string(user));
  }
  const auto events = pace.take_events();
  BOOST_TEST(std::count_if(events.begin(), events.end(), [](const PaceEvent& event) { return !event.minor; }) == 10);
}

BOOST_AUTO_TEST_CASE(what_failed_last_may_be_the_beginning_of_an_outage) {
  Proven pace;
  BOOST_TEST(!pace.failing());
  pace.observe(silent, start, false);
  BOOST_TEST(pace.failing());
  pace.observe(ok, start, false);
  BOOST_TEST(!pace.failing());
}

BOOST_AUTO_TEST_CASE(a_pause_holds_for_the_probe_too) {
  Pace pace({}, start);
  BOOST_TEST(pace.may_connect(start).probe);
  pace.observe(throttled(503, 10s), start + 1s, false);
  const auto permit = pace.acquire(start + 2s, true, {});
  BOOST_TEST(!permit.granted);
  BOOST_TEST((permit.ask_at == start + 11s));
  BOOST_TEST(pace.acquire(start + 11s, false, {}).granted, "the probe must not be lost with the one who held it");
}

BOOST_AUTO_TEST_CASE(every_request_takes_a_permit_of_the_rate) {
  PaceSettings settings;
  settings.rate = 10;
  settings.burst = 2;
  Proven pace(settings);  // took one
  BOOST_TEST(pace.acquire(start, false, {}).granted);
  const auto refused = pace.acquire(start, false, {});
  BOOST_TEST(!refused.granted);
  BOOST_TEST((refused.ask_at == start + 100ms));
  BOOST_TEST(pace.may_connect(start).granted, "connecting is no request");
  BOOST_TEST(pace.acquire(start + 100ms, false, {}).granted);
}

BOOST_AUTO_TEST_CASE(the_rate_in_force_is_the_one_set_until_a_lower_one_is_learned) {
  BOOST_TEST(Proven().state(start).limit() == 0.0);
  PaceSettings settings;
  settings.rate = 100;
  Proven pace(settings);
  BOOST_TEST(pace.state(start).limit() == 100.0);
  pace.observe(throttled(429, std::nullopt), start + 1s, false);
  BOOST_TEST(pace.state(start + 1s).limit() < 100.0);
  Proven unlimited;
  unlimited.observe(ok, start + 10ms, false);
  unlimited.observe(throttled(429, std::nullopt), start + 20ms, false);
  BOOST_TEST(unlimited.state(start + 20ms).limit() > 0.0);
}

BOOST_AUTO_TEST_CASE(a_probe_that_has_to_wait_for_the_rate_is_given_back) {
  PaceSettings settings;
  settings.rate = 1;
  settings.burst = 1;
  Proven pace(settings);
  break_down(pace, start + 10ms);
  const TimePoint due = start + 10ms + Breaker::first_probe_delay;
  BOOST_TEST(pace.may_connect(due).probe);
  const auto refused = pace.acquire(due, true, {});
  BOOST_TEST(!refused.granted);
  BOOST_TEST((refused.ask_at == start + 1s));
  BOOST_TEST(pace.acquire(start + 1s, false, {}).probe);
}

BOOST_AUTO_TEST_CASE(silence_interrupts_the_traffic_and_one_answer_restores_it) {
  Proven pace;
  break_down(pace, start + 1s);
  const auto refused = pace.acquire(start + 1s, false, {});
  BOOST_TEST(!refused.granted);
  BOOST_TEST((refused.ask_at == start + 1s + Breaker::first_probe_delay));
  const auto probe = pace.acquire(refused.ask_at, false, {});
  BOOST_TEST(probe.probe);
  BOOST_TEST(!pace.acquire(refused.ask_at, false, {}).granted);
  BOOST_TEST(pace.observe(ok, refused.ask_at, true));
  BOOST_TEST(!pace.interrupted());
  BOOST_TEST(pace.acquire(refused.ask_at, false, {}).granted);
}

BOOST_AUTO_TEST_CASE(server_errors_count_as_silence_and_refusals_and_throttling_do_not) {
  Proven failing;
  for (const int http : {500, 502, 504, 500, 502, 504}) failing.observe(answered(http, Verdict::unclear), start, false);
  BOOST_TEST(failing.interrupted());
  Proven refusing;
  for (int i = 0; i < 100; ++i) {
    refusing.observe(answered(403, Verdict::rejected), start, false);
    refusing.observe(throttled(503, std::nullopt), start, false);
  }
  BOOST_TEST(!refusing.interrupted());
}

BOOST_AUTO_TEST_CASE(connections_that_went_stale_say_nothing_about_the_service) {
  Proven pace;
  for (int i = 0; i < 100; ++i) pace.observe(answered(0, Verdict::stale), start, false);
  BOOST_TEST(!pace.interrupted());
}

BOOST_AUTO_TEST_CASE(a_probe_on_a_stale_connection_may_be_repeated_at_once) {
  Proven pace;
  break_down(pace, start + 1s);
  const TimePoint due = start + 1s + Breaker::first_probe_delay;
  BOOST_TEST(pace.acquire(due, false, {}).probe);
  pace.observe(answered(0, Verdict::stale), due, true);
  BOOST_TEST(pace.may_connect(due).probe);
}

BOOST_AUTO_TEST_CASE(an_outage_is_exceeded_when_nothing_answered_for_that_long) {
  PaceSettings settings;
  settings.max_outage = 1min;
  Proven pace(settings);
  break_down(pace, start + 1h);
  BOOST_TEST(!pace.outage_exceeded(start + 1h + 1min - 1ns));
  BOOST_TEST(pace.outage_exceeded(start + 1h + 1min));
  pace.observe(ok, start + 1h + 1min, false);
  BOOST_TEST(!pace.outage_exceeded(start + 5h));
}

BOOST_AUTO_TEST_CASE(a_service_that_never_answered_is_an_outage_from_the_start) {
  PaceSettings settings;
  settings.max_outage = 1min;
  Pace pace(settings, start);
  BOOST_TEST(!pace.outage_exceeded(start + 59s));
  BOOST_TEST(pace.outage_exceeded(start + 1min));
}

BOOST_AUTO_TEST_CASE(whoever_waits_for_a_probe_asks_again_in_time_to_notice_the_end_of_patience) {
  PaceSettings settings;
  settings.max_outage = 100ms;
  Proven pace(settings);
  break_down(pace, start + 1s);
  BOOST_TEST((pace.acquire(start + 1s, false, {}).ask_at == start + 1s + 100ms));
  const auto later = pace.acquire(start + 1s + 150ms, false, {});
  BOOST_TEST((later.ask_at > start + 1s + 150ms), "asking again at once, over and over, would be a busy loop");
}

BOOST_AUTO_TEST_CASE(downtime_is_handed_out_with_the_permit) {
  Proven pace;
  break_down(pace, start + 1s);
  pace.observe(ok, start + 11s, false);
  BOOST_TEST((pace.downtime(start + 1h) == 10s));
  BOOST_TEST((pace.acquire(start + 20s, false, {}).downtime == 10s));
}

// Holds.

BOOST_AUTO_TEST_CASE(nothing_leaves_while_it_is_held_but_what_is_to_end_that) {
  Proven pace;
  pace.hold(start + 1s);
  BOOST_TEST(pace.held());
  BOOST_TEST(!pace.may_connect(start + 1s).granted);
  BOOST_TEST(!pace.acquire(start + 1s, false, {}).granted);
  BOOST_TEST(pace.acquire_within_hold(start + 1s).granted);
  pace.release(start + 2s);
  BOOST_TEST(!pace.held());
  BOOST_TEST(pace.acquire(start + 2s, false, {}).granted);
}

BOOST_AUTO_TEST_CASE(a_hold_takes_the_probe_back) {
  Pace pace({}, start);
  BOOST_TEST(pace.may_connect(start).probe);
  pace.hold(start);
  BOOST_TEST(!pace.acquire(start, true, {}).granted);
  pace.release(start + 1s);
  BOOST_TEST(pace.acquire(start + 1s, false, {}).probe, "whoever asks next has it");
}

BOOST_AUTO_TEST_CASE(time_held_is_nobodys_and_no_outage) {
  PaceSettings settings;
  settings.max_outage = 1min;
  Proven pace(settings);
  pace.hold(start + 1s);
  pace.hold(start + 2s);
  BOOST_TEST((pace.downtime(start + 3s) == 2s));
  BOOST_TEST(!pace.outage_exceeded(start + 10min));
  pace.release(start + 11s);
  pace.release(start + 12s);
  BOOST_TEST((pace.downtime(start + 20s) == 10s));
  pace.hold(start + 20s);
  BOOST_TEST((pace.downtime(start + 21s) == 11s));
}

BOOST_AUTO_TEST_CASE(an_outage_within_a_hold_counts_once) {
  Proven pace;
  pace.hold(start + 1s);
  BOOST_TEST(!pace.down_since().has_value());
  break_down(pace, start + 2s);
  BOOST_TEST((pace.down_since() == start + 2s));
  pace.release(start + 5s);
  BOOST_TEST((pace.downtime(start + 5s) == 4s));
  BOOST_TEST((pace.downtime(start + 8s) == 7s), "the outage goes on");
}

BOOST_AUTO_TEST_CASE(what_ends_a_hold_keeps_to_the_rate) {
  PaceSettings settings;
  settings.rate = 1;
  settings.burst = 1;
  Proven pace(settings);
  pace.hold(start);
  const auto refused = pace.acquire_within_hold(start);
  BOOST_TEST(!refused.granted);
  BOOST_TEST((refused.ask_at == start + 1s));
  BOOST_TEST(pace.acquire_within_hold(start + 1s).granted);
  pace.release(start + 1s);
  BOOST_TEST(!pace.acquire(start + 1s, false, {}).granted);
}

// Schedules.

BOOST_AUTO_TEST_CASE(permits_tell_when_the_schedule_had_them_if_it_is_to_be_kept) {
  PaceSettings settings;
  settings.rate = 10;
  settings.catch_up = true;
  Proven pace(settings);
  BOOST_TEST(!pace.acquire(start + 99ms, false, {}).granted);
  const auto late = pace.acquire(start + 350ms, false, {});
  BOOST_TEST(late.granted);
  BOOST_TEST((late.due == start + 100ms));
  BOOST_TEST((pace.acquire(start + 350ms, false, {}).due == start + 200ms));
  BOOST_TEST((pace.acquire(start + 350ms, false, {}).due == start + 300ms));
  BOOST_TEST(!pace.acquire(start + 350ms, false, {}).granted, "the next one is due at 400 ms");
  BOOST_TEST(pace.overdue(start + 350ms) == 0U);
  BOOST_TEST(pace.overdue(start + 600ms) == 3U);
}

BOOST_AUTO_TEST_CASE(a_schedule_begins_with_the_first_request) {
  PaceSettings settings;
  settings.rate = 10;
  settings.catch_up = true;
  Pace pace(settings, start);
  BOOST_TEST(pace.overdue(start + 1h) == 0U);
  BOOST_TEST((pace.acquire(start + 1h, false, {}).due == start + 1h));
  pace.observe(ok, start + 1h, true);
  BOOST_TEST((pace.acquire(start + 1h, false, {}).ask_at == start + 1h + 100ms));
}

BOOST_AUTO_TEST_CASE(without_a_schedule_a_permit_is_due_when_it_is_given) {
  PaceSettings limited;
  limited.rate = 10;
  Proven limit(limited);
  BOOST_TEST((limit.acquire(start + 5s, false, {}).due == start + 5s));
  BOOST_TEST(limit.overdue(start + 9s) == 0U);
  PaceSettings unlimited;
  unlimited.catch_up = true;
  Proven nothing(unlimited);
  BOOST_TEST((nothing.acquire(start + 5s, false, {}).due == start + 5s));
}

BOOST_AUTO_TEST_SUITE_END()
