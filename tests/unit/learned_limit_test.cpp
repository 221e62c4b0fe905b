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

BOOST_AUTO_TEST_SUITE_END()
