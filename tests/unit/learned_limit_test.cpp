#include "koobatch/flow/learned_limit.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

using namespace koobatch;
using namespace koobatch::flow;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{1h};

/// A limit that admitted `rate` requests in a second, refused the next, and reopened after a while: a quota of `rate` a
/// second.
LearnedLimit found(unsigned rate) {
  LearnedLimit limit(0, 0, start, false);
  for (unsigned i = 0; i < rate; ++i) limit.admitted(start + i * 1us, start + i * 1us, false);
  limit.refused(start + 1ms, start + 2ms, false, {});
  limit.admitted(start + 900ms, start + 901ms, false);
  return limit;
}

constexpr TimePoint open_again = start + 901ms;

}  // namespace

BOOST_AUTO_TEST_SUITE(learned_limit)

BOOST_AUTO_TEST_CASE(nothing_is_limited_until_the_service_throttles) {
  LearnedLimit limit(0, 10, start, false);
  limit.admitted(start, start, false);
  limit.take(start);
  BOOST_TEST((limit.due(start) <= start));
  BOOST_TEST(limit.is_over(start));
}

BOOST_AUTO_TEST_CASE(a_learned_quota_spaces_the_requests) {
  LearnedLimit limit = found(100);
  BOOST_TEST(!limit.is_over(open_again));
  limit.take(open_again);
  const Duration space = limit.due(open_again) - open_again;
  BOOST_TEST((space > 10ms && space < 21ms));
}

BOOST_AUTO_TEST_CASE(while_the_quota_is_used_up_one_request_at_a_time_asks_at_growing_intervals) {
  LearnedLimit limit(0, 0, start, false);
  TimePoint now = start;
  limit.refused(now, now, false, {});
  Duration before{};
  for (int i = 0; i < 30; ++i) {
    const TimePoint due = limit.due(now);
    BOOST_REQUIRE((due > now && due - now >= before && due - now <= 500ms));
    before = due - now;
    limit.take(due);
    BOOST_TEST((limit.due(due) > due), "the next one waits for the answer");
    now = due + 1ms;
    limit.refused(due, now, false, {});
  }
  BOOST_TEST((before == 500ms));
}

BOOST_AUTO_TEST_CASE(a_client_throttled_before_anything_is_known_explores_the_rate) {
  LearnedLimit limit(0, 10, start, false);
  limit.refused(start, start, false, {});
  const auto change = limit.admitted(start + 500ms, start + 500ms, false);
  BOOST_TEST_REQUIRE(change.has_value());
  BOOST_TEST(change->to == 2, "one in half a second");
  BOOST_TEST(limit.rate(start + 3s).value() > 20);
}

BOOST_AUTO_TEST_CASE(a_pause_can_be_extended_but_never_shortened) {
  LearnedLimit limit(0, 0, start, false);
  BOOST_TEST(limit.pause(start + 5s, start));
  BOOST_TEST(!limit.pause(start + 3s, start));
  BOOST_TEST((limit.due(start) == start + 5s));
  BOOST_TEST(!limit.pause(start + 6s, start + 1s), "the same pause, a little longer");
  BOOST_TEST((limit.due(start) == start + 6s));
  BOOST_TEST(!limit.is_over(start));
  BOOST_TEST(limit.pause(start + 9s, start + 7s), "a new pause");
  BOOST_TEST(!limit.pause(start + 20s, start + 20s), "an empty wait is not a pause");
}

BOOST_AUTO_TEST_CASE(the_rate_does_not_rise_while_nothing_could_be_accepted) {
  LearnedLimit waiting = found(100);
  LearnedLimit cut_off = found(100);
  LearnedLimit both = found(100);
  const TimePoint shut = start + 1s;
  waiting.pause(start + 1h, shut);
  cut_off.set_down(true, shut);
  both.pause(start + 1h, shut);
  both.set_down(true, start + 2s);
  for (LearnedLimit* limit : {&waiting, &cut_off, &both}) {
    const TimePoint back = start + 1h;
    limit->admitted(back, back, false);
    BOOST_TEST(std::abs(limit->rate(back).value() - 98) < 2);
    BOOST_TEST(limit->is_over(back + 1min), "it rises from then on; pause and outage overlap and count once");
  }
}

