#include "koobatch/flow/retry_policy.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using koobatch::Duration;
using koobatch::flow::RetryPolicy;
using namespace std::chrono_literals;

namespace {

struct Spread {
  Duration lowest = Duration::max();
  Duration highest{};
  double mean = 0;
};

Spread sample(const RetryPolicy& policy, unsigned retry) {
  std::mt19937_64 random(42);
  Spread spread;
  constexpr int draws = 4000;
  for (int i = 0; i < draws; ++i) {
    const Duration wait = policy.backoff(retry, random);
    spread.lowest = std::min(spread.lowest, wait);
    spread.highest = std::max(spread.highest, wait);
    spread.mean += koobatch::seconds(wait) / draws;
  }
  return spread;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(retry_policy)

BOOST_AUTO_TEST_CASE(waits_are_spread_over_the_whole_range_from_zero_to_a_doubling_bound) {
  const RetryPolicy policy{200ms, 20s};
  Duration bound = 200ms;
  for (unsigned retry = 1; retry <= 7; ++retry, bound *= 2) {
    const Spread spread = sample(policy, retry);
    BOOST_TEST((spread.lowest >= 0ns && spread.lowest < bound / 100));
    BOOST_TEST((spread.highest <= bound && spread.highest > bound * 99 / 100));
    BOOST_TEST(spread.mean == koobatch::seconds(bound) / 2, boost::test_tools::tolerance(0.05));
  }
}

BOOST_AUTO_TEST_CASE(no_wait_is_longer_than_the_cap_however_many_retries) {
  const RetryPolicy policy{200ms, 20s};
  for (const unsigned retry : {8U, 9U, 64U, 200U, 255U, 1000000U}) {
    const Spread spread = sample(policy, retry);
    BOOST_TEST((spread.highest <= 20s && spread.highest > 19s), "retry " << retry);
  }
}

BOOST_AUTO_TEST_CASE(a_base_above_the_cap_is_cut_to_it) {
  BOOST_TEST((sample({30s, 2s}, 1).highest <= 2s));
}

BOOST_AUTO_TEST_CASE(a_base_of_zero_means_no_wait) {
  BOOST_TEST((sample({0ms, 20s}, 5).highest == 0ns));
}

BOOST_AUTO_TEST_CASE(the_largest_possible_times_do_not_overflow) {
  BOOST_TEST((sample({Duration::max(), Duration::max()}, 3).lowest >= 0ns));
  BOOST_TEST((sample({1ns, Duration::max()}, 200).lowest >= 0ns));
}

BOOST_AUTO_TEST_SUITE_END()
