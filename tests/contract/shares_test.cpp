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
  BOOST_TEST(must(first.take_share(70, 35)) == 70);
  BOOST_TEST(must(second.take_share(50, 25)) == 30);
  BOOST_TEST(row_of(*ledger, run, first.me.number).burst == 35U);
  const auto row = row_of(*ledger, run, second.me.number);
  BOOST_TEST(row.share == 30);
  BOOST_TEST(row.burst == 15U, "in proportion to what was granted");
  BOOST_TEST(must(first.take_share(20, 10)) == 20);
  BOOST_TEST(must(second.take_share(1000, 1000)) == 80);
  BOOST_TEST(must(first.take_share(21, 10)) == 20, "nothing is left");
  must(second.ledger->leave(second.me, {}));
  BOOST_TEST(must(first.take_share(100, 50)) == 100);
}

BOOST_AUTO_TEST_CASE(fractions_and_odd_shares_are_taken_as_they_are) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.rate = 1.0 / 3600, .burst = 1});
  Hand hand(run);
  BOOST_TEST(must(hand.take_share(1.0 / 7200, 1)) == 1.0 / 7200);
  BOOST_TEST(must(hand.take_share(0, 1)) == 0);
  BOOST_TEST(must(hand.take_share(std::numeric_limits<double>::infinity(), 1)) == 0);
}

BOOST_AUTO_TEST_CASE(without_a_rate_every_share_is_granted) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  Hand first(run);
  Hand second(run);
  BOOST_TEST(must(first.take_share(5000, 100)) == 5000);
  BOOST_TEST(must(second.take_share(5000, 100)) == 5000);
}

BOOST_AUTO_TEST_CASE(after_the_rate_was_lowered_shares_are_lowered_and_none_is_raised) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.rate = 100, .burst = 10});
  Hand first(run);
  Hand second(run);
  must(first.take_share(50, 5));
  must(second.take_share(30, 5));
  must(ledger->change_rate(run, 40));
  BOOST_TEST(must(ledger->run(run)).rate == 40);
  BOOST_TEST(must(ledger->run(run)).about.rate == 100);
  BOOST_TEST(must(second.take_share(60, 5)) == 0, "the other has more than there is");
  BOOST_TEST(must(first.take_share(20, 5)) == 20);
  BOOST_TEST(must(second.take_share(20, 5)) == 20);
}

// As if the bytes had still been in the server's socket when the connection was lost.
BOOST_AUTO_TEST_CASE(what_arrives_after_a_later_change_changes_nothing) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.rate = 100, .burst = 100});
  Hand hand(run);
  must(hand.take_share(50, 50));
  const auto before = hand.share_changes;
  BOOST_TEST(row_of(*ledger, run, hand.me.number).share_changes == before);
  const auto arrives_late = [&](double share) {
    const auto beat = row_of(*ledger, run, hand.me.number).beat;
    BOOST_TEST(!must(hand.ledger->take_share(hand.me, before, share, 1)).has_value());
    const auto row = row_of(*ledger, run, hand.me.number);
    BOOST_TEST(row.share_changes == hand.share_changes);
    BOOST_TEST(row.beat > beat, "it shows that its worker lives");
    return row;
  };
  must(hand.take_share(40, 40));
  auto row = arrives_late(20);
  BOOST_TEST(row.share == 40, "lowered");
  BOOST_TEST(row.burst == 40U);
  must(hand.take_share(50, 50));
  row = arrives_late(20);
  BOOST_TEST(row.share == 50, "although it is what it was");
  BOOST_TEST(row.burst == 50U);
  must(hand.take_share(10, 10));
  row = arrives_late(90);
  BOOST_TEST(row.share == 10, "raised");
  BOOST_TEST(row.burst == 10U);
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
        const auto granted = hands[i]->take_share(wanted, 1);
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
