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

BOOST_AUTO_TEST_CASE(retries_up_to_twice_what_the_service_accepts_are_allowed_in_addition) {
  RetryBudget budget;
  for (int i = 0; i < 100; ++i) budget.earn();
  BOOST_TEST(take_all(budget, start) == 210);
}

BOOST_AUTO_TEST_CASE(half_of_all_retries_may_fail_without_affecting_the_pace) {
  RetryBudget budget;
  for (int i = 0; i < 100; ++i) budget.earn();
  unsigned sent = 0;
  for (int i = 0; i < 10'000 && budget.take(start); ++i) {
    ++sent;
    if (i % 2 == 1) budget.earn();
  }
  BOOST_TEST(sent == 10'000U);
}

BOOST_AUTO_TEST_CASE(the_budget_saved_up_in_good_times_is_bounded) {
  RetryBudget budget;
  for (int i = 0; i < 1'000'000; ++i) budget.earn();
  BOOST_TEST(take_all(budget, start) == 510);
}

BOOST_AUTO_TEST_CASE(what_was_not_made_is_given_back) {
  RetryBudget budget;
  const int taken = take_all(budget, start);
  budget.give_back();
  BOOST_TEST(take_all(budget, start) == 1);
  BOOST_TEST(taken == 10);
}

BOOST_AUTO_TEST_SUITE_END()
