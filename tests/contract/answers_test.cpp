#include "contains.hpp"
#include "subject.hpp"

#include <thread>

using namespace koobatch;
using namespace koobatch::test;
using fleet::Fault;
using std::chrono::milliseconds;

namespace {

/// How long a call takes.
template <class Call>
Duration time_of(Call call) {
  const auto begun = Steady::now();
  call();
  return Steady::now() - begun;
}

/// Beyond its patience; on a machine that has other work.
constexpr auto tolerance = std::chrono::seconds(2);

}  // namespace

BOOST_AUTO_TEST_SUITE(answers, *boost::unit_test::precondition(HaveSubject()))

BOOST_AUTO_TEST_CASE(a_commit_that_the_copies_do_not_acknowledge_is_settled_once_they_do) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  Hand hand(run);
  hand.ledger->set_patience(milliseconds(400));
  auto held = subject().hold_acknowledgements();
  const auto taken = time_of([&] { BOOST_TEST(failure_of(hand.commit()).fault == Fault::unanswered); });
  BOOST_TEST((taken >= milliseconds(400)));
  BOOST_TEST((taken < milliseconds(400) + tolerance));
  BOOST_TEST(failure_of(hand.ledger->settle(hand.me)).fault == Fault::unanswered,
             "nothing proves that the others have the group");
  BOOST_TEST(failure_of(hand.ledger->beat(hand.me, {})).fault == Fault::unanswered);
  held.reset();
  hand.ledger->set_patience(std::chrono::seconds(10));
  BOOST_TEST(must(hand.ledger->settle(hand.me)) == 1U);
  hand.last = 1;
  must(hand.commit());
  BOOST_TEST(must(ledger->groups(run, hand.me.number, 0, 1000)).size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_commit_whose_wait_for_copies_is_given_up_is_not_taken_for_acknowledged) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  Hand hand(run);
  auto held = subject().hold_acknowledgements();
  fleet::Answer<void> committed;
  std::thread commits([&] { committed = hand.commit(); });
  std::this_thread::sleep_for(milliseconds(300));
  subject().give_up_copies();
  commits.join();
  const auto failure = failure_of(committed);
  BOOST_TEST(failure.fault == Fault::unanswered);
  BOOST_TEST(contains(failure.error.message, "warns"), failure.error.message);
  held.reset();
  BOOST_TEST(must(hand.ledger->settle(hand.me)) == 1U);
}

// What an old primary could show that has not yet noticed that it no longer is one.
BOOST_AUTO_TEST_CASE(what_is_read_counts_only_if_a_write_after_it_is_acknowledged) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  Hand hand(run);
  Hand fenced(run);
  hand.claim(1);
  must(hand.commit());
  must(ledger->fence(fenced.me.number, 0, {}));
  auto held = subject().hold_acknowledgements();
  for (auto* each : {ledger.get(), hand.ledger.get(), fenced.ledger.get()}) each->set_patience(milliseconds(300));
  const auto check = [&](Fault expected) {
    const fleet::Group ahead{.number = 9, .results = 1, .packed = "x"};
    BOOST_TEST(failure_of(hand.ledger->commit(hand.me, ahead, {}, {})).fault == expected, "lost groups");
    BOOST_TEST(failure_of(ledger->groups(run, hand.me.number, 9, 1000)).fault == expected, "lost groups");
    BOOST_TEST(failure_of(ledger->run(run + 1'000'000)).fault == expected, "an unknown run");
  };
  check(Fault::unanswered);
  BOOST_TEST(failure_of(fenced.ledger->beat(fenced.me, {})).fault == Fault::unanswered);
  BOOST_TEST(failure_of(ledger->groups(run, hand.me.number, 0, 1000)).fault == Fault::unanswered);
  BOOST_TEST(failure_of(hand.ledger->earlier_owners(hand.me, run, 0, 1)).fault == Fault::unanswered);
  BOOST_TEST(failure_of(ledger->confirm()).fault == Fault::unanswered);
  held.reset();
  for (auto* each : {ledger.get(), hand.ledger.get()}) each->set_patience(std::chrono::seconds(10));
  check(Fault::forgotten);
  must(ledger->confirm());
}

BOOST_AUTO_TEST_CASE(a_commit_that_is_cut_off_before_it_happened_is_sent_again) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  Hand hand(run);
  hand.claim(1);
  const auto connection = hand.ledger->connection();
  auto held = subject().hold_worker(hand.me.number);
  fleet::Answer<void> committed;
  std::thread commits([&] { committed = hand.commit({{0, 1, 2}}); });
  std::this_thread::sleep_for(milliseconds(300));
  subject().cut_connections();
  commits.join();
  held.reset();
  BOOST_TEST(failure_of(committed).fault == Fault::unanswered);
  BOOST_TEST(must(hand.ledger->settle(hand.me)) == 0U);
  BOOST_TEST(hand.ledger->connection() == connection + 1);
  must(hand.commit({{0, 1, 2}}));
  BOOST_TEST(must(ledger->groups(run, hand.me.number, 0, 1000)).size() == 1U);
  BOOST_TEST(part_of(*ledger, run, 0).done == 1U);
}

