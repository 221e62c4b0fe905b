#include "koobatch/flow/server_clock.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>

using namespace koobatch;
using koobatch::flow::ServerClock;
using namespace std::chrono_literals;

namespace {

/// The service's clock, and ours, which may be wrong.
struct World {
  TimePoint steady{std::chrono::hours(1000)};
  WallTime server = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21)) + 17h + 300ms;
  Duration our_error{};
  ServerClock clock;

  void pass(Duration time) {
    steady += time;
    server += time;
  }
  std::string date() const { return http_date(server); }
  /// A request is answered now; the answer takes `travel` to arrive.
  void answer(Duration travel = {}) {
    const std::string date_then = date();
    pass(travel);
    clock.observe(date_then, steady);
  }
  /// How far behind the server's now the X-Date is that would be written now; negative: in its future.
  Duration lag() const {
    return server - std::chrono::floor<std::chrono::seconds>(clock.x_date(steady, server + our_error));
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(server_clock)

BOOST_AUTO_TEST_CASE(before_the_first_answer_our_own_clock_must_do_a_second_behind) {
  World world;
  BOOST_TEST((world.lag() >= 1s));
  BOOST_TEST((world.lag() < 2s));
}

BOOST_AUTO_TEST_CASE(one_answer_corrects_a_clock_that_is_a_day_off_either_way) {
  for (const Duration error : {Duration(-24h), Duration(24h)}) {
    World world;
    world.our_error = error;
    world.answer();
    BOOST_TEST((world.lag() >= 0s && world.lag() <= 3s));
    world.pass(4min);
    BOOST_TEST((world.lag() >= 0s && world.lag() <= 3s));
  }
}

BOOST_AUTO_TEST_CASE(what_one_thread_was_told_does_for_another_until_that_hears_itself) {
  flow::ClockProof proof;
  World one, other;
  one.clock = ServerClock(proof);
  other.clock = ServerClock(proof);
  other.our_error = 24h;
  BOOST_TEST((other.lag() < -23h), "nobody knows better yet");
  one.answer();
  BOOST_TEST((other.lag() >= 0s && other.lag() <= 3s));
  // Its own service's clock, were it another one, would count more.
  other.server += 1h;
  other.answer();
  BOOST_TEST((other.lag() >= 0s && other.lag() <= 3s));
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
    BOOST_REQUIRE((world.lag() < 4s));
    world.pass(Duration(pause_ns(random)));
    BOOST_REQUIRE((world.lag() >= 0s));
  }
}

BOOST_AUTO_TEST_CASE(the_best_proof_counts_not_the_last) {
  World world;
  world.server = std::chrono::floor<std::chrono::seconds>(world.server);
  world.answer();
  const Duration best = world.lag();
  world.answer(10s);
  BOOST_TEST((world.lag() == best));
}

BOOST_AUTO_TEST_CASE(a_server_whose_clock_was_wrong_and_was_mended_is_followed_after_five_minutes) {
  World world;
  world.clock.observe(http_date(world.server + 1h), world.steady);
  for (int second = 0; second < 300; ++second) {
    world.pass(1s);
    world.answer();
  }
  BOOST_TEST((world.lag() >= 0s && world.lag() <= 3s));
}

BOOST_AUTO_TEST_CASE(a_proof_is_believed_for_at_least_four_minutes) {
  World world;
  world.clock.observe(http_date(world.server + 1h), world.steady);
  world.pass(4min);
  world.answer();
  BOOST_TEST((world.lag() < -50min));
}

BOOST_AUTO_TEST_CASE(after_a_long_silence_the_last_proof_is_still_better_than_our_own_clock) {
  World world;
  world.our_error = 10min;
  world.answer();
  world.pass(2h);
  BOOST_TEST((world.lag() >= 0s && world.lag() <= 3s));
}

BOOST_AUTO_TEST_CASE(what_is_no_date_is_ignored) {
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
  BOOST_TEST((clock.x_date(received, WallTime()) == *parse_http_date("Mon, 01 Jan 0001 00:00:00 GMT") - 1s));
}

BOOST_AUTO_TEST_CASE(the_same_date_seen_again_later_proves_nothing_new) {
  World world;
  const std::string date = world.date();
  world.clock.observe(date, world.steady);
  world.pass(900ms);
  World twin = world;
  world.clock.observe(date, world.steady);
  BOOST_TEST((world.lag() == twin.lag()));
}

BOOST_AUTO_TEST_CASE(a_refusal_is_explained_by_an_x_date_in_the_servers_future) {
  const World world;
  const WallTime second = std::chrono::floor<std::chrono::seconds>(world.server);
  BOOST_TEST(ServerClock::explains_refusal(second + 1h, world.date()));
  BOOST_TEST(ServerClock::explains_refusal(second + 1s, world.date()), "its now is before the next whole second");
  BOOST_TEST(!ServerClock::explains_refusal(second + 999ms, world.date()), "what is sent is a whole second");
  BOOST_TEST(!ServerClock::explains_refusal(second - 1s, world.date()));
}

BOOST_AUTO_TEST_CASE(a_refusal_is_explained_by_an_x_date_older_than_fifteen_minutes) {
  const World world;
  const WallTime second = std::chrono::floor<std::chrono::seconds>(world.server);
  BOOST_TEST(ServerClock::explains_refusal(second - 24h, world.date()));
  BOOST_TEST(ServerClock::explains_refusal(second - 15min, world.date()), "its now may be a little after its Date");
  BOOST_TEST(!ServerClock::explains_refusal(second - 15min + 1s, world.date()));
}

BOOST_AUTO_TEST_CASE(without_a_date_nothing_is_explained) {
  const World world;
  BOOST_TEST(!ServerClock::explains_refusal(world.server + 24h, ""));
  BOOST_TEST(!ServerClock::explains_refusal(world.server + 24h, "yesterday"));
}

BOOST_AUTO_TEST_SUITE_END()
