#include "koobatch/flow/node_doubt.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using flow::NodeDoubt;
using namespace std::chrono_literals;

namespace {

const TimePoint start{std::chrono::hours(1)};

koodrive::Outcome answered(int http) {
  koodrive::Outcome outcome;
  outcome.http = http;
  return outcome;
}

/// Reports `count` answers spread evenly over `time`. Returns how often it was time to look for another node.
int look(NodeDoubt& doubt, int http, int count, TimePoint from, Duration time) {
  int times = 0;
  for (int i = 0; i < count; ++i) times += doubt.observe(answered(http), from + time * i / (count - 1)) ? 1 : 0;
  return times;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(node_doubt)

BOOST_AUTO_TEST_CASE(a_node_that_accepts_nothing_for_long_enough_is_doubted) {
  for (const int http : {500, 502, 503}) {
    NodeDoubt doubt;
    BOOST_TEST(look(doubt, http, 3, start, NodeDoubt::patience) == 1);
  }
}

BOOST_AUTO_TEST_CASE(many_failures_within_a_second_are_not_enough) {
  NodeDoubt doubt;
  BOOST_TEST(look(doubt, 503, 1'000, start, NodeDoubt::patience - 1ns) == 0);
}

BOOST_AUTO_TEST_CASE(few_failures_are_not_enough_however_long_they_take) {
  NodeDoubt doubt;
  BOOST_TEST(look(doubt, 503, 2, start, 1h) == 0);
}

BOOST_AUTO_TEST_CASE(an_acceptance_or_a_refusal_of_the_operation_itself_ends_the_doubt) {
  for (const int http : {200, 400, 404, 429}) {
    NodeDoubt doubt;
    look(doubt, 503, 2, start, 10s);
    BOOST_TEST(!doubt.observe(answered(http), start + 11s));
    BOOST_TEST(look(doubt, 503, 2, start + 12s, 10s) == 0);
  }
}

BOOST_AUTO_TEST_CASE(silence_neither_raises_nor_ends_it) {
  NodeDoubt doubt;
  BOOST_TEST(look(doubt, 0, 100, start, 1h) == 0);
  look(doubt, 503, 2, start, 10s);
  BOOST_TEST(!doubt.observe(answered(0), start + 11s));
  BOOST_TEST(doubt.observe(answered(503), start + 12s));
}

BOOST_AUTO_TEST_CASE(an_answer_in_place_of_the_service_neither_raises_nor_ends_it) {
  NodeDoubt doubt;
  look(doubt, 503, 2, start, 10s);
  auto page = answered(200);
  page.foreign = true;
  BOOST_TEST(!doubt.observe(page, start + 11s));
  BOOST_TEST(doubt.observe(answered(503), start + 12s));
}

BOOST_AUTO_TEST_CASE(after_looking_for_another_node_counting_restarts) {
  NodeDoubt doubt;
  BOOST_TEST(look(doubt, 503, 3, start, 2s) == 1);
  BOOST_TEST(look(doubt, 503, 2, start + 3s, 2s) == 0);
  BOOST_TEST(doubt.observe(answered(503), start + 6s));
}

BOOST_AUTO_TEST_SUITE_END()
