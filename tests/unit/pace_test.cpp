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
  BOOST_TEST(!pace.down_for(start + 2s).has_value());
  break_down(pace, start + 2s);
  BOOST_TEST((pace.down_for(start + 5s) == 3s));
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

BOOST_AUTO_TEST_CASE(the_state_tells_what_holds_the_run_back_and_why) {
  Pace fresh({.rate = 500}, start);
  BOOST_TEST(fresh.state(start).rate == 500);
  BOOST_TEST(!fresh.state(start).down, "a first request that is not yet answered is no outage");
  Proven pace;
  pace.observe(ok, start + 1s, false);
  pace.observe(throttled(429, {}), start + 1s, false);
  auto state = pace.state(start + 1s);
  BOOST_TEST(state.learned > 0);
  BOOST_TEST(state.learned_http == 429);
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

BOOST_AUTO_TEST_CASE(while_the_user_pauses_nothing_leaves_not_even_for_new_credentials) {
  Proven pace;
  pace.hold(start, Pace::Hold::user);
  BOOST_TEST(!pace.acquire(start + 1h, false, {}).granted);
  BOOST_TEST(!pace.may_connect(start + 1h).granted);
  BOOST_TEST(!pace.acquire_within_hold(start + 1h).granted);
  pace.release(start + 1h, Pace::Hold::user);
  BOOST_TEST(pace.acquire(start + 1h, false, {}).granted);
  BOOST_TEST(pace.acquire_within_hold(start + 1h).granted);
}

BOOST_AUTO_TEST_CASE(each_hold_ends_by_itself) {
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

BOOST_AUTO_TEST_CASE(a_pause_is_no_outage) {
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
    BOOST_TEST((pace.downtime(start + 3h) == before + 3h - 2s), "operations do not answer for it");
    BOOST_TEST((pace.outage_time(start + 3h) == before));
    while (!pace.interrupted()) pace.observe(silent, start + 3h, false);
    BOOST_TEST(!pace.outage_exceeded(start + 3h));
    BOOST_TEST(!pace.outage_exceeded(start + 3h + 9min));
    BOOST_TEST(pace.outage_exceeded(start + 3h + 10min));
  }
}

BOOST_AUTO_TEST_CASE(what_fails_during_a_pause_is_no_longer_an_outage_than_after_it) {
  Proven pace({.max_outage = 10min});
  pace.hold(start + 1s, Pace::Hold::user);
  break_down(pace, start + 2s);
  pace.release(start + 3h, Pace::Hold::user);
  BOOST_TEST((pace.downtime(start + 3h) == 3h - 1s));
  BOOST_TEST(!pace.outage_exceeded(start + 3h + 9min));
  BOOST_TEST(pace.outage_exceeded(start + 3h + 10min));
}

BOOST_AUTO_TEST_CASE(a_pause_while_credentials_are_renewed_is_no_outage) {
  // Whichever of the two holds began first, and ended first.
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
      BOOST_TEST((pace.downtime(start + 2h) == 2h - 1s), "operations do not answer for either");
      if (!user_last) {
        BOOST_TEST((pace.down_for(start + 2h) == before_pause));
        BOOST_TEST((pace.down_for(start + 2h + 5s) == before_pause + 5s));
        pace.release(start + 2h + 5s);
        BOOST_TEST((pace.downtime(start + 2h + 5s) == 2h + 4s));
      }
      // What was down before either is all that counts now.
      const TimePoint over = user_last ? start + 2h : start + 2h + 5s;
      BOOST_TEST((pace.down_for(over) == 1s));
      BOOST_TEST((pace.downtime(over + 1min) == pace.downtime(over) + 1min));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_pause_teaches_nothing_about_the_rate) {
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

BOOST_AUTO_TEST_CASE(a_pause_asked_for_by_the_service_goes_on_during_one_of_the_user) {
  Proven pace;
  pace.observe(throttled(429, 10s), start, false);
  pace.hold(start + 1s, Pace::Hold::user);
  pace.release(start + 5s, Pace::Hold::user);
  BOOST_TEST((pace.acquire(start + 5s, false, {}).ask_at == start + 10s));
  BOOST_TEST(pace.acquire(start + 10s, false, {}).granted);
}

namespace {

/// How many requests leave in a second from `from` on.
unsigned sent_within_a_second(Pace& pace, TimePoint from) {
  unsigned sent = 0;
  for (TimePoint now = from; now < from + 1s; now += 1ms) {
    while (sent < 100'000 && pace.acquire(now, false, {}).granted) ++sent;
  }
  return sent;
}

}  // namespace

BOOST_AUTO_TEST_CASE(another_rate_holds_at_once) {
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
  BOOST_TEST((pace.counts() == koobatch::PaceCounts{}), "it was not the service that changed it");
  BOOST_TEST(pace.take_events().empty());
}

BOOST_AUTO_TEST_CASE(what_was_not_used_of_the_old_rate_is_not_handed_out_with_the_new_one) {
  Proven pace({.rate = 1000, .burst = 500});
  pace.change_rate(10, start + 10s);
  unsigned sent = 0;
  for (int i = 0; i < 1000; ++i) sent += pace.acquire(start + 10s, false, {}).granted;
  BOOST_TEST(sent == 1U);
}

BOOST_AUTO_TEST_CASE(what_the_service_was_found_to_allow_still_holds_under_another_rate) {
  Proven pace({.rate = 100});
  sent_within_a_second(pace, start + 1s);
  pace.observe(ok, start + 2s, false);
  pace.observe(throttled(429, {}), start + 2s, false);
  const double learned = pace.state(start + 2s).learned;
  BOOST_TEST(learned > 0);
  pace.change_rate(1000, start + 2s);
  BOOST_TEST(pace.state(start + 2s).learned == learned);
  BOOST_TEST(sent_within_a_second(pace, start + 2s) < 100U);
  // One that is lower anyway makes it invisible, and no more than that.
  pace.change_rate(0.5, start + 3s);
  BOOST_TEST(pace.state(start + 3s).learned == 0);
  pace.change_rate(0, start + 3s);
  BOOST_TEST(pace.state(start + 3s).learned > 0);
  BOOST_TEST(sent_within_a_second(pace, start + 3s) < 100U);
}

BOOST_AUTO_TEST_CASE(a_schedule_begins_anew_with_another_rate_and_after_a_pause) {
  Proven pace({.rate = 100, .catch_up = true});
  pace.acquire(start, false, {});
  BOOST_TEST(pace.overdue(start + 1s) >= 99U);
  pace.change_rate(200, start + 1s);
  BOOST_TEST(sent_within_a_second(pace, start + 2s) <= 201U);
  pace.hold(start + 3s, Pace::Hold::user);
  pace.release(start + 60s, Pace::Hold::user);
  BOOST_TEST(sent_within_a_second(pace, start + 60s) <= 201U);
}

BOOST_AUTO_TEST_SUITE_END()
