#include "subject.hpp"

#include <atomic>
#include <limits>
#include <thread>

using namespace koobatch;
using namespace koobatch::test;

namespace {

/// Of a sum that is computed in another order.
constexpr double rounding = 1e-9;

double sum_of_shares(fleet::Ledger& ledger, fleet::RunNumber run) {
  double sum = 0;
  for (const auto& worker : must(ledger.survey(run)).workers) {
    if (worker.state == fleet::WorkerState::alive) sum += worker.share;
  }
  return sum;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(shares, *boost::unit_test::precondition(HaveSubject()))

BOOST_AUTO_TEST_CASE(a_share_is_granted_from_what_is_left_of_the_rate) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.rate = 100, .burst = 50});
  Hand first(run);
  Hand second(run);
  BOOST_TEST(must(first.ledger->take_share(first.me, 70, 35)) == 70);
  BOOST_TEST(must(second.ledger->take_share(second.me, 50, 25)) == 30);
  BOOST_TEST(row_of(*ledger, run, first.me.number).burst == 35U);
  const auto row = row_of(*ledger, run, second.me.number);
  BOOST_TEST(row.share == 30);
  BOOST_TEST(row.burst == 15U, "in proportion to what was granted");
  BOOST_TEST(must(first.ledger->take_share(first.me, 20, 10)) == 20);
  BOOST_TEST(must(second.ledger->take_share(second.me, 1000, 1000)) == 80);
  BOOST_TEST(must(first.ledger->take_share(first.me, 21, 10)) == 20, "nothing is left");
  must(second.ledger->leave(second.me, false));
  BOOST_TEST(must(first.ledger->take_share(first.me, 100, 50)) == 100);
}

BOOST_AUTO_TEST_CASE(fractions_and_odd_shares_are_taken_as_they_are) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.rate = 1.0 / 3600, .burst = 1});
  Hand hand(run);
  BOOST_TEST(must(hand.ledger->take_share(hand.me, 1.0 / 7200, 1)) == 1.0 / 7200);
  BOOST_TEST(must(hand.ledger->take_share(hand.me, 0, 1)) == 0);
  BOOST_TEST(must(hand.ledger->take_share(hand.me, std::numeric_limits<double>::infinity(), 1)) == 0);
}

BOOST_AUTO_TEST_CASE(without_a_rate_every_share_is_granted) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  Hand first(run);
  Hand second(run);
  BOOST_TEST(must(first.ledger->take_share(first.me, 5000, 100)) == 5000);
  BOOST_TEST(must(second.ledger->take_share(second.me, 5000, 100)) == 5000);
}

BOOST_AUTO_TEST_CASE(after_the_rate_was_lowered_shares_are_lowered_and_none_is_raised) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.rate = 100, .burst = 10});
  Hand first(run);
  Hand second(run);
  must(first.ledger->take_share(first.me, 50, 5));
  must(second.ledger->take_share(second.me, 30, 5));
  must(ledger->change_rate(run, 40));
  BOOST_TEST(must(ledger->run(run)).rate == 40);
  BOOST_TEST(must(ledger->run(run)).about.rate == 100);
  BOOST_TEST(must(second.ledger->take_share(second.me, 60, 5)) == 0, "the other has more than there is");
  BOOST_TEST(must(first.ledger->take_share(first.me, 20, 5)) == 20);
  BOOST_TEST(must(second.ledger->take_share(second.me, 20, 5)) == 20);
}

BOOST_AUTO_TEST_CASE(workers_that_raise_at_the_same_time_never_have_more_than_the_rate) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.rate = 100, .burst = 10});
  constexpr std::size_t workers = 4;
  std::vector<std::unique_ptr<Hand>> hands;
  for (std::size_t i = 0; i < workers; ++i) hands.push_back(std::make_unique<Hand>(run));
  std::vector<std::string> errors(workers);
  std::atomic<std::size_t> running = workers;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < workers; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 25 && errors[i].empty(); ++round) {
        // Each in turn has little or wants all.
        const double wanted = (static_cast<std::size_t>(round) + i) % 3 == 0 ? 100 : 3;
        const auto granted = hands[i]->ledger->take_share(hands[i]->me, wanted, 1);
        if (!granted) errors[i] = granted.error().error.message;
      }
      --running;
    });
  }
  double most = 0;
  while (running > 0) most = std::max(most, sum_of_shares(*ledger, run));
  for (auto& thread : threads) thread.join();
  for (const auto& error : errors) BOOST_TEST(error == "");
  BOOST_TEST(most <= 100 + rounding);
  BOOST_TEST(sum_of_shares(*ledger, run) <= 100 + rounding);
  BOOST_TEST(most > 90, "somebody did want all");
}

BOOST_AUTO_TEST_SUITE_END()
