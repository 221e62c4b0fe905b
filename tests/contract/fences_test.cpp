#include "subject.hpp"

#include <thread>

using namespace koobatch;
using namespace koobatch::test;
using fleet::Fault;
using fleet::WorkerState;
using std::chrono::milliseconds;
using std::chrono::minutes;

namespace {

/// Fences a worker, whatever its beat.
void fence(fleet::Ledger& ledger, fleet::RunNumber run, const Hand& hand, Duration hold) {
  BOOST_TEST(must(ledger.fence(hand.me.number, row_of(ledger, run, hand.me.number).beat, hold)));
}

/// Whether a time that is running out was `expected` a moment ago.
bool is_about(Duration left, Duration expected) {
  return left <= expected && left > expected - std::chrono::seconds(20);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fences, *boost::unit_test::precondition(HaveSubject()))

BOOST_AUTO_TEST_CASE(a_worker_that_has_beaten_since_it_was_seen_is_not_fenced) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  Hand hand(run);
  const auto seen = row_of(*ledger, run, hand.me.number).beat;
  must(hand.ledger->beat(hand.me, {}));
  BOOST_TEST(!must(ledger->fence(hand.me.number, seen, {})));
  BOOST_TEST(!must(ledger->fence(hand.me.number, seen + 2, {})));
  must(hand.commit());
  BOOST_TEST(must(ledger->fence(hand.me.number, seen + 2, {})));
  BOOST_TEST(!must(ledger->fence(hand.me.number, seen + 2, {})), "once only");
  BOOST_TEST(!must(ledger->fence(hand.me.number + 1'000'000, 0, {})), "nobody");
}

BOOST_AUTO_TEST_CASE(every_statement_of_a_worker_is_a_beat) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  Hand hand(run);
  auto seen = row_of(*ledger, run, hand.me.number).beat;
  const auto has_beaten = [&] {
    const auto before = std::exchange(seen, row_of(*ledger, run, hand.me.number).beat);
    return seen > before;
  };
  hand.claim(1);
  BOOST_TEST(has_beaten(), "a claim");
  must(hand.commit());
  BOOST_TEST(has_beaten(), "a group");
  must(hand.ledger->settle(hand.me));
  BOOST_TEST(has_beaten(), "settling");
  must(hand.take_share(1, 1));
  BOOST_TEST(has_beaten(), "a share");
  must(hand.ledger->beat(hand.me, {}));
  BOOST_TEST(has_beaten());
}

BOOST_AUTO_TEST_CASE(a_fenced_worker_can_no_longer_do_anything) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.rate = 10, .burst = 2});
  Hand hand(run);
  hand.claim(2);
  must(hand.commit());
  must(hand.take_share(10, 2));
  fence(*ledger, run, hand, {});
  BOOST_TEST(failure_of(hand.commit({{0, 1, 2}})).fault == Fault::fenced);
  BOOST_TEST(failure_of(hand.ledger->beat(hand.me, {})).fault == Fault::fenced);
  BOOST_TEST(failure_of(hand.ledger->settle(hand.me)).fault == Fault::fenced);
  BOOST_TEST(failure_of(hand.ledger->claim(hand.me, 1, {})).fault == Fault::fenced);
  BOOST_TEST(failure_of(hand.take_share(1, 1)).fault == Fault::fenced);
  BOOST_TEST(failure_of(hand.ledger->leave(hand.me, {})).fault == Fault::fenced);
  const auto row = row_of(*ledger, run, hand.me.number);
  BOOST_TEST(row.state == WorkerState::fenced);
  BOOST_TEST(row.group == 1U);
  BOOST_TEST(row.share == 0);
  BOOST_TEST(part_of(*ledger, run, 0).done == 0U);
  BOOST_TEST(must(ledger->groups(run, hand.me.number, 0, 1000)).size() == 1U);
  Hand next(run);
  BOOST_TEST(must(next.take_share(10, 2)) == 10, "its share is free again");
}

BOOST_AUTO_TEST_CASE(the_parts_of_a_fenced_worker_are_in_doubt_and_held) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 2});
  Hand first(run);
  first.claim(2);
  must(first.commit({{0, 1, 3}}));
  fence(*ledger, run, first, minutes(5));
  const auto part = part_of(*ledger, run, 0);
  BOOST_TEST(!part.owner.has_value());
  BOOST_TEST(part.done == 1U);
  BOOST_TEST(part.doubt == 3U);
  BOOST_TEST((part.quiet == Duration::zero()));
  BOOST_TEST(is_about(part.hold, minutes(5)));

  Hand second(run);
  const auto claimed = second.claim(1);
  BOOST_TEST_REQUIRE(claimed.size() == 1U);
  BOOST_TEST(claimed[0].epoch > 1U);
  BOOST_TEST(claimed[0].done == 1U);
  BOOST_TEST(claimed[0].doubt == 3U);
  BOOST_TEST(is_about(claimed[0].hold, minutes(5)));
  BOOST_TEST(part_of(*ledger, run, 0).fed == 2U);
  BOOST_TEST(part_of(*ledger, run, 1).doubt == 1U, "what a claim has fed may have been sent");
}

