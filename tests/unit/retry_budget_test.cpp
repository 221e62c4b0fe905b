#include "koobatch/flow/retry_budget.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::flow;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{1h};

int take_all(RetryBudget& budget, TimePoint now) {
  int taken = 0;
  while (budget.take(now)) ++taken;
  return taken;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(retry_budget)

BOOST_AUTO_TEST_CASE(ten_a_second_are_always_allowed) {
  RetryBudget budget;
  BOOST_TEST(take_all(budget, start) == 10);
  BOOST_TEST((budget.due() == start + 100ms));
  BOOST_TEST(take_all(budget, start + 1s) == 10);
}

BOOST_AUTO_TEST_CASE(a_fifth_of_the_first_attempts_is_allowed_beyond_that) {
  RetryBudget budget;
  for (int i = 0; i < 1'000; ++i) budget.earn();
  // A sum of fifths in floating point may be the least bit short.
  const int taken = take_all(budget, start) - 10;
  BOOST_TEST((taken == 200 || taken == 199));
}

BOOST_AUTO_TEST_CASE(what_good_times_save_up_is_bounded) {
  RetryBudget budget;
  for (int i = 0; i < 1'000'000; ++i) budget.earn();
  BOOST_TEST(take_all(budget, start) == 510);
}

BOOST_AUTO_TEST_SUITE_END()