/// What an answer declares.
DeclaredQuotas declared(std::uint32_t limit, std::optional<std::uint32_t> remaining = {}) {
  DeclaredQuotas quotas;
  quotas.add(
      {.limit = limit, .remaining = remaining, .window = 1s, .reset = remaining ? std::optional(1s) : std::nullopt});
  return quotas;
}
constexpr auto everybody = DeclaredQuota::Scope::everybody;

BOOST_AUTO_TEST_CASE(a_declared_limit_holds_for_a_second_and_is_then_tried) {
  LearnedLimit limit(0, 0, start, false);
  limit.hear(declared(100), everybody, start, start, true);
  for (const Duration after : {0ms, 500ms, 900ms}) BOOST_TEST(std::abs(limit.rate(start + after).value() - 97) < 1);
  BOOST_TEST(limit.rate(start + 1500ms).value() > 120);
  BOOST_TEST(limit.is_over(start + 10s), "it does not exist");
}

BOOST_AUTO_TEST_CASE(a_declared_limit_does_not_replace_one_that_was_found) {
  LearnedLimit limit = found(100);
  limit.hear(declared(20), everybody, open_again, open_again, true);
  BOOST_TEST(limit.rate(open_again).value() > 90);
  limit.hear(declared(1'000'000), everybody, open_again, open_again, true);
  BOOST_TEST(limit.rate(open_again).value() < 101);
}

BOOST_AUTO_TEST_CASE(a_declared_limit_above_the_ceiling_changes_nothing) {
  LearnedLimit limit(50, 0, start, false);
  limit.hear(declared(100), everybody, start, start, true);
  BOOST_TEST(!limit.rate(start).has_value());
}

BOOST_AUTO_TEST_CASE(a_quota_that_is_declared_used_up_is_asked_before_anything_is_refused) {
  LearnedLimit limit(0, 0, start, false);
  limit.admitted(start, start + 1ms, false);
  limit.hear(declared(100, 1), everybody, start, start + 1ms, true);
  BOOST_TEST(!limit.exhausted());
  limit.admitted(start + 1ms, start + 2ms, false);
  BOOST_TEST(limit.hear(declared(100, 0), everybody, start + 1ms, start + 2ms, true));
  BOOST_TEST(limit.exhausted());
  BOOST_TEST((limit.due(start + 2ms) > start + 2ms));
}

BOOST_AUTO_TEST_CASE(a_declaration_that_is_disproved_leaves_no_limit_behind) {
  LearnedLimit limit(0, 0, start, false);
  for (const TimePoint now : {start, start + 500ms}) {
    limit.admitted(now, now, false);
    limit.hear(declared(1, 0), everybody, now, now, true);
  }
  BOOST_TEST(!limit.rate(start + 500ms).has_value());
  BOOST_TEST((limit.due(start + 500ms) <= start + 500ms));
}

BOOST_AUTO_TEST_CASE(a_declaration_that_is_disproved_does_not_disprove_what_was_found) {
  LearnedLimit limit = found(100);
  for (const TimePoint now : {open_again + 1ms, open_again + 1s}) {
    limit.admitted(now, now, false);
    limit.hear(declared(100, 0), everybody, now, now, true);
  }
  BOOST_TEST(limit.rate(open_again + 1s).value() < 105);
}

/// Asks whenever it was told to. Returns when the next request may be sent.
TimePoint wait_until_due(LearnedLimit& limit, TimePoint now) {
  for (TimePoint due = limit.due(now); due > now; due = limit.due(now)) now = due;
  return now;
}

BOOST_AUTO_TEST_CASE(a_limit_that_only_a_refusal_declares_is_where_it_continues) {
  LearnedLimit limit(0, 0, start, false);
  limit.refused(start, start + 1ms, false, {});
  limit.hear(declared(100), everybody, start, start + 1ms, false);
  const auto change = limit.admitted(start + 500ms, start + 501ms, false);
  BOOST_TEST_REQUIRE(change.has_value());
  BOOST_TEST(!change->declared, "something was refused");
  BOOST_TEST(std::abs(change->to - 97) < 1);
  BOOST_TEST(std::abs(limit.rate(start + 1400ms).value() - 97) < 1);
  BOOST_TEST(limit.rate(start + 2200ms).value() > 120, "it is only a hint");
}

