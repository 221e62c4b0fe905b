#include "koobatch/flow/pace_news.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::flow;
using namespace std::chrono_literals;

namespace {

const TimePoint start = TimePoint(1h);

}  // namespace

BOOST_AUTO_TEST_SUITE(pace_news)

BOOST_AUTO_TEST_CASE(a_limit_is_told_when_it_is_found_and_when_it_has_moved_by_a_quarter) {
  PaceNews news;
  news.limit_met(429);
  news.limit_changed({.from = std::nullopt, .to = 100}, start + 1s);
  news.limit_changed({.from = 100, .to = 110}, start + 2s);
  news.limit_changed({.from = 110, .to = 130}, start + 3s);
  const auto events = news.take();
  BOOST_REQUIRE(events.size() == 3U);
  BOOST_TEST(!events[0].minor);
  BOOST_TEST(events[1].minor);
  BOOST_TEST(!events[2].minor);
  BOOST_TEST(news.counts().cuts == 3U);
  const std::vector<LimitChange> told = {{1s, 100}, {3s, 130}};
  BOOST_TEST((news.limit_changes(start) == told));
}

BOOST_AUTO_TEST_CASE(what_was_told_before_the_segment_began_counts_from_its_begin) {
  PaceNews news;
  news.limit_changed({.from = std::nullopt, .to = 100}, start);
  BOOST_TEST((news.limit_changes(start + 5s) == std::vector<LimitChange>{{0s, 100}}));
}

BOOST_AUTO_TEST_CASE(a_limit_that_moves_without_end_is_remembered_evenly_over_the_whole_time) {
  PaceNews news;
  for (int i = 0; i < 1000; ++i) {
    news.limit_changed({.from = std::nullopt, .to = i % 2 == 0 ? 100.0 : 1000.0 + i}, start + i * 1s);
  }
  const auto changes = news.limit_changes(start);
  BOOST_TEST(changes.size() >= 50U);
  BOOST_TEST(changes.size() <= 100U);
  BOOST_TEST((changes.front().after == 0s));
  const Duration apart = changes[1].after - changes[0].after;
  for (std::size_t i = 1; i < changes.size(); ++i) BOOST_TEST((changes[i].after - changes[i - 1].after == apart));
  BOOST_TEST((changes.back().after >= 1000s - 2 * apart));
}

BOOST_AUTO_TEST_CASE(a_limit_that_was_only_declared_is_not_said_to_come_from_a_refusal) {
  PaceNews news;
  news.limit_met(429);
  news.user_limit_met(429);
  news.limit_changed({.from = std::nullopt, .to = 100, .declared = true}, start);
  news.user_limited({.from = std::nullopt, .to = 10, .declared = true}, false);
  news.limit_changed({.from = 100, .to = 50}, start);
  news.user_limited({.from = 10, .to = 5}, false);
  const auto events = news.take();
  BOOST_REQUIRE(events.size() == 4U);
  BOOST_TEST(describe(events[0]) == "the service declares a limit: at most 100/s from now on (before: no limit)");
  BOOST_TEST(describe(events[1]) ==
             "the service declares a limit for one user: at most 10/s for that user from now on");
  BOOST_TEST(describe(events[2]) == "the service throttles (HTTP 429): at most 50/s from now on (before: 100/s)");
  BOOST_TEST(describe(events[3]) == "the service throttles one user (HTTP 429): at most 5/s for that user from now on");
  PaceState state{.found = {.limit = 100}, .limit_declared = true};
  news.explain(state);
  BOOST_TEST(state.limit_http == 0);
}

BOOST_AUTO_TEST_SUITE_END()
