#include "koobatch/koodrive/server_clock.hpp"
#include "koobatch/http/date.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>

using namespace koobatch;
using koodrive::Cause;
using koodrive::ClockRepeats;
using koodrive::Dated;
using koodrive::NodeClock;
using koodrive::ServerClock;
using Refusal = koodrive::ServerClock::Refusal;
using namespace std::chrono_literals;

namespace {

/// The service's clock, and ours, which may be wrong.
struct World {
  TimePoint steady{std::chrono::hours(1000)};
  WallTime server = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21)) + 17h + 300ms;
  Duration our_error{};
  ServerClock clock;
  NodeClock node;
  ClockRepeats repeats;

  void pass(Duration time) {
    steady += time;
    server += time;
  }
  WallTime wall() const { return server + our_error; }
  std::string date(Duration skew = {}) const { return http::format_date(server + skew); }
  /// A request is answered now; the answer takes `travel` to arrive.
  void answer(Duration travel = {}) {
    const std::string date_then = date();
    pass(travel);
    clock.observe(date_then, steady);
  }
  Dated dated() const { return clock.date(steady, wall(), node); }
  Dated dated_again() const { return clock.date(steady, wall(), node, &repeats); }
  /// How far behind the server's now the X-Date is that would be written now; negative: in its future.
  Duration lag() const { return server - dated().x_date; }
  /// A request is sent now, and accepted after a millisecond.
  void succeed(Duration skew = {}) {
    const Dated sent = dated();
    pass(1ms);
    clock.observe(date(skew), steady);
    clock.accepted(sent, steady, node);
  }
  /// Often enough for every rounding of the X-Date to have been accepted.
  void succeed_for_seconds() {
    for (int i = 0; i < 400; ++i, pass(7ms)) succeed();
  }
  /// That request is refused after a millisecond, by an answer with this Date.
  Refusal refuse(const Dated& sent, const std::string& date, Cause cause = Cause::parameters) {
    pass(1ms);
    clock.observe(date, steady);
    return clock.refused(sent, date, steady, wall(), cause, node, repeats);
  }
  Refusal refuse(Duration skew = {}, Cause cause = Cause::parameters) { return refuse(dated(), date(skew), cause); }
};

bool is_near(Duration lag, Duration expected = ServerClock::margin) {
  return lag >= expected && lag <= expected + 3s;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_clock)

BOOST_AUTO_TEST_CASE(before_the_first_answer_our_own_clock_is_used_a_margin_behind) {
  World world;
  BOOST_TEST(is_near(world.lag()));
}

BOOST_AUTO_TEST_CASE(one_answer_corrects_a_clock_that_is_a_day_off_either_way) {
  for (const Duration error : {Duration(-24h), Duration(24h)}) {
    World world;
    world.our_error = error;
    world.answer();
    BOOST_TEST(is_near(world.lag()));
    world.pass(4min);
    BOOST_TEST(is_near(world.lag()));
  }
}

BOOST_AUTO_TEST_CASE(what_one_thread_learns_serves_another_until_that_gets_an_answer_itself) {
  koodrive::ClockProof proof;
  World one, other;
  one.clock = ServerClock(proof);
  other.clock = ServerClock(proof);
  other.our_error = 24h;
  BOOST_TEST((other.lag() < -23h), "nobody knows better yet");
  one.answer();
  BOOST_TEST(is_near(other.lag()));
}

BOOST_AUTO_TEST_CASE(what_one_thread_had_accepted_serves_another) {
  koodrive::ClockProof proof;
  World one, other;
  one.clock = ServerClock(proof);
  other.clock = ServerClock(proof);
  other.our_error = 24h;
  one.succeed(2h);
  other.pass(1ms);
  other.clock.observe(other.date(2h), other.steady);
  BOOST_TEST(is_near(other.lag()));
}

BOOST_AUTO_TEST_CASE(a_jump_of_our_clock_changes_nothing) {
  World world;
  world.answer();
  const Duration before = world.lag();
  for (const Duration jump : {Duration(3h), Duration(-3h), Duration(1min)}) {
    world.our_error = jump;
    BOOST_TEST((world.lag() == before));
  }
}

