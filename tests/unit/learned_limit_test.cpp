#include "koobatch/flow/learned_limit.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::flow;
using namespace std::chrono_literals;

namespace {

using Signal = AdaptiveRate::Signal;
constexpr TimePoint start{1h};

/// When a request may be sent after it was throttled at 100/s.
LearnedLimit cut_to_70() {
  LearnedLimit limit(100, 0, start, false);
  limit.observe(Signal::throttled, start, false);
  return limit;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(learned_limit)

BOOST_AUTO_TEST_CASE(nothing_is_limited_until_the_service_throttles) {
  LearnedLimit limit(0, 10, start, false);
  limit.observe(Signal::accepted, start, false);
  limit.take(start);
  BOOST_TEST((limit.due(start) <= start));
  BOOST_TEST(limit.is_over(start));
}

BOOST_AUTO_TEST_CASE(a_throttled_rate_spaces_the_requests) {
  LearnedLimit limit = cut_to_70();
  BOOST_TEST(!limit.is_over(start));
  limit.take(start);
  const Duration space = limit.due(start) - start;
  BOOST_TEST((space > 14ms && space < 15ms));
}

BOOST_AUTO_TEST_CASE(of_who_is_throttled_before_anything_is_known_the_rate_is_explored) {
  LearnedLimit limit(0, 10, start, false);
  const auto cut = limit.observe(Signal::throttled, start, false);
  BOOST_TEST_REQUIRE(cut.has_value());
  BOOST_TEST(cut->to == 10);
  limit.observe(Signal::accepted, start + 400ms, false);
  limit.take(start + 3400ms);
  limit.take(start + 3400ms);
  const Duration space = limit.due(start + 3400ms) - (start + 3400ms);
  BOOST_TEST((space > 10ms && space < 16ms), "three seconds later it has doubled three times");
}

BOOST_AUTO_TEST_CASE(a_pause_holds_and_becomes_longer_but_never_shorter) {
  LearnedLimit limit(0, 0, start, false);
  BOOST_TEST(limit.pause(start + 5s, start));
  BOOST_TEST(!limit.pause(start + 3s, start));
  BOOST_TEST((limit.due(start) == start + 5s));
  BOOST_TEST(!limit.pause(start + 6s, start + 1s), "the same one, a little longer");
  BOOST_TEST((limit.due(start) == start + 6s));
  BOOST_TEST(!limit.is_over(start));
  BOOST_TEST(limit.pause(start + 9s, start + 7s), "another one");
  BOOST_TEST(!limit.pause(start + 20s, start + 20s), "a wait of nothing is none");
}

BOOST_AUTO_TEST_CASE(the_rate_does_not_rise_while_nothing_could_be_accepted) {
  LearnedLimit waiting = cut_to_70();
  LearnedLimit cut_off = cut_to_70();
  LearnedLimit both = cut_to_70();
  for (LearnedLimit* limit : {&waiting, &cut_off, &both}) limit->observe(Signal::accepted, start + 1s, false);
  waiting.pause(start + 1h, start + 1s);
  cut_off.observe(Signal::other, start + 1s, true);
  both.pause(start + 1h, start + 1s);
  both.observe(Signal::other, start + 2s, true);
  for (LearnedLimit* limit : {&waiting, &cut_off, &both}) {
    const TimePoint back = start + 1h;
    limit->observe(Signal::accepted, back, false);
    limit->due(back);
    limit->take(back);
    const Duration space = limit->due(back) - back;
    BOOST_TEST((space > 13ms && space < 15ms));
    BOOST_TEST(limit->is_over(back + 1min), "from then on it rises, once for pause and outage together");
  }
}

BOOST_AUTO_TEST_SUITE_END()