BOOST_AUTO_TEST_CASE(a_refusal_that_declares_too_little_costs_a_second) {
  LearnedLimit limit(0, 0, start, false);
  limit.refused(start, start + 1ms, false, {});
  limit.hear(declared(1), everybody, start, start + 1ms, false);
  limit.admitted(start + 10ms, start + 11ms, false);
  BOOST_TEST(limit.rate(start + 3s).value() > 300);
}

BOOST_AUTO_TEST_CASE(what_a_refusal_declares_does_not_replace_what_was_counted) {
  LearnedLimit limit(0, 0, start, false);
  for (unsigned i = 0; i < 100; ++i) limit.admitted(start + i * 1us, start + i * 1us, false);
  limit.refused(start + 1ms, start + 2ms, false, {});
  limit.hear(declared(20), everybody, start + 1ms, start + 2ms, false);
  limit.admitted(start + 900ms, start + 901ms, false);
  BOOST_TEST(limit.rate(start + 901ms).value() > 90);
}

BOOST_AUTO_TEST_CASE(a_limit_is_declared_until_something_is_refused) {
  LearnedLimit limit(0, 0, start, false);
  limit.admitted(start, start, false);
  limit.hear(declared(100, 0), everybody, start, start, true);
  BOOST_TEST(limit.is_declared());
  const auto open = limit.admitted(start + 990ms, start + 991ms, false);
  BOOST_TEST_REQUIRE(open.has_value());
  BOOST_TEST(open->declared);
  limit.refused(start + 992ms, start + 993ms, false, {});
  BOOST_TEST(!limit.is_declared());
  BOOST_TEST(!limit.admitted(start + 2s, start + 2s, false).value().declared);
}

BOOST_AUTO_TEST_CASE(callers_that_wait_for_a_declared_limit_notice_when_it_is_doubted) {
  LearnedLimit limit(0, 0, start, false);
  DeclaredQuotas quotas;
  quotas.add({.limit = 1, .window = 5s});
  limit.hear(quotas, everybody, start, start, true);
  limit.take(start);
  BOOST_TEST((wait_until_due(limit, start) < start + 3s));
}

BOOST_AUTO_TEST_CASE(a_refusal_after_idling_is_not_taken_for_a_rate_that_is_far_too_high) {
  // So little is sent that the second before the refusal says nothing about the quota.
  for (const Duration gap : {400ms, 1'000ms, 15'000ms}) {
    BOOST_TEST_CONTEXT("a request every " << seconds(gap) << " s") {
      LearnedLimit limit = found(100);
      TimePoint now = open_again;
      const auto send = [&] {
        now = wait_until_due(limit, now);
        limit.take(now);
      };
      for (int i = 0; i < 10; ++i, now += gap) {
        send();
        limit.admitted(now, now, false);
      }
      send();
      limit.refused(now, now + 1ms, false, {});
      now += 1ms;
      send();
      limit.admitted(now, now, false);
      BOOST_TEST(limit.rate(now).value() > 85);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_limit_that_is_not_used_does_not_grow) {
  LearnedLimit limit = found(100);
  TimePoint now = open_again;
  for (int i = 0; i < 60; ++i, now += 1s) {
    now = wait_until_due(limit, now);
    limit.take(now);
    limit.admitted(now, now, false);
  }
  now = wait_until_due(limit, now);
  BOOST_TEST(limit.rate(now).value() < 105);
}

BOOST_AUTO_TEST_CASE(a_pause_is_no_time_in_which_the_limit_was_not_used) {
  LearnedLimit limit = found(100);
  limit.pause(start + 1h, open_again);
  for (TimePoint now = start + 1h; now < start + 1h + 6s;) {
    now = wait_until_due(limit, now);
    limit.take(now);
    limit.admitted(now, now, false);
  }
  BOOST_TEST(limit.rate(start + 1h + 6s).value() > 150, "it grows as it is used");
}

BOOST_AUTO_TEST_SUITE_END()