BOOST_AUTO_TEST_CASE(a_commit_that_arrives_late_counts_once) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  Hand hand(run);
  hand.ledger->set_patience(milliseconds(300));
  auto held = subject().hold_worker(hand.me.number);
  BOOST_TEST(failure_of(hand.commit()).fault == Fault::unanswered);
  BOOST_TEST(failure_of(hand.commit()).fault == Fault::unanswered, "two are waiting now");
  held.reset();
  hand.ledger->set_patience(std::chrono::seconds(10));
  // Settling may overtake what has only been received so far. Then the group is sent again, and one of the three
  // happens.
  while (must(hand.ledger->settle(hand.me)) == 0) {
    const auto committed = hand.ledger->commit(hand.me, {.number = 1, .results = 1, .packed = "results"}, {}, {});
    BOOST_TEST((committed || committed.error().fault == Fault::unanswered));
  }
  hand.last = 1;
  must(hand.commit());
  BOOST_TEST(must(ledger->groups(run, hand.me.number, 0, 1000)).size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_claim_that_was_not_answered_leaves_no_part_behind) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 2});
  Hand hand(run);
  hand.ledger->set_patience(milliseconds(300));
  auto held = subject().hold_worker(hand.me.number);
  BOOST_TEST(failure_of(hand.ledger->claim(hand.me, 1, {})).fault == Fault::unanswered);
  held.reset();
  hand.ledger->set_patience(std::chrono::seconds(10));
  must(hand.ledger->settle(hand.me));
  BOOST_TEST(part_of(*ledger, run, 0).owner.value() == hand.me.number);
  const auto claimed = hand.claim(1);
  BOOST_TEST_REQUIRE(claimed.size() == 1U);
  BOOST_TEST(claimed[0].part == 0U);
}

BOOST_AUTO_TEST_CASE(a_worker_that_leaves_also_leaves_what_an_unanswered_claim_gets_meanwhile) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 2});
  Hand hand(run);
  hand.ledger->set_patience(milliseconds(300));
  auto held = subject().hold_worker(hand.me.number);
  BOOST_TEST(failure_of(hand.ledger->claim(hand.me, 1, {})).fault == Fault::unanswered);
  hand.ledger->set_patience(std::chrono::seconds(10));
  fleet::Answer<void> left = fleet::Failure{};
  std::thread leaves([&] { left = hand.ledger->leave(hand.me, {}); });
  std::this_thread::sleep_for(milliseconds(300));
  held.reset();
  leaves.join();
  BOOST_TEST(left.has_value());
  const auto survey = must(ledger->survey(run));
  BOOST_TEST(survey.owned_parts == 0U);
  BOOST_TEST(survey.free_parts == 2U);
}

BOOST_AUTO_TEST_CASE(groups_that_were_acknowledged_and_are_lost_are_noticed) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  Hand hand(run);
  for (int i = 0; i < 3; ++i) must(hand.commit());
  subject().forget_groups(hand.me.number, 1);
  BOOST_TEST(must(hand.ledger->settle(hand.me)) == 1U);
  BOOST_TEST(failure_of(hand.commit()).fault == Fault::forgotten);
}

BOOST_AUTO_TEST_CASE(a_connection_that_breaks_while_nothing_is_asked_costs_nothing) {
  const auto run = submit(*subject().open());
  Hand hand(run);
  const auto connection = hand.ledger->connection();
  BOOST_TEST(connection > 0U);
  must(hand.commit());
  BOOST_TEST(hand.ledger->connection() == connection);
  subject().cut_connections();
  must(hand.commit());
  BOOST_TEST(hand.ledger->connection() == connection + 1);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_reached_says_so_within_its_patience_and_comes_back) {
  const auto run = submit(*subject().open());
  Hand hand(run);
  must(hand.commit());
  hand.ledger->set_patience(milliseconds(500));
  {
    const auto away = subject().be_away();
    const auto taken = time_of([&] {
      const auto failure = failure_of(hand.commit());
      BOOST_TEST(failure.fault == Fault::unreachable);
      BOOST_TEST(contains(failure.error.message, "cannot be reached"), failure.error.message);
    });
    BOOST_TEST((taken < milliseconds(500) + tolerance));
    BOOST_TEST(failure_of(hand.ledger->beat(hand.me, {})).fault == Fault::unreachable);
  }
  hand.ledger->set_patience(std::chrono::seconds(10));
  BOOST_TEST(must(hand.ledger->settle(hand.me)) == 1U);
  must(hand.commit());
}

BOOST_AUTO_TEST_CASE(an_interrupted_call_ends_at_once_and_so_do_all_that_follow) {
  const auto run = submit(*subject().open());
  Hand hand(run);
  hand.ledger->set_patience(std::chrono::seconds(60));
  const auto held = subject().hold_worker(hand.me.number);
  fleet::Answer<void> committed;
  std::thread commits([&] { committed = hand.commit(); });
  std::this_thread::sleep_for(milliseconds(200));
  const auto taken = time_of([&] {
    hand.ledger->interrupt();
    commits.join();
  });
  BOOST_TEST((taken < tolerance));
  BOOST_TEST(failure_of(committed).fault == Fault::unanswered);
  BOOST_TEST(failure_of(hand.ledger->beat(hand.me, {})).fault == Fault::unreachable);
  BOOST_TEST(failure_of(hand.ledger->wait_for_news(run, std::chrono::seconds(60))).fault == Fault::unreachable);
}

BOOST_AUTO_TEST_SUITE_END()
