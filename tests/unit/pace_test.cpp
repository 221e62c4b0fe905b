#include "koobatch/flow/pace.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using koobatch::Duration;
using koobatch::TimePoint;
using namespace koobatch::koodrive;
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

/// A pace whose first probe was answered, followed by enough rounds of answers until `start` that many requests may be
/// in flight.
struct Proven : Pace {
  explicit Proven(const PaceSettings& settings = {}) : Pace(settings, start - 500ms) {
    acquire(start, false, {});
    for (int i = 0; i < 100; ++i) observe(ok, start - 500ms + i / 10 * 50ms, i == 0, {}, {start - 500ms, 1'000});
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
  BOOST_TEST(pace.observe(ok, start + 1s, true), "all others should ask again");
  BOOST_TEST(pace.acquire(start + 1s, false, {}).granted);
  BOOST_TEST(!pace.acquire(start + 1s, false, {}).probe);
}

BOOST_AUTO_TEST_CASE(an_outage_is_reported_once_when_it_begins_and_once_when_it_ends) {
  using Kind = PaceEvent::Kind;
  Proven pace;
  BOOST_TEST(pace.take_events().empty(), "the first answer does not end an outage");
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

BOOST_AUTO_TEST_CASE(a_service_that_fails_every_request_is_not_called_silent) {
  PaceEvent down;
  down.kind = PaceEvent::Kind::down;
  BOOST_TEST(describe(down).starts_with("the service does not answer: nothing is sent but a probe"));
  down.http = 500;
  BOOST_TEST(describe(down).starts_with("the service fails every request (HTTP 500): nothing is sent but a probe"));
}

BOOST_AUTO_TEST_CASE(a_service_whose_answers_cannot_be_read_is_not_said_to_be_silent) {
  Outcome garbled = silent;
  garbled.garbled = true;
  garbled.error = "the answer is not valid HTTP: bad field";
  Pace pace({}, start);
  pace.may_connect(start);
  pace.observe(garbled, start + 1s, true);
  const auto down = pace.take_events();
  BOOST_TEST_REQUIRE(down.size() == 1U);
  BOOST_TEST(describe(down[0]) ==
             "the service answers, but what it sends cannot be read: nothing is sent but a probe now and then, until "
             "it can: the answer is not valid HTTP: bad field");
}

BOOST_AUTO_TEST_CASE(an_outage_that_exists_from_the_start_is_reported_too) {
  using Kind = PaceEvent::Kind;
  Pace pace({}, start);
  BOOST_TEST(pace.may_connect(start).probe);
  BOOST_TEST(pace.observe(silent, start + 1s, true), "it must be reported at once");
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

BOOST_AUTO_TEST_CASE(an_answer_in_place_of_the_service_is_an_outage_and_is_quoted) {
  Outcome page = answered(200, Verdict::unclear);
  page.foreign = true;
  page.page = "text/html, 'Sign in'";
  page.error = "HTTP 200, text/html, 'Sign in': not an answer of the service";
  Pace pace({}, start);
  BOOST_TEST(pace.last_failure().empty());
  BOOST_TEST(pace.acquire(start, false, {}).probe);
  BOOST_TEST(pace.observe(page, start + 1s, true), "it must be reported at once");
  const auto down = pace.take_events();
  BOOST_TEST_REQUIRE(down.size() == 1U);
  BOOST_TEST(describe(down[0]) ==
             "something else answers in place of the service (HTTP 200, text/html, 'Sign in'): nothing is sent but a "
             "probe now and then, until the service does");
  BOOST_TEST(pace.last_failure() == page.error);
  BOOST_TEST(pace.interrupted());
  BOOST_TEST(pace.acquire(start + 2s, false, {}).probe);
  BOOST_TEST(!pace.acquire(start + 2s, false, {}).granted);
  BOOST_TEST(pace.observe(ok, start + 2s, true));

  for (unsigned i = 0; i < Breaker::failures_to_open; ++i) pace.observe(page, start + 3s, false);
  BOOST_TEST(pace.interrupted(), "as in the middle of a run");
}

BOOST_AUTO_TEST_CASE(an_answer_in_place_of_the_service_says_nothing_about_its_rate) {
  Proven pace;
  Outcome page = answered(200, Verdict::unclear);
  page.foreign = true;
  for (int i = 0; i < 1000; ++i) {
    pace.observe(page, start + i * 100us, false);
    if (i % 5 == 4) pace.observe(ok, start + i * 100us, false);
  }
  pace.observe(throttled(429, std::nullopt), start + 100ms, false);
  // 200 were accepted in a tenth of a second, not 1,200.
  BOOST_TEST(pace.state(start + 100ms).found.limit < 3'000);
}

BOOST_AUTO_TEST_CASE(the_caller_that_connects_for_the_probe_also_sends_it) {
  Pace pace({}, start);
  BOOST_TEST(pace.may_connect(start).probe);
  BOOST_TEST(!pace.acquire(start + 1ms, false, {}).granted);
  const auto permit = pace.acquire(start + 1ms, true, {});
  BOOST_TEST(permit.granted);
  BOOST_TEST(permit.probe);
}

BOOST_AUTO_TEST_CASE(corrected_credentials_or_clock_are_proven_by_one_request_before_others_are_sent) {
  Pace pace({}, start);
  pace.acquire(start, false, {});
  pace.observe(answered(401, Verdict::repeat), start + 1s, true);
  const auto repeated = pace.acquire(start + 1s, false, {});
  BOOST_TEST(repeated.granted);
  BOOST_TEST(repeated.probe);
  BOOST_TEST(!pace.acquire(start + 1s, false, {}).granted);
}

BOOST_AUTO_TEST_CASE(a_pause_requested_by_the_service_applies_to_all_requests) {
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

BOOST_AUTO_TEST_CASE(throttling_of_one_user_does_not_pause_others) {
  Proven pace;
  pace.observe(throttled(429, 60s, true), start, false, "slow");
  BOOST_TEST(pace.acquire(start, false, {.user = "other"}).granted);
  const auto refused = pace.acquire(start, false, {.user = "slow"});
  BOOST_TEST(!refused.granted);
  BOOST_TEST(refused.only_user);
  BOOST_TEST((refused.ask_at == start + 60s));
}

BOOST_AUTO_TEST_CASE(throttling_of_a_user_is_reported_once_and_counted_each_time) {
  using Kind = PaceEvent::Kind;
  Proven pace;
  for (int i = 0; i < 3; ++i) {
    pace.observe(throttled(429, 1s, true), start + i * 2s, false, "slow");
    pace.observe(ok, start + i * 2s, false, "quick");
  }
  const auto events = pace.take_events();
  BOOST_TEST_REQUIRE(events.size() == 3U);
  BOOST_TEST((events[0].kind == Kind::user_paused));
  BOOST_TEST(std::count_if(events.begin(), events.end(), [](const PaceEvent& event) { return !event.minor; }) == 1);
  BOOST_TEST(pace.counts().user_pauses == 3U);
  BOOST_TEST(pace.counts().cuts == 0U);
}

BOOST_AUTO_TEST_CASE(only_the_first_few_of_many_throttled_users_are_reported) {
  Proven pace;
  for (int user = 0; user < 1000; ++user) {
    pace.observe(throttled(429, 1s, true), start, false, std::to_string(user));
  }
  const auto events = pace.take_events();
  BOOST_TEST(std::count_if(events.begin(), events.end(), [](const PaceEvent& event) { return !event.minor; }) == 10);
}

BOOST_AUTO_TEST_CASE(a_recent_failure_may_be_the_beginning_of_an_outage) {
  Proven pace;
  BOOST_TEST(!pace.failing());
  pace.observe(silent, start, false);
  BOOST_TEST(pace.failing());
  pace.observe(ok, start, false);
  BOOST_TEST(!pace.failing());
}

BOOST_AUTO_TEST_CASE(a_pause_applies_to_the_probe_too) {
  Pace pace({}, start);
  BOOST_TEST(pace.may_connect(start).probe);
  pace.observe(throttled(503, 10s), start + 1s, false);
  const auto permit = pace.acquire(start + 2s, true, {});
  BOOST_TEST(!permit.granted);
  BOOST_TEST((permit.ask_at == start + 11s));
  BOOST_TEST(pace.acquire(start + 11s, false, {}).granted, "the probe must not be lost with its holder");
}

BOOST_AUTO_TEST_CASE(every_request_takes_a_permit_of_the_rate) {
  PaceSettings settings;
  settings.rate = 10;
  settings.burst = 2;
  Proven pace(settings);  // used one permit
  BOOST_TEST(pace.acquire(start, false, {}).granted);
  const auto refused = pace.acquire(start, false, {});
  BOOST_TEST(!refused.granted);
  BOOST_TEST((refused.ask_at == start + 100ms));
  BOOST_TEST(pace.may_connect(start).granted, "connecting is not a request");
  BOOST_TEST(pace.acquire(start + 100ms, false, {}).granted);
}

BOOST_AUTO_TEST_CASE(the_effective_rate_is_the_configured_one_until_a_lower_one_is_learned) {
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

BOOST_AUTO_TEST_CASE(a_probe_that_must_wait_for_the_rate_is_returned) {
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

BOOST_AUTO_TEST_CASE(silence_interrupts_traffic_and_one_answer_restores_it) {
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

BOOST_AUTO_TEST_CASE(stale_connections_say_nothing_about_the_service) {
  Proven pace;
  for (int i = 0; i < 100; ++i) pace.observe(answered(0, Verdict::stale), start, false);
  BOOST_TEST(!pace.interrupted());
}

BOOST_AUTO_TEST_CASE(connections_that_ended_in_good_order_say_nothing_about_the_service) {
  Proven pace;
  for (int i = 0; i < 1000; ++i) pace.observe(answered(0, Verdict::refused), start, false);
  BOOST_TEST(!pace.interrupted());
  BOOST_TEST(!pace.failing());
  BOOST_TEST(pace.acquire(start, false, {}).granted);
}

BOOST_AUTO_TEST_CASE(requests_lost_with_one_connection_are_one_failure) {
  Outcome companion = silent;
  companion.companion = true;
  Proven pace;
  for (unsigned connections = 1; connections < Breaker::failures_to_open; ++connections) {
    pace.observe(silent, start, false);
    for (int i = 0; i < 31; ++i) pace.observe(companion, start, false);
    BOOST_TEST(!pace.interrupted());
  }
  pace.observe(silent, start, false);
  BOOST_TEST(pace.interrupted());
}

BOOST_AUTO_TEST_CASE(a_probe_fails_even_if_another_request_tells_of_it) {
  Proven pace;
  break_down(pace, start + 1s);
  const TimePoint due = start + 1s + Breaker::first_probe_delay;
  BOOST_TEST(pace.acquire(due, false, {}).probe);
  Outcome companion = silent;
  companion.companion = true;
  pace.observe(companion, due, true);
  BOOST_TEST(pace.interrupted());
  BOOST_TEST(!pace.may_connect(due).granted);
  BOOST_TEST(pace.may_connect(due + 1s).probe);
}

BOOST_AUTO_TEST_CASE(a_connection_ended_because_of_too_many_requests_is_no_failure) {
  Proven pace;
  for (int i = 0; i < 20; ++i) pace.observe(answered(0, Verdict::throttled), start, false);
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
  pace.acquire(start, false, {});
  BOOST_TEST(!pace.outage_exceeded(start + 59s));
  BOOST_TEST(pace.outage_exceeded(start + 1min));
}

BOOST_AUTO_TEST_CASE(a_run_that_is_slow_to_start_is_not_an_outage) {
  PaceSettings settings;
  settings.max_outage = 1min;
  Pace pace(settings, start);
  BOOST_TEST(!pace.outage_exceeded(start + 1h), "nothing was sent");
  BOOST_TEST(!pace.down_for(start + 1h).has_value());
  // Neither is a wish to connect that was not carried out, for lack of work or of a descriptor.
  BOOST_TEST(pace.may_connect(start + 1h).probe);
  pace.release_probe(start + 1h + 1s);
  BOOST_TEST(!pace.outage_exceeded(start + 2h));
  // It begins with the first attempt, even if that only tries to connect.
  BOOST_TEST(pace.may_connect(start + 3h).probe);
  BOOST_TEST(pace.acquire(start + 3h + 5s, true, {}).granted);
  BOOST_TEST((pace.down_for(start + 3h + 30s) == 30s));
  BOOST_TEST(!pace.outage_exceeded(start + 3h + 1min - 1ns));
  BOOST_TEST(pace.outage_exceeded(start + 3h + 1min));
}

BOOST_AUTO_TEST_CASE(an_outage_counts_from_its_first_attempt_whatever_becomes_of_later_probes) {
  PaceSettings settings;
  settings.max_outage = 1min;
  Pace pace(settings, start);
  BOOST_TEST(pace.may_connect(start + 1h).probe);
  pace.observe(silent, start + 1h + 1s, true);
  BOOST_TEST(pace.may_connect(start + 1h + 10s).probe);
  pace.release_probe(start + 1h + 11s);
  BOOST_TEST((pace.down_for(start + 1h + 20s) == 20s));
  BOOST_TEST(pace.outage_exceeded(start + 1h + 1min));
}

BOOST_AUTO_TEST_CASE(callers_waiting_for_a_probe_ask_again_in_time_to_notice_the_outage_limit) {
  PaceSettings settings;
  settings.max_outage = 100ms;
  Proven pace(settings);
  break_down(pace, start + 1s);
  BOOST_TEST((pace.acquire(start + 1s, false, {}).ask_at == start + 1s + 100ms));
  const auto later = pace.acquire(start + 1s + 150ms, false, {});
  BOOST_TEST((later.ask_at > start + 1s + 150ms), "asking again immediately would be a busy loop");
}

BOOST_AUTO_TEST_CASE(a_permit_carries_the_downtime) {
  Proven pace;
  break_down(pace, start + 1s);
  pace.observe(ok, start + 11s, false);
  BOOST_TEST((pace.downtime(start + 1h) == 10s));
  BOOST_TEST((pace.acquire(start + 20s, false, {}).downtime == 10s));
}

// Holds.

BOOST_AUTO_TEST_CASE(during_a_hold_only_the_request_that_will_end_it_is_sent) {
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
  BOOST_TEST(pace.acquire(start + 1s, false, {}).probe, "the next caller gets it");
}

BOOST_AUTO_TEST_CASE(time_on_hold_is_charged_to_no_operation_and_is_not_an_outage) {
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
  BOOST_TEST(!pace.down_for(start + 2s).has_value());
  break_down(pace, start + 2s);
  BOOST_TEST((pace.down_for(start + 5s) == 3s));
  pace.release(start + 5s);
  BOOST_TEST((pace.downtime(start + 5s) == 4s));
  BOOST_TEST((pace.downtime(start + 8s) == 7s), "the outage continues");
}

BOOST_AUTO_TEST_CASE(the_request_that_ends_a_hold_obeys_the_rate) {
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

BOOST_AUTO_TEST_CASE(permits_carry_their_scheduled_time_if_a_schedule_is_kept) {
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

BOOST_AUTO_TEST_CASE(without_a_schedule_a_permit_is_due_when_it_is_granted) {
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

BOOST_AUTO_TEST_CASE(the_state_shows_what_holds_the_run_back_and_why) {
  Pace fresh({.rate = 500}, start);
  BOOST_TEST(fresh.state(start).rate == 500);
  BOOST_TEST(!fresh.state(start).down, "a first request that is not yet answered is not an outage");
  Proven pace;
  pace.observe(ok, start + 1s, false);
  pace.observe(throttled(429, {}), start + 1s, false);
  auto state = pace.state(start + 1s);
  BOOST_TEST(state.found.limit > 0);
  BOOST_TEST(state.limit_http == 429);
  BOOST_TEST(state.wait.count() == 0);
  pace.observe(throttled(503, 10s), start + 2s, false);
  state = pace.state(start + 4s);
  BOOST_TEST((state.wait == 8s));
  BOOST_TEST(state.wait_http == 503);
  BOOST_TEST(pace.state(start + 12s).wait.count() == 0);
  while (!pace.interrupted()) pace.observe(answered(500, Verdict::unclear), start + 13s, false);
  BOOST_TEST(pace.state(start + 13s).down);
  BOOST_TEST(pace.state(start + 13s).down_http == 500);
  pace.hold(start + 14s);
  pace.hold(start + 15s, Pace::Hold::user);
  state = pace.state(start + 20s);
  BOOST_TEST(state.renewing);
  BOOST_TEST(state.paused);
  BOOST_TEST((state.paused_for == 5s));
}

BOOST_AUTO_TEST_CASE(during_the_users_pause_nothing_is_sent_not_even_for_new_credentials) {
  Proven pace;
  pace.hold(start, Pace::Hold::user);
  BOOST_TEST(!pace.acquire(start + 1h, false, {}).granted);
  BOOST_TEST(!pace.may_connect(start + 1h).granted);
  BOOST_TEST(!pace.acquire_within_hold(start + 1h).granted);
  pace.release(start + 1h, Pace::Hold::user);
  BOOST_TEST(pace.acquire(start + 1h, false, {}).granted);
  BOOST_TEST(pace.acquire_within_hold(start + 1h).granted);
}

BOOST_AUTO_TEST_CASE(each_hold_ends_independently) {
  Proven pace;
  pace.hold(start, Pace::Hold::user);
  pace.hold(start + 1s);
  pace.release(start + 2s, Pace::Hold::user);
  BOOST_TEST(!pace.acquire(start + 2s, false, {}).granted);
  BOOST_TEST(pace.acquire_within_hold(start + 2s).granted);
  pace.hold(start + 3s, Pace::Hold::user);
  pace.release(start + 4s);
  BOOST_TEST(!pace.acquire(start + 4s, false, {}).granted);
  pace.release(start + 5s, Pace::Hold::user);
  pace.release(start + 6s, Pace::Hold::user);
  BOOST_TEST(pace.acquire(start + 6s, false, {}).granted);
  BOOST_TEST((pace.downtime(start + 9s) == 5s));
  BOOST_TEST((pace.paused_time(start + 9s) == 4s));
}

BOOST_AUTO_TEST_CASE(a_pause_is_not_an_outage) {
  // Before the first request is answered, while all is well, after some failures, and in an outage.
  for (const int failures : {-1, 0, 3, 6}) {
    Pace pace({.max_outage = 10min}, start);
    if (failures >= 0) {
      pace.acquire(start, false, {});
      pace.observe(ok, start, true);
    }
    for (int i = 0; i < failures; ++i) pace.observe(silent, start + 1s, false);
    const Duration before = pace.outage_time(start + 2s);
    pace.hold(start + 2s, Pace::Hold::user);
    BOOST_TEST(!pace.outage_exceeded(start + 3h));
    pace.release(start + 3h, Pace::Hold::user);
    BOOST_TEST((pace.downtime(start + 3h) == before + 3h - 2s), "it is not charged to operations");
    BOOST_TEST((pace.outage_time(start + 3h) == before));
    do {
      pace.observe(silent, start + 3h, false);
    } while (!pace.interrupted());
    BOOST_TEST(!pace.outage_exceeded(start + 3h));
    BOOST_TEST(!pace.outage_exceeded(start + 3h + 9min));
    BOOST_TEST(pace.outage_exceeded(start + 3h + 10min));
  }
}

BOOST_AUTO_TEST_CASE(a_failure_during_a_pause_begins_an_outage_only_when_the_pause_ends) {
  Proven pace({.max_outage = 10min});
  pace.hold(start + 1s, Pace::Hold::user);
  break_down(pace, start + 2s);
  pace.release(start + 3h, Pace::Hold::user);
  BOOST_TEST((pace.downtime(start + 3h) == 3h - 1s));
  BOOST_TEST(!pace.outage_exceeded(start + 3h + 9min));
  BOOST_TEST(pace.outage_exceeded(start + 3h + 10min));
}

BOOST_AUTO_TEST_CASE(a_pause_while_credentials_are_renewed_is_not_an_outage) {
  // Whichever of the two begins first, and whichever ends first.
  for (const bool user_first : {false, true}) {
    for (const bool user_last : {false, true}) {
      Proven pace({.max_outage = 10min});
      break_down(pace, start + 1s);
      pace.hold(start + 2s, user_first ? Pace::Hold::user : Pace::Hold::credentials);
      pace.hold(start + 3s, user_first ? Pace::Hold::credentials : Pace::Hold::user);
      const Duration before_pause = user_first ? 1s : 2s;
      BOOST_TEST((pace.down_for(start + 1h) == before_pause));
      if (user_last) {
        pace.release(start + 1h);
      }
      pace.release(start + 2h, Pace::Hold::user);
      BOOST_TEST((pace.downtime(start + 2h) == 2h - 1s), "neither is charged to operations");
      if (!user_last) {
        BOOST_TEST((pace.down_for(start + 2h) == before_pause));
        BOOST_TEST((pace.down_for(start + 2h + 5s) == before_pause + 5s));
        pace.release(start + 2h + 5s);
        BOOST_TEST((pace.downtime(start + 2h + 5s) == 2h + 4s));
      }
      // From now on, only the downtime from before either hold counts.
      const TimePoint over = user_last ? start + 2h : start + 2h + 5s;
      BOOST_TEST((pace.down_for(over) == 1s));
      BOOST_TEST((pace.downtime(over + 1min) == pace.downtime(over) + 1min));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_pause_says_nothing_about_the_rate) {
  const std::string user = "u";
  for (const bool user_only : {false, true}) {
    Proven waits;
    Proven goes_on;
    for (Proven* pace : {&waits, &goes_on}) {
      pace->observe(ok, start + 1s, false, user);
      pace->observe(throttled(429, {}, user_only), start + 1s, false, user);
      pace->observe(ok, start + 2s, false, user);
    }
    waits.hold(start + 3s, Pace::Hold::user);
    waits.release(start + 3h, Pace::Hold::user);
    const auto sent_in_a_second = [&](Pace& pace, TimePoint from) {
      unsigned sent = 0;
      for (TimePoint now = from; now < from + 1s; now += 1ms) {
        sent += pace.acquire(now, false, {.kind = Pace::Request::Kind::repeat, .user = user}).granted;
      }
      return sent;
    };
    const unsigned after_pause = sent_in_a_second(waits, start + 3h);
    const unsigned without = sent_in_a_second(goes_on, start + 3s);
    BOOST_TEST(without > 0U);
    BOOST_TEST(after_pause == without);
  }
}

BOOST_AUTO_TEST_CASE(a_pause_requested_by_the_service_continues_during_one_of_the_user) {
  Proven pace;
  pace.observe(throttled(429, 10s), start, false);
  pace.hold(start + 1s, Pace::Hold::user);
  pace.release(start + 5s, Pace::Hold::user);
  BOOST_TEST((pace.acquire(start + 5s, false, {}).ask_at == start + 10s));
  BOOST_TEST(pace.acquire(start + 10s, false, {}).granted);
}

namespace {

/// How many requests are sent within a second of `from`.
unsigned sent_within_a_second(Pace& pace, TimePoint from) {
  unsigned sent = 0;
  for (TimePoint now = from; now < from + 1s; now += 1ms) {
    for (; sent < 100'000 && pace.acquire(now, false, {}).granted; ++sent) pace.observe(ok, now, false);
  }
  return sent;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_new_rate_applies_at_once) {
  Proven pace({.rate = 100});
  BOOST_TEST(sent_within_a_second(pace, start + 1s) == 100U);
  pace.change_rate(500, start + 2s);
  const unsigned faster = sent_within_a_second(pace, start + 2s);
  BOOST_TEST(faster >= 495U);
  BOOST_TEST(faster <= 505U);
  pace.change_rate(10, start + 3s);
  BOOST_TEST(sent_within_a_second(pace, start + 3s) <= 10U);
  BOOST_TEST(pace.state(start + 4s).rate == 10);
  pace.change_rate(0, start + 4s);
  BOOST_TEST(sent_within_a_second(pace, start + 4s) == 100'000U);
  pace.change_rate(200, start + 5s);
  BOOST_TEST(sent_within_a_second(pace, start + 5s) <= 202U);
  BOOST_TEST((pace.counts() == koobatch::PaceCounts{}), "the change did not come from the service");
  BOOST_TEST(pace.take_events().empty());
}

BOOST_AUTO_TEST_CASE(unused_permits_of_the_old_rate_are_not_granted_under_the_new_one) {
  Proven pace({.rate = 1000, .burst = 500});
  pace.change_rate(10, start + 10s);
  unsigned sent = 0;
  for (int i = 0; i < 1000; ++i) sent += pace.acquire(start + 10s, false, {}).granted;
  BOOST_TEST(sent == 1U);
}

BOOST_AUTO_TEST_CASE(the_learned_limit_still_applies_under_a_new_rate) {
  Proven pace({.rate = 100});
  sent_within_a_second(pace, start + 1s);
  pace.observe(ok, start + 2s, false);
  pace.observe(throttled(429, {}), start + 2s, false);
  pace.observe(ok, start + 2500ms, false);
  const double learned = pace.state(start + 2500ms).found.limit;
  BOOST_TEST(learned > 0);
  pace.change_rate(1000, start + 2500ms);
  BOOST_TEST(pace.state(start + 2500ms).found.limit == learned);
  BOOST_TEST(sent_within_a_second(pace, start + 2500ms) <= 101U);
  // A lower rate only hides it.
  pace.change_rate(0.5, start + 3500ms);
  BOOST_TEST(pace.state(start + 3500ms).found.limit == 0);
  pace.change_rate(0, start + 3500ms);
  BOOST_TEST(pace.state(start + 3500ms).found.limit > 0);
  BOOST_TEST(sent_within_a_second(pace, start + 3500ms) <= 101U);
}

BOOST_AUTO_TEST_CASE(a_schedule_restarts_with_a_new_rate_and_after_a_pause) {
  Proven pace({.rate = 100, .catch_up = true});
  pace.acquire(start, false, {});
  BOOST_TEST(pace.overdue(start + 1s) >= 99U);
  pace.change_rate(200, start + 1s);
  BOOST_TEST(sent_within_a_second(pace, start + 2s) <= 201U);
  pace.hold(start + 3s, Pace::Hold::user);
  pace.release(start + 60s, Pace::Hold::user);
  BOOST_TEST(sent_within_a_second(pace, start + 60s) <= 201U);
}

// The model of the service.

namespace {

/// Sends whatever may be sent, answering each request at once with `answer`. Returns how many were sent.
template <typename Answer>
unsigned send_all(Pace& pace, TimePoint from, Duration time, Answer&& answer) {
  unsigned sent = 0;
  for (TimePoint now = from; now < from + time; now += 1ms) {
    for (auto permit = pace.acquire(now, false, {}); permit.granted && sent < 1'000'000;
         permit = pace.acquire(now, false, {})) {
      pace.observe(answer(sent++), now, permit.probe, "user", permit.sent);
    }
  }
  return sent;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_service_that_refuses_everything_is_asked_a_few_times_and_counts_as_an_outage) {
  Outcome late = answered(408, Verdict::throttled);
  for (const Outcome& refusal : {throttled(429, {}), throttled(429, 0s), throttled(503, {}), late}) {
    for (const bool from_the_start : {true, false}) {
      BOOST_TEST_CONTEXT(refusal.http << (from_the_start ? " from the start" : " after a while")) {
        Pace pace({.max_outage = 1min}, start);
        if (!from_the_start) {
          pace.acquire(start, false, {});
          for (int i = 0; i < 100; ++i) pace.observe(ok, start, i == 0);
        }
        BOOST_TEST(send_all(pace, start, 10s, [&](unsigned) { return refusal; }) <= 40U);
        BOOST_TEST(pace.state(start + 10s).down);
        BOOST_TEST(pace.counts().outages == 1U);
        BOOST_TEST(!pace.outage_exceeded(start + 50s));
        BOOST_TEST(pace.outage_exceeded(start + 1min + 1s));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(failures_that_do_not_depend_on_the_rate_slow_nothing_down) {
  for (const Outcome& failure : {throttled(503, {}), answered(500, Verdict::unclear), silent}) {
    Proven pace({.rate = 1000});
    std::minstd_rand random(7);
    const auto noisy = [&](unsigned) { return random() % 10 < 3 ? failure : ok; };
    send_all(pace, start + 1s, 3s, noisy);
    BOOST_TEST(send_all(pace, start + 4s, 10s, noisy) >= 9'500U);
    BOOST_TEST(pace.counts().outages == 0U);
  }
}

BOOST_AUTO_TEST_CASE(failures_interrupted_by_successes_are_not_an_outage) {
  Proven pace;
  for (int i = 0; i < 50; ++i) pace.observe(i % 2 == 0 ? ok : silent, start, false);
  for (int i = 0; i < 10; ++i) pace.observe(silent, start, false);
  BOOST_TEST(!pace.interrupted(), "where half of all fail, ten in a row are chance");
  for (int i = 0; i < 100; ++i) pace.observe(silent, start, false);
  BOOST_TEST(pace.interrupted());
}

BOOST_AUTO_TEST_CASE(the_number_in_flight_almost_doubles_from_one_with_each_round_of_answers) {
  Pace pace({}, start);
  TimePoint now = start;
  for (const unsigned expected : {1U, 2U, 4U, 8U, 16U}) {
    std::vector<Sent> sent;
    bool probe = false;
    now += 100ms;
    for (auto permit = pace.acquire(now, false, {}); permit.granted; permit = pace.acquire(now, false, {})) {
      probe |= permit.probe;
      sent.push_back(permit.sent);
    }
    BOOST_TEST(sent.size() <= expected);
    BOOST_TEST(sent.size() >= 3 * expected / 4);
    for (std::size_t i = 0; i < sent.size(); ++i) {
      const bool changed = pace.observe(ok, now, probe && i == 0, {}, sent[i]);
      BOOST_TEST((changed || i > 0), "callers waiting for room are notified");
    }
  }
}

BOOST_AUTO_TEST_CASE(when_the_first_requests_fail_as_many_others_are_sent_as_it_takes_to_recognise_an_outage) {
  for (const Outcome& failure : {silent, answered(500, Verdict::unclear)}) {
    Pace pace({}, start);
    pace.acquire(start, false, {});
    pace.observe(ok, start + 1ms, true, {}, {start, 1});
    std::vector<Sent> sent;
    const auto send = [&](TimePoint now) {
      for (auto permit = pace.acquire(now, false, {}); permit.granted; permit = pace.acquire(now, false, {})) {
        sent.push_back(permit.sent);
      }
    };
    send(start + 2ms);
    BOOST_TEST(sent.size() <= 2U);
    BOOST_TEST(pace.observe(failure, start + 3ms, false, {}, sent.back()), "others are woken");
    sent.pop_back();
    send(start + 3ms);
    BOOST_TEST(sent.size() == Breaker::failures_to_open);
    for (const Sent& each : sent) pace.observe(failure, start + 4ms, false, {}, each);
    BOOST_TEST(pace.interrupted());
  }
}

BOOST_AUTO_TEST_CASE(a_limit_is_reported_when_found_and_when_it_has_moved_by_more_than_a_quarter) {
  Proven pace;
  const auto meet = [&](TimePoint at) {
    pace.observe(throttled(429, {}), at, false);
    pace.observe(ok, at + 500ms, false);
  };
  meet(start + 100ms);
  auto events = pace.take_events();
  BOOST_TEST_REQUIRE(events.size() == 1U);
  BOOST_TEST(!events[0].minor);
  BOOST_TEST(!events[0].from.has_value());
  BOOST_TEST(events[0].http == 429, "the answer that was the reason");
  BOOST_TEST(events[0].to > 90);
  const double first = events[0].to;
  meet(start + 601ms);
  events = pace.take_events();
  BOOST_TEST_REQUIRE(events.size() == 1U);
  const double second = events[0].to;
  BOOST_TEST(events[0].minor == (second > first / 1.25));
}

/// An answer that declares 300 requests a second, of which so many are left.
Outcome declaring(std::optional<std::uint32_t> left, bool of_user = false) {
  Outcome outcome = ok;
  koobatch::DeclaredQuota quota{.limit = 300, .remaining = left, .window = 1s};
  if (left) quota.reset = 1s;
  if (of_user) quota.scope = koobatch::DeclaredQuota::Scope::user;
  outcome.quotas.add(quota);
  return outcome;
}

/// How many requests may be sent at once.
unsigned send_at_once(Pace& pace, TimePoint now, const Pace::Request& request = {}) {
  unsigned sent = 0;
  while (sent < 10'000 && pace.acquire(now, false, request).granted) ++sent;
  return sent;
}

/// How many requests may be sent from then on within 100 ms.
unsigned send_for_a_while(Pace& pace, TimePoint from) {
  unsigned sent = 0;
  for (TimePoint now = from; now < from + 100ms; now += 1ms) sent += send_at_once(pace, now);
  return sent;
}

BOOST_AUTO_TEST_CASE(no_more_is_sent_than_the_service_says_is_left) {
  Proven pace;
  pace.observe(declaring(3), start + 1s, false);
  BOOST_TEST(send_for_a_while(pace, start + 1s) == 3U);
}

BOOST_AUTO_TEST_CASE(a_quota_declared_as_used_up_is_asked_by_one_request_at_a_time) {
  Proven pace;
  pace.observe(declaring(0), start + 1s, false, {}, {start + 1s, 1});
  BOOST_TEST(send_at_once(pace, start + 1s) == 0U);
  BOOST_TEST(send_at_once(pace, start + 2s) == 1U);
}

BOOST_AUTO_TEST_CASE(a_service_that_lies_about_what_is_left_slows_nothing_down) {
  Proven pace;
  for (int i = 0; i < 2; ++i) {
    const TimePoint now = start + 1s + i * 500ms;
    const auto permit = pace.acquire(now, false, {});
    BOOST_REQUIRE(permit.granted);
    pace.observe(declaring(0), now, false, {}, permit.sent);
  }
  BOOST_TEST(send_for_a_while(pace, start + 10s) > 10U);
}

BOOST_AUTO_TEST_CASE(a_limit_declared_for_a_user_slows_nobody_else_down) {
  Proven pace;
  pace.observe(declaring({}, true), start + 1s, false, "anna");
  BOOST_TEST(send_at_once(pace, start + 1s, {.user = "anna"}) <= 1U);
  BOOST_TEST(send_at_once(pace, start + 1s, {.user = "ben"}) > 10U);
}

BOOST_AUTO_TEST_CASE(no_more_of_a_user_is_sent_than_the_service_says_is_left_for_that_user) {
  Proven pace;
  pace.observe(declaring(3, true), start + 1s, false, "anna", {start + 1s, 1});
  unsigned sent = 0;
  for (TimePoint now = start + 1s; now < start + 2s; now += 1ms) sent += send_at_once(pace, now, {.user = "anna"});
  BOOST_TEST(sent == 3U);
}

BOOST_AUTO_TEST_CASE(a_limit_that_only_a_refusal_declares_is_taken_up) {
  Proven pace;
  Outcome refusal = declaring({});
  refusal.http = 429;
  refusal.verdict = Verdict::throttled;
  pace.observe(refusal, start + 10s, false, {}, {start + 10s, 1});
  pace.observe(ok, start + 10s + 50ms, false, {}, {start + 10s + 49ms, 1});
  const auto state = pace.state(start + 10s + 50ms);
  BOOST_TEST(state.found.limit > 280);
  BOOST_TEST(state.found.limit < 300);
  BOOST_TEST(state.limit_http == 429);
}

BOOST_AUTO_TEST_CASE(a_limit_that_was_only_declared_is_shown_as_such) {
  Proven pace;
  pace.observe(declaring({}), start + 1s, false, {}, {start + 1s, 1});
  auto state = pace.state(start + 1s);
  BOOST_TEST(state.found.limit > 0);
  BOOST_TEST(state.limit_declared);
  BOOST_TEST(state.limit_http == 0);
  pace.observe(throttled(429, {}), start + 2s, false, {}, {start + 2s, 1});
  state = pace.state(start + 2s);
  BOOST_TEST(!state.limit_declared);
  BOOST_TEST(state.limit_http == 429);
}

BOOST_AUTO_TEST_CASE(an_outage_leaves_neither_a_limit_nor_noise_behind) {
  Proven pace;
  for (TimePoint now = start + 1s; !pace.interrupted(); now += 100ms) {
    BOOST_REQUIRE((now < start + 10s));
    pace.observe(throttled(503, {}), now, false, {}, {now, 1});
  }
  for (TimePoint now = start + 10s; now < start + 20s; now += 100ms) {
    pace.observe(throttled(503, {}), now, false, {}, {now, 1});
  }
  for (TimePoint now = start + 20s; now < start + 30s; now += 10ms) pace.observe(ok, now, false, {}, {now, 1});
  BOOST_TEST(pace.state(start + 30s).found.limit == 0);
  BOOST_TEST(pace.state(start + 30s).found.noise == 0);
}

BOOST_AUTO_TEST_CASE(what_something_else_declares_in_place_of_the_service_is_ignored) {
  Proven pace;
  Outcome foreign = declaring(0);
  foreign.foreign = true;
  pace.observe(foreign, start + 1s, false);
  BOOST_TEST(send_at_once(pace, start + 1s) > 10U);
}

// What others that take part in the run decide.

BOOST_AUTO_TEST_CASE(a_hold_of_the_fleet_is_independent_of_the_users_pause) {
  Proven pace;
  pace.hold(start + 1s, Pace::Hold::fleet);
  BOOST_TEST(pace.state(start + 1s).held);
  BOOST_TEST(!pace.state(start + 1s).paused);
  pace.hold(start + 2s, Pace::Hold::user);
  pace.release(start + 3s, Pace::Hold::fleet);
  BOOST_TEST(!pace.acquire(start + 3s, false, {}).granted);
  pace.hold(start + 4s, Pace::Hold::fleet);
  pace.release(start + 5s, Pace::Hold::user);
  BOOST_TEST(!pace.acquire(start + 5s, false, {}).granted);
  pace.release(start + 6s, Pace::Hold::fleet);
  pace.release(start + 6s, Pace::Hold::fleet);
  BOOST_TEST(!pace.state(start + 6s).held);
  BOOST_TEST(pace.acquire(start + 6s, false, {}).granted);
  BOOST_TEST((pace.downtime(start + 10s) == 5s));
  BOOST_TEST((pace.paused_time(start + 10s) == 3s));
}

BOOST_AUTO_TEST_CASE(a_pause_that_others_were_asked_for_is_kept) {
  Proven pace;
  pace.pause_for(5s, start + 1s);
  pace.pause_for(2s, start + 1s);
  BOOST_TEST((pace.state(start + 2s).wait == 4s));
  const auto permit = pace.acquire(start + 2s, false, {});
  BOOST_TEST(!permit.granted);
  BOOST_TEST((permit.ask_at == start + 6s));
  BOOST_TEST(pace.acquire(start + 6s, false, {}).granted);
}

BOOST_AUTO_TEST_CASE(a_new_burst_applies_with_the_new_rate_and_starts_empty) {
  Proven pace({.rate = 10, .burst = 1});
  pace.change_rate(100, start + 1s, 50);
  unsigned sent = 0;
  for (int i = 0; i < 100; ++i) sent += pace.acquire(start + 1s, false, {}).granted;
  BOOST_TEST(sent <= 1U);
  for (int i = 0; i < 100; ++i) sent += pace.acquire(start + 11s, false, {}).granted;
  BOOST_TEST(sent >= 50U);
  BOOST_TEST(sent <= 51U);
}

BOOST_AUTO_TEST_CASE(the_rate_of_each_user_changes_at_once) {
  Proven pace({.rate_per_user = 10});
  const Pace::Request request{.user = "u"};
  BOOST_TEST(pace.acquire(start, false, request).granted);
  BOOST_TEST((pace.acquire(start, false, request).ask_at == start + 100ms));
  pace.change_rate_per_user(2, start);
  BOOST_TEST(pace.acquire(start + 100ms, false, request).granted);
  BOOST_TEST((pace.acquire(start + 100ms, false, request).ask_at == start + 600ms));
  pace.change_rate_per_user(0, start + 100ms);
  for (int i = 0; i < 50; ++i) BOOST_TEST(pace.acquire(start + 100ms, false, request).granted);
}

BOOST_AUTO_TEST_CASE(what_is_withheld_returns_the_probe_and_its_place) {
  Pace pace({}, start);
  const auto permit = pace.acquire(start, false, {});
  BOOST_TEST(permit.probe);
  pace.withhold(start, true, {}, permit.sent);
  BOOST_TEST(pace.acquire(start, false, {}).probe);
}

BOOST_AUTO_TEST_SUITE_END()
