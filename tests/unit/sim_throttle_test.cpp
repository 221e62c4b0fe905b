#include "koobatch/sim/throttle.hpp"

namespace koobatch::sim {
namespace {

using namespace std::chrono_literals;

/// Requests at equal distances over `span`; how many are admitted.
int offer(Throttle& throttle, TimePoint from, Duration span, Duration distance) {
  int admitted = 0;
  for (TimePoint t = from; t < from + span; t += distance) admitted += throttle.admit(t);
  return admitted;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_throttle)

const TimePoint start = TimePoint(1000h);

BOOST_AUTO_TEST_CASE(without_a_rate_everything_passes) {
  Throttle throttle(0);
  BOOST_TEST(offer(throttle, start, 1ms, 1us) == 1000);
}

BOOST_AUTO_TEST_CASE(a_pace_at_the_rate_is_never_throttled) {
  Throttle throttle(1000);
  BOOST_TEST(offer(throttle, start, 60s, 1ms) == 60'000);
}

BOOST_AUTO_TEST_CASE(a_burst_after_silence_is_a_tenth_of_a_seconds_worth) {
  Throttle throttle(1000);
  BOOST_TEST(throttle.burst() == 100);
  int admitted = 0;
  for (int i = 0; i < 500; ++i) admitted += throttle.admit(start);
  BOOST_TEST(admitted == 100);
  BOOST_TEST(!throttle.admit(start + 999us));
  BOOST_TEST(throttle.admit(start + 1ms));
  BOOST_TEST(!throttle.admit(start + 1ms));
}

BOOST_AUTO_TEST_CASE(a_flood_gets_the_rate_and_the_burst_and_not_one_more) {
  Throttle throttle(500);
  BOOST_TEST(offer(throttle, start, 10s, 10us) == 500 * 10 + 50 - 1);
}

BOOST_AUTO_TEST_CASE(low_rates_admit_one_at_a_time) {
  Throttle throttle(0.5);
  BOOST_TEST(throttle.admit(start));
  BOOST_TEST(!throttle.admit(start + 1999ms));
  BOOST_TEST(throttle.admit(start + 2s));
}

BOOST_AUTO_TEST_CASE(silence_earns_no_more_than_the_burst) {
  Throttle throttle(100);
  BOOST_TEST(throttle.admit(start));
  int admitted = 0;
  for (int i = 0; i < 100; ++i) admitted += throttle.admit(start + 1h);
  BOOST_TEST(admitted == 10);
}

BOOST_AUTO_TEST_CASE(a_step_back_in_time_earns_nothing) {
  Throttle throttle(10);
  BOOST_TEST(throttle.admit(start + 1s));
  BOOST_TEST(!throttle.admit(start + 1s - 1ms));
  BOOST_TEST(!throttle.admit(start + 1099ms));
  BOOST_TEST(throttle.admit(start + 1100ms));
}

BOOST_AUTO_TEST_CASE(a_rate_whose_interval_is_no_whole_nanosecond_is_kept_for_hours) {
  Throttle throttle(30);
  const int admitted = offer(throttle, start, 3h, 1ms);
  BOOST_TEST(admitted >= 30 * 3 * 3600);
  BOOST_TEST(admitted <= 30 * 3 * 3600 + throttle.burst());
}

BOOST_AUTO_TEST_CASE(users_are_throttled_each_on_its_own) {
  UserThrottle throttle(10);
  BOOST_TEST(throttle.admit("a", start));
  BOOST_TEST(!throttle.admit("a", start));
  BOOST_TEST(throttle.admit("b", start));
  BOOST_TEST(throttle.admit("a", start + 100ms));
}

BOOST_AUTO_TEST_CASE(without_a_rate_every_user_passes) {
  UserThrottle throttle(0);
  BOOST_TEST(throttle.admit("a", start));
  BOOST_TEST(throttle.admit("a", start));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace koobatch::sim