BOOST_AUTO_TEST_CASE(a_second_fence_during_a_hold_makes_the_part_quiet_until_that_hold_ends) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 1});
  Hand first(run);
  first.claim(1);
  must(first.commit({{0, 0, 3}}));
  fence(*ledger, run, first, minutes(5));
  Hand second(run);
  second.claim(1);
  must(second.commit({{0, 1, 2}}));
  fence(*ledger, run, second, minutes(10));
  const auto part = part_of(*ledger, run, 0);
  BOOST_TEST(is_about(part.quiet, minutes(5)));
  BOOST_TEST(is_about(part.hold, minutes(10)));
  BOOST_TEST(part.doubt == 3U, "the first owner may have sent more than the second");
  Hand third(run);
  BOOST_TEST(third.claim(1).empty());
  const auto survey = must(ledger->survey(run));
  BOOST_TEST(survey.free_parts == 1U);
  BOOST_TEST(survey.quiet_parts == 1U);
}

BOOST_AUTO_TEST_CASE(quiet_parts_and_holds_end) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 1});
  Hand first(run);
  first.claim(1);
  fence(*ledger, run, first, milliseconds(600));
  Hand second(run);
  BOOST_TEST((second.claim(1).at(0).hold > Duration::zero()));
  fence(*ledger, run, second, Duration::zero());
  Hand third(run);
  BOOST_TEST(third.claim(1).empty());
  std::this_thread::sleep_for(milliseconds(700));
  const auto claimed = third.claim(1);
  BOOST_TEST_REQUIRE(claimed.size() == 1U);
  BOOST_TEST((claimed[0].hold == Duration::zero()));
}

BOOST_AUTO_TEST_CASE(a_worker_that_leaves_cleanly_leaves_no_doubt) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 2});
  Hand first(run);
  first.claim(2);
  must(first.commit({{0, 1, 3}}));
  must(first.ledger->leave(first.me, {}));
  must(first.ledger->leave(first.me, {}));
  const auto part = part_of(*ledger, run, 0);
  BOOST_TEST(!part.owner.has_value());
  BOOST_TEST(part.doubt == 0U);
  BOOST_TEST((part.hold == Duration::zero()));
  const auto row = row_of(*ledger, run, first.me.number);
  BOOST_TEST(row.state == WorkerState::left);
  BOOST_TEST(failure_of(first.commit()).fault == Fault::fenced);
  Hand second(run);
  const auto claimed = second.claim(2);
  BOOST_TEST_REQUIRE(claimed.size() == 2U);
  BOOST_TEST(claimed[0].done == 1U);
  BOOST_TEST(claimed[0].doubt == 0U);
}

BOOST_AUTO_TEST_CASE(a_worker_that_leaves_requests_unanswered_leaves_doubt_for_the_runs_hold) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 1, .hold = minutes(7)});
  Hand hand(run);
  hand.claim(1);
  must(hand.commit({{0, 1, 2}}));
  must(hand.ledger->leave(hand.me, std::vector<fleet::PartNumber>{0}));
  const auto part = part_of(*ledger, run, 0);
  BOOST_TEST(part.doubt == 2U);
  BOOST_TEST(is_about(part.hold, minutes(7)));
  BOOST_TEST((part.quiet == Duration::zero()));
}

BOOST_AUTO_TEST_CASE(only_the_parts_with_unanswered_requests_are_left_in_doubt) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 3, .hold = minutes(7)});
  Hand hand(run);
  hand.claim(3);
  must(hand.commit({{0, 1, 2}, {2, 0, 3}}));
  must(hand.ledger->leave(hand.me, std::vector<fleet::PartNumber>{0, 2}));
  BOOST_TEST(part_of(*ledger, run, 0).doubt == 2U);
  BOOST_TEST(part_of(*ledger, run, 2).doubt == 3U);
  BOOST_TEST(is_about(part_of(*ledger, run, 2).hold, minutes(7)));
  const auto clean = part_of(*ledger, run, 1);
  BOOST_TEST(clean.doubt == 0U);
  BOOST_TEST((clean.hold == Duration::zero()));
  BOOST_TEST(!clean.owner.has_value());
}

