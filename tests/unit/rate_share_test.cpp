#include "fleet/rate_share.hpp"
#include "fleet_support.hpp"

#include <rapidcheck/boost_test.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

using namespace koobatch;
using namespace koobatch::fleet;
using namespace koobatch::fleet::test;

namespace {

ShareNeed limited(double share) {
  return {share, share, true};
}

double total(const std::vector<double>& shares) {
  return std::accumulate(shares.begin(), shares.end(), 0.0);
}

/// Rows of workers 1, 2, … with these shares, all limited.
std::vector<WorkerRow> rows(const std::vector<double>& shares, std::uint32_t burst = 1) {
  std::vector<WorkerRow> all;
  for (const double share : shares) {
    WorkerRow it = row(static_cast<WorkerNumber>(all.size()) + 1);
    it.share = it.used = share;
    it.limited = true;
    it.burst = burst;
    all.push_back(it);
  }
  return all;
}

/// A share of so much, in force and told.
RateShare holding(double share, double rate = 100, std::uint32_t burst = 1) {
  RateShare it;
  const auto wish = it.plan(rate, burst, rows({0}), 1);
  it.granted(*wish, share);
  return it;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rate_share)

BOOST_AUTO_TEST_CASE(workers_that_use_all_they_get_share_alike) {
  const std::vector<ShareNeed> needs = {limited(70), limited(20), limited(10)};
  const auto shares = divide_rate(90, needs);
  // At most twice what each had; what is not taken is divided among all.
  BOOST_TEST(shares[2] == 20, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(shares[0] == 35, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(total(shares) == 90, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(one_that_cannot_use_its_share_leaves_it_to_the_others) {
  const std::vector<ShareNeed> needs = {{50, 10, false}, limited(50)};
  const auto shares = divide_rate(100, needs);
  BOOST_TEST(shares[0] == 15, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(shares[1] == 85, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(one_that_begins_doubles_its_share_each_time) {
  std::vector<ShareNeed> needs = {limited(1000), {0, 0, true}};
  std::vector<double> seen;
  for (int i = 0; i < 8; ++i) {
    const auto shares = divide_rate(1000, needs);
    seen.push_back(shares[1]);
    needs = {limited(shares[0]), limited(shares[1])};
  }
  BOOST_TEST(seen.front() == 25, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(seen[1] == 50, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(seen.back() == 500, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(what_nobody_uses_is_divided_so_that_all_can_begin) {
  const std::vector<ShareNeed> needs = {{0, 0, false}, {0, 0, false}};
  const auto shares = divide_rate(10, needs);
  BOOST_TEST(shares[0] == 5, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(shares[1] == 5, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(with_less_than_one_request_a_second_for_each_the_others_are_spares) {
  const std::vector<ShareNeed> needs(5, limited(0.7));
  const auto shares = divide_rate(3.5, needs);
  BOOST_TEST(std::count_if(shares.begin(), shares.end(), [](double s) { return s >= 1; }) == 3);
  BOOST_TEST(shares[3] == 0.0);
  BOOST_TEST(total(shares) == 3.5, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(divide_rate(0.5, needs)[0] == 0.5, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(those_who_have_something_to_do_come_before_those_who_idle) {
  // The rate was lowered below the number of workers; the first ones are finished, the last ones still own parts.
  std::vector<ShareNeed> needs(10);
  for (std::size_t i = 5; i < 10; ++i) needs[i].limited = true;
  const auto shares = divide_rate(5, needs);
  for (std::size_t i = 0; i < 5; ++i) BOOST_TEST(shares[i] == 0.0);
  for (std::size_t i = 5; i < 10; ++i) BOOST_TEST(shares[i] == 1, boost::test_tools::tolerance(1e-9));
  // One that works is not interrupted by one that would like to.
  needs[0].used = 1;
  BOOST_TEST(divide_rate(5, needs)[0] >= 1.0);
  BOOST_TEST(divide_rate(5, needs)[9] == 0.0);
}

BOOST_AUTO_TEST_CASE(a_spare_that_could_work_gets_enough_to_begin) {
  const std::vector<ShareNeed> needs = {limited(5), limited(5), {0.1, 0, true}};
  BOOST_TEST(divide_rate(10, needs)[2] >= 1.0);
}

RC_BOOST_PROP(shares_add_up_to_the_rate_and_nobody_starves, ()) {
  const auto needs = *rc::gen::container<std::vector<std::tuple<unsigned, unsigned, bool>>>(
      rc::gen::tuple(rc::gen::inRange(0U, 1000U), rc::gen::inRange(0U, 1000U), rc::gen::arbitrary<bool>()));
  const double rate = *rc::gen::inRange(1, 100'000) / 10.0;
  std::vector<ShareNeed> all;
  for (const auto& [share, used, is_limited] : needs) {
    all.push_back({share / 10.0, used / 10.0, is_limited});
  }
  const auto shares = divide_rate(rate, all);
  RC_ASSERT(shares.size() == all.size());
  RC_ASSERT(total(shares) <= rate * (1 + 1e-9));
  if (all.empty()) return;
  RC_ASSERT(total(shares) >= rate * (1 - 1e-9));
  const std::size_t sharing = std::min(all.size(), static_cast<std::size_t>(std::max(rate, 1.0)));
  const double least = 0.05 * rate / static_cast<double>(sharing);
  const auto some = std::ranges::count_if(shares, [&](double share) { return share >= least * (1 - 1e-9); });
  RC_ASSERT(static_cast<std::size_t>(some) == sharing);
}

RC_BOOST_PROP(bursts_add_up_to_the_runs_or_one_for_each, ()) {
  const auto weights = *rc::gen::nonEmpty(rc::gen::container<std::vector<unsigned>>(rc::gen::inRange(0U, 1000U)));
  const auto burst = *rc::gen::inRange(1U, 5000U);
  const unsigned sum = std::accumulate(weights.begin(), weights.end(), 0U);
  std::uint64_t given = 0;
  for (const unsigned weight : weights) {
    const std::uint32_t one = divide_burst(burst, weights.size(), weight, std::max(sum, 1U));
    RC_ASSERT(one >= 1U);
    given += one;
  }
  RC_ASSERT(given <= std::max<std::uint64_t>(burst, weights.size()));
}

BOOST_AUTO_TEST_CASE(a_lower_share_is_in_force_before_the_ledger_is_told) {
  RateShare share = holding(100);
  const auto wish = share.plan(100, 1, rows({100, 0}), 1);
  BOOST_REQUIRE(wish);
  BOOST_TEST(share.share() == wish->share);
  BOOST_TEST(share.share() < 100.0);
}

BOOST_AUTO_TEST_CASE(a_higher_share_is_in_force_once_it_is_granted_and_as_far) {
  RateShare share = holding(10);
  const auto wish = share.plan(100, 1, rows({10, 40}), 1);
  BOOST_REQUIRE(wish);
  BOOST_TEST(wish->share == 20, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(share.share() == 10.0);
  share.granted(*wish, 17);
  BOOST_TEST(share.share() == 17.0);
}

BOOST_AUTO_TEST_CASE(a_wish_that_was_not_answered_is_repeated) {
  RateShare share = holding(100);
  const auto first = share.plan(100, 1, rows({100, 0}), 1);
  // The ledger still has the old share.
  const auto second = share.plan(100, 1, rows({100, 0}), 1);
  BOOST_REQUIRE(second);
  BOOST_TEST(second->share == first->share);
  BOOST_TEST(share.share() == first->share);
}

BOOST_AUTO_TEST_CASE(a_wish_says_which_row_it_is_about) {
  RateShare share = holding(50);
  auto workers = rows({50, 10});
  workers[0].share_changes = 7;
  const auto wish = share.plan(100, 1, workers, 1);
  BOOST_REQUIRE(wish);
  BOOST_TEST(wish->known == 7U);
}

BOOST_AUTO_TEST_CASE(no_more_is_in_force_than_the_ledger_says) {
  RateShare share = holding(50);
  const auto wish = share.plan(100, 1, rows({20, 50}), 1);
  BOOST_REQUIRE(wish);
  BOOST_TEST(share.share() == 20.0);
}

BOOST_AUTO_TEST_CASE(a_share_that_fits_costs_no_statement) {
  RateShare share = holding(50);
  BOOST_TEST(!share.plan(100, 1, rows({50, 50}), 1));
  BOOST_TEST(!share.plan(100, 1, rows({50, 49.9}), 1));
}

BOOST_AUTO_TEST_CASE(workers_that_are_over_get_nothing) {
  RateShare share = holding(50);
  auto workers = rows({50, 50});
  workers[1].state = WorkerState::fenced;
  const auto wish = share.plan(100, 1, workers, 1);
  BOOST_REQUIRE(wish);
  BOOST_TEST(wish->share == 100, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(a_run_without_a_limit_needs_no_share) {
  RateShare share;
  BOOST_TEST(share.share() == 0.0);
  BOOST_TEST(!share.plan(0, 0, rows({0, 0}), 1));
  BOOST_TEST(share.is_unlimited());
  BOOST_TEST(!share.is_spare());
  BOOST_TEST(share.fraction() == 1.0);
  // Once there is one, nothing is sent before a share is granted.
  const auto wish = share.plan(100, 1, rows({0, 0}), 1);
  BOOST_REQUIRE(wish);
  BOOST_TEST(!share.is_unlimited());
  BOOST_TEST(share.share() == 0.0);
  BOOST_TEST(share.is_spare());
  share.granted(*wish, 25);
  BOOST_TEST(share.fraction() == 0.25);
  BOOST_TEST(!share.is_spare());
}

BOOST_AUTO_TEST_CASE(a_burst_is_cut_with_the_share) {
  RateShare share;
  const auto wish = share.plan(100, 40, rows({0}), 1);
  BOOST_REQUIRE(wish);
  BOOST_TEST(wish->burst == 40U);
  share.granted(*wish, 50);
  BOOST_TEST(share.burst() == 20U);
  share.granted(*wish, 0);
  BOOST_TEST(share.burst() == 1U);
}

BOOST_AUTO_TEST_CASE(whoever_uses_most_of_its_share_or_idles_because_of_it_would_use_more) {
  BOOST_TEST(would_use_more(80, 100, false));
  BOOST_TEST(!would_use_more(79, 100, false));
  BOOST_TEST(!would_use_more(0, 0, false));
  BOOST_TEST(would_use_more(0, 0.2, true));
}

BOOST_AUTO_TEST_SUITE_END()