BOOST_AUTO_TEST_CASE(x_date_is_never_later_than_the_servers_now_and_never_far_behind) {
  std::mt19937_64 random(7);
  std::uniform_int_distribution<std::int64_t> travel_ns(0, 900'000'000);
  std::uniform_int_distribution<std::int64_t> pause_ns(0, 20'000'000'000);
  World world;
  world.our_error = 11h;
  for (int i = 0; i < 20000; ++i) {
    world.answer(Duration(travel_ns(random)));
    BOOST_REQUIRE((world.lag() >= 0s));
    BOOST_REQUIRE((world.lag() < ServerClock::margin + 4s));
    world.pass(Duration(pause_ns(random)));
    BOOST_REQUIRE((world.lag() >= 0s));
  }
}

BOOST_AUTO_TEST_CASE(the_smallest_date_counts_not_the_last_nor_the_largest) {
  World world;
  world.answer();
  const Duration right = world.lag();
  for (const Duration skew : {Duration(2s), Duration(5min)}) {
    world.clock.observe(world.date(skew), world.steady);
    BOOST_TEST((world.lag() == right));
  }
  world.clock.observe(world.date(-4min), world.steady);
  BOOST_TEST(is_near(world.lag(), 4min + ServerClock::margin));
  world.answer();
  BOOST_TEST(is_near(world.lag(), 4min + ServerClock::margin));
}

BOOST_AUTO_TEST_CASE(the_margin_shrinks_before_the_window_of_the_largest_date_is_missed) {
  World world;
  world.answer();
  world.clock.observe(world.date(14min), world.steady);
  BOOST_TEST((world.lag() > 0s));
  BOOST_TEST((world.server + 14min - world.dated().x_date < ServerClock::window));
}

BOOST_AUTO_TEST_CASE(what_was_accepted_is_kept_whatever_dates_say) {
  for (const Duration skew : {Duration(2s), Duration(5min), Duration(20min), Duration(2h)}) {
    for (const int sign : {1, -1}) {
      World world;
      world.succeed(skew * sign);
      for (int i = 0; i < 700; ++i) {
        world.pass(1s);
        world.succeed(i % 10 == 0 ? skew * sign : Duration());
        BOOST_REQUIRE((world.lag() > 0s && world.lag() < ServerClock::window));
      }
      BOOST_TEST(
          is_near(world.lag(), sign < 0 && skew == Duration(2s) ? ServerClock::margin + 2s : ServerClock::margin));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_clock_that_drifts_is_followed) {
  World world;
  for (int i = 0; i < 40'000; ++i) {
    world.succeed();
    world.pass(1s);
    world.steady -= 1ms;  // the service's clock is faster than ours
  }
  BOOST_TEST(is_near(world.lag()));
}

BOOST_AUTO_TEST_CASE(a_connection_to_a_node_with_another_clock_keeps_to_that) {
  World world;
  world.succeed();
  const NodeClock right = world.node;
  world.node = {};
  const Dated sent = world.dated();
  BOOST_TEST(world.refuse(sent, world.date(-2h)) == Refusal::repeat);
  BOOST_TEST(is_near(world.server - world.dated_again().x_date, 2h + ServerClock::margin));
  BOOST_TEST(is_near(world.lag(), 2h + ServerClock::margin), "the next operation on it, too");
  world.succeed(-2h);
  BOOST_TEST(is_near(world.lag(), 2h + ServerClock::margin));
  world.node = right;
  BOOST_TEST(is_near(world.lag()));
}

BOOST_AUTO_TEST_CASE(a_server_whose_wrong_clock_was_corrected_is_followed_after_five_minutes) {
  World world;
  world.clock.observe(http::format_date(world.server - 1h), world.steady);
  for (int second = 0; second < 300; ++second) {
    world.pass(1s);
    world.answer();
  }
  BOOST_TEST(is_near(world.lag()));
}

BOOST_AUTO_TEST_CASE(a_date_is_remembered_for_at_least_four_minutes) {
  World world;
  world.clock.observe(http::format_date(world.server - 1h), world.steady);
  world.pass(4min);
  world.answer();
  BOOST_TEST((world.lag() > 50min));
}

BOOST_AUTO_TEST_CASE(after_a_long_silence_the_last_date_is_still_better_than_our_own_clock) {
  World world;
  world.our_error = 10min;
  world.answer();
  world.pass(2h);
  BOOST_TEST(is_near(world.lag()));
}

BOOST_AUTO_TEST_CASE(a_value_that_is_not_a_date_is_ignored) {
  World world;
  world.our_error = 24h;
  world.answer();
  const Duration before = world.lag();
  for (const char* rubbish : {"", "now", "Sat, 99 Nov 2026 17:00:30 GMT"}) {
    world.clock.observe(rubbish, world.steady);
    world.clock.observe(rubbish, world.steady);
    BOOST_TEST((world.lag() == before));
  }
}

BOOST_AUTO_TEST_CASE(a_date_of_long_ago_is_followed_on_a_machine_that_is_up_for_long) {
  ServerClock clock;
  const TimePoint received{std::chrono::hours(24 * 365 * 10)};
  clock.observe("Mon, 01 Jan 0001 00:00:00 GMT", received);
  BOOST_TEST((clock.date(received, WallTime()).x_date ==
              *http::parse_date("Mon, 01 Jan 0001 00:00:00 GMT") - ServerClock::margin));
}

// Refusals.

BOOST_AUTO_TEST_CASE(a_refusal_well_inside_the_window_by_all_clocks_is_believed) {
  World world;
  BOOST_TEST(world.refuse() == Refusal::believe);
  world.succeed();
  BOOST_TEST(world.refuse() == Refusal::believe);
  BOOST_TEST(world.refuse(2s) == Refusal::believe);
  BOOST_TEST(world.refuse(-2s) == Refusal::believe);
  BOOST_TEST(world.repeats.count == 0U);
}

BOOST_AUTO_TEST_CASE(where_no_answer_has_a_date_a_refusal_is_believed) {
  for (const char* rubbish : {"", "yesterday"}) {
    World world;
    BOOST_TEST(world.refuse(world.dated(), rubbish, Cause::unsaid) == Refusal::believe);
    const Dated sent = world.dated();
    world.pass(1ms);
    world.clock.accepted(sent, world.steady, world.node);
    BOOST_TEST(world.refuse(world.dated(), rubbish) == Refusal::believe);
  }
}

BOOST_AUTO_TEST_CASE(before_anything_is_known_a_wrong_parameter_is_given_a_few_chances) {
  World world;
  unsigned requests = 1;
  while (world.refuse(world.dated_again(), "") != Refusal::believe) ++requests;
  BOOST_TEST(requests > 3U);
  BOOST_TEST(requests < 8U);
}

BOOST_AUTO_TEST_CASE(where_only_refusals_have_no_date_they_are_believed_after_a_while) {
  World world;
  world.succeed();
  unsigned requests = 0;
  for (int operation = 0; operation < 100; ++operation) {
    world.repeats = {};
    do {
      ++requests;
    } while (world.refuse(world.dated_again(), "") != Refusal::believe);
  }
  BOOST_TEST(requests < 100U + 24U);
}

BOOST_AUTO_TEST_CASE(a_refusal_outside_the_window_of_its_own_date_is_repeated_by_that_date) {
  for (const Duration skew : {Duration(24h), Duration(-24h), Duration(20min), Duration(-5min), Duration(-61s)}) {
    World world;
    BOOST_TEST(world.refuse(skew) == Refusal::repeat);
    BOOST_TEST(is_near(world.server + skew - world.dated_again().x_date));
    BOOST_TEST(is_near(world.server + skew - world.dated().x_date), "other operations as well");
  }
}

BOOST_AUTO_TEST_CASE(a_date_that_lies_two_seconds_ahead_makes_no_refusal_final) {
  // The X-Date lies between the judge's clock and the one shown.
  World world;
  world.our_error = ServerClock::margin + 2s;
  const Dated sent = world.dated();
  BOOST_TEST((sent.x_date > world.server));
  BOOST_TEST(world.refuse(sent, world.date(2s)) == Refusal::repeat);
  const Dated again = world.dated_again();
  BOOST_TEST((again.x_date < world.server && again.x_date > world.server - ServerClock::window));
}

BOOST_AUTO_TEST_CASE(a_refusal_that_was_accepted_by_its_own_date_only_is_repeated_as_others_were_accepted) {
  World world;
  world.succeed_for_seconds();
  const Duration accepted = world.lag();
  // One node shows a clock two hours ahead.
  BOOST_TEST(world.refuse(2h) == Refusal::repeat);
  const Dated ahead = world.dated_again();
  BOOST_TEST((ahead.x_date > world.server));
  BOOST_TEST((world.refuse(ahead, world.date(2h)) != Refusal::believe));
  BOOST_TEST((world.server - world.dated_again().x_date <= accepted + 2s));
  BOOST_TEST(world.refuse(world.dated_again(), world.date(2h)) == Refusal::believe, "both accounts are heard");
}

BOOST_AUTO_TEST_CASE(a_refusal_that_names_another_cause_is_believed_unless_everything_contradicts_it) {
  World world;
  world.succeed_for_seconds();
  BOOST_TEST(world.refuse(24h, Cause::another) == Refusal::believe, "others were accepted");
  World wrong;
  wrong.our_error = 24h;
  BOOST_TEST(wrong.refuse({}, Cause::another) == Refusal::repeat);
  BOOST_TEST(wrong.refuse(wrong.dated_again(), wrong.date(), Cause::another) == Refusal::believe);
}

BOOST_AUTO_TEST_CASE(with_nothing_accepted_and_our_clock_wrong_refusals_are_believed_after_a_while) {
  World world;
  world.our_error = 24h;
  unsigned requests = 0;
  for (int operation = 0; operation < 100; ++operation) {
    const unsigned before = requests;
    world.repeats = {};
    do {
      ++requests;
    } while (world.refuse(world.dated_again(), world.date()) != Refusal::believe);
    BOOST_TEST(requests - before <= 14U);
  }
  BOOST_TEST(requests < 300U, "not each operation anew");
}

BOOST_AUTO_TEST_CASE(a_connection_whose_date_did_not_help_is_abandoned) {
  World world;
  world.our_error = 24h;
  BOOST_TEST(world.refuse(2h) == Refusal::repeat);
  BOOST_TEST(world.refuse(world.dated_again(), world.date(2h)) == Refusal::repeat_elsewhere);
}

BOOST_AUTO_TEST_CASE(our_own_clock_is_tried_in_the_middle_of_the_window_where_dates_do_not_help) {
  for (const Duration error : {Duration(5min), Duration(61s)}) {
    World world;
    world.our_error = error;
    unsigned refused = 0;
    for (;;) {
      const Dated sent = world.dated_again();
      if (sent.x_date <= world.server && sent.x_date + ServerClock::window >= world.server) break;
      ++refused;
      BOOST_TEST_REQUIRE((world.refuse(sent, world.date(2h)) != Refusal::believe));
    }
    BOOST_TEST(refused <= 4U);
  }
}

BOOST_AUTO_TEST_CASE(an_offset_at_the_end_of_the_window_is_left_for_the_middle) {
  // No Date shows the judge's clock, which takes our X-Date only if rounding brings it below its now.
  World world;
  world.our_error = ServerClock::margin + 500ms;
  unsigned refused = 0;
  for (int i = 0; i < 200; ++i, world.pass(100ms)) {
    world.repeats = {};
    for (;;) {
      const Dated sent = world.dated_again();
      if (sent.x_date <= world.server) {
        world.pass(1ms);
        world.clock.observe(world.date(2h), world.steady);
        world.clock.accepted(sent, world.steady, world.node);
        break;
      }
      ++refused;
      BOOST_TEST_REQUIRE((world.refuse(sent, world.date(2h)) != Refusal::believe));
    }
  }
  BOOST_TEST(refused > 0U);
  BOOST_TEST(refused <= 12U);
}

BOOST_AUTO_TEST_CASE(no_refusal_is_disbelieved_for_ever) {
  for (const bool alternating : {false, true}) {
    World world;
    unsigned requests = 1;
    while (true) {
      const Duration skew = alternating && requests % 2 == 0 ? -3h : 3h;
      if (world.refuse(world.dated_again(), world.date(world.dated_again().x_date - world.server + skew)) ==
          Refusal::believe) {
        break;
      }
      ++requests;
    }
    BOOST_TEST(requests == ServerClock::max_repeats + 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()