BOOST_AUTO_TEST_CASE(the_holds_of_a_fenced_worker_end_once_it_is_known_to_be_off) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 3});
  Hand lost(run);
  lost.claim(2);
  fence(*ledger, run, lost, minutes(5));
  Hand owner(run);
  BOOST_TEST(owner.claim(1).at(0).part == 0U);
  BOOST_TEST(must(ledger->end_holds(run, owner.me.number)) == 0U, "it lives");
  BOOST_TEST(must(ledger->end_holds(run + 1'000'000, lost.me.number)) == 0U, "another run");
  BOOST_TEST(is_about(part_of(*ledger, run, 0).hold, minutes(5)));
  BOOST_TEST(must(ledger->end_holds(run, lost.me.number)) == 2U, "owned by another now, or by nobody");
  for (const fleet::PartNumber part : {0U, 1U}) BOOST_TEST((part_of(*ledger, run, part).hold == Duration::zero()));
  BOOST_TEST(part_of(*ledger, run, 0).doubt == 1U, "its heads are repeated all the same");
  BOOST_TEST(must(ledger->end_holds(run, lost.me.number)) == 0U);
  fence(*ledger, run, owner, minutes(5));
  BOOST_TEST(must(ledger->end_holds(run, lost.me.number)) == 0U, "that hold is the next one's");
  BOOST_TEST(is_about(part_of(*ledger, run, 0).hold, minutes(5)));
}

BOOST_AUTO_TEST_CASE(when_a_hold_ends_early_those_of_others_go_on) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 1});
  Hand first(run);
  first.claim(1);
  fence(*ledger, run, first, minutes(5));
  Hand second(run);
  second.claim(1);
  fence(*ledger, run, second, minutes(10));
  BOOST_TEST(must(ledger->end_holds(run, first.me.number)) == 0U, "it is not the last one");
  BOOST_TEST(must(ledger->end_holds(run, second.me.number)) == 1U);
  const auto part = part_of(*ledger, run, 0);
  BOOST_TEST((part.hold == Duration::zero()));
  BOOST_TEST(is_about(part.quiet, minutes(5)), "nobody may claim it before the first one's hold is over");
}

BOOST_AUTO_TEST_CASE(the_hold_of_one_before_is_not_ended_with_one_who_left_cleanly) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 1});
  Hand first(run);
  first.claim(1);
  fence(*ledger, run, first, minutes(5));
  Hand second(run);
  second.claim(1);
  must(second.ledger->leave(second.me, {}));
  BOOST_TEST(must(ledger->end_holds(run, second.me.number)) == 0U);
  BOOST_TEST(is_about(part_of(*ledger, run, 0).hold, minutes(5)));
}

BOOST_AUTO_TEST_CASE(a_worker_that_leaves_cleanly_during_a_hold_leaves_its_part_quiet_and_the_earlier_doubt) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 1});
  Hand first(run);
  first.claim(1);
  must(first.commit({{0, 0, 3}}));
  fence(*ledger, run, first, minutes(5));
  Hand second(run);
  second.claim(1);
  must(second.ledger->leave(second.me, {}));
  const auto part = part_of(*ledger, run, 0);
  BOOST_TEST(part.doubt == 3U);
  BOOST_TEST(is_about(part.quiet, minutes(5)));
  Hand third(run);
  BOOST_TEST(third.claim(1).empty());
}

BOOST_AUTO_TEST_CASE(a_fence_waits_for_the_statement_that_its_worker_has_in_progress) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 2});
  Hand hand(run);
  hand.claim(1);
  const auto seen = row_of(*ledger, run, hand.me.number).beat;
  // Both wait; the commit was there first.
  fleet::Answer<void> committed = fleet::Failure{};
  fleet::Answer<bool> fenced = false;
  auto held = subject().hold_worker(hand.me.number);
  std::thread commits([&] { committed = hand.commit({{0, 1, 2}}); });
  std::this_thread::sleep_for(milliseconds(200));
  std::thread fences([&] { fenced = ledger->fence(hand.me.number, seen, {}); });
  std::this_thread::sleep_for(milliseconds(200));
  held.reset();
  commits.join();
  fences.join();
  BOOST_TEST(committed.has_value());
  BOOST_TEST(!must(fenced), "it has beaten meanwhile");
  BOOST_TEST(part_of(*ledger, run, 0).owner.value() == hand.me.number);
}

BOOST_AUTO_TEST_CASE(only_one_of_a_simultaneous_commit_and_fence_happens) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 1, .chunks = 100});
  Hand watcher(run);
  for (fleet::ChunkNumber i = 0; i < 20; ++i) {
    Hand hand(run);
    const auto claimed = hand.claim(1);
    BOOST_TEST_REQUIRE(claimed.size() == 1U);
    const auto done = claimed[0].done;
    const auto seen = row_of(*ledger, run, hand.me.number).beat;
    fleet::Answer<void> committed = fleet::Failure{};
    std::thread commits([&] { committed = hand.commit({{0, done + 1, done + 2}}); });
    const bool fenced = must(watcher.ledger->fence(hand.me.number, seen, {}));
    commits.join();
    BOOST_TEST(committed.has_value() != fenced);
    BOOST_TEST(part_of(*ledger, run, 0).done == done + (fenced ? 0 : 1));
    if (!fenced) must(hand.ledger->leave(hand.me, {}));
  }
}

BOOST_AUTO_TEST_SUITE_END()
