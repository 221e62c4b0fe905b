#include "contains.hpp"
#include "subject.hpp"

using namespace koobatch;
using namespace koobatch::test;
using fleet::Fault;

BOOST_AUTO_TEST_SUITE(groups, *boost::unit_test::precondition(HaveSubject()))

BOOST_AUTO_TEST_CASE(groups_are_committed_in_order_and_once) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  Hand hand(run);
  const auto commit = [&](fleet::GroupNumber number) {
    return hand.ledger->commit(hand.me, {.number = number, .results = 1, .packed = "x"}, {}, {});
  };
  must(commit(1));
  must(commit(2));
  BOOST_TEST(failure_of(commit(2)).fault == Fault::unanswered, "it has been committed: settling tells");
  BOOST_TEST(failure_of(commit(1)).fault == Fault::unanswered);
  const auto ahead = failure_of(commit(4));
  BOOST_TEST(ahead.fault == Fault::forgotten);
  BOOST_TEST(contains(ahead.error.message, "has lost results that it had acknowledged"), ahead.error.message);
  BOOST_TEST(must(hand.ledger->settle(hand.me)) == 2U);
  must(commit(3));
  BOOST_TEST(must(ledger->groups(run, hand.me.number, 0, 1000)).size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_group_that_is_refused_changes_nothing) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  Hand hand(run);
  hand.claim(1);
  const auto before = row_of(*ledger, run, hand.me.number);
  fleet::Vitals vitals;
  vitals.used = 9;
  BOOST_TEST(
      !hand.ledger->commit(hand.me, {.number = 2, .packed = "x"}, std::vector<fleet::PartProgress>{{0, 1, 2}}, vitals));
  const auto after = row_of(*ledger, run, hand.me.number);
  BOOST_TEST(after.beat == before.beat);
  BOOST_TEST(after.used == 0);
  BOOST_TEST(part_of(*ledger, run, 0).done == 0U);
  BOOST_TEST(part_of(*ledger, run, 0).fed == 1U);
}

BOOST_AUTO_TEST_CASE(progress_counts_only_for_own_parts_and_never_goes_back) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  Hand first(run);
  Hand second(run);
  first.claim(1);
  second.claim(1);
  must(first.commit({{0, 1, 2}, {1, 3, 3}, {2, 1, 1}}));
  BOOST_TEST(part_of(*ledger, run, 0).done == 1U);
  BOOST_TEST(part_of(*ledger, run, 0).fed == 2U);
  BOOST_TEST(part_of(*ledger, run, 1).done == 0U, "it belongs to another");
  BOOST_TEST(part_of(*ledger, run, 2).done == 0U, "it belongs to nobody");
  must(first.commit({{0, 0, 1}}));
  BOOST_TEST(part_of(*ledger, run, 0).done == 1U);
  BOOST_TEST(part_of(*ledger, run, 0).fed == 2U);
}

BOOST_AUTO_TEST_CASE(a_group_and_a_beat_report_the_state_of_the_worker) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  Hand hand(run);
  fleet::Vitals vitals;
  for (std::size_t i = 0; i < vitals.counts.results.by_status.size(); ++i) vitals.counts.results.by_status[i] = i + 1;
  vitals.counts.requests = 1ULL << 40;
  vitals.counts.held_refusals = 3;
  vitals.used = 12.5;
  vitals.limited = true;
  const auto before = row_of(*ledger, run, hand.me.number).beat;
  must(hand.ledger->commit(hand.me, {.number = 1, .packed = "x"}, {}, vitals));
  auto row = row_of(*ledger, run, hand.me.number);
  BOOST_TEST(row.beat > before);
  BOOST_TEST(row.group == 1U);
  BOOST_TEST(row.counts.results.by_status == vitals.counts.results.by_status, boost::test_tools::per_element());
  BOOST_TEST(row.counts.requests == vitals.counts.requests);
  BOOST_TEST(row.counts.held_refusals == 3U);
  BOOST_TEST(row.used == 12.5);
  BOOST_TEST(row.limited);
  vitals.used = 1;
  vitals.limited = false;
  must(hand.ledger->beat(hand.me, vitals));
  const auto later = row_of(*ledger, run, hand.me.number);
  BOOST_TEST(later.beat > row.beat);
  BOOST_TEST(later.group == 1U);
  BOOST_TEST(later.used == 1);
  BOOST_TEST(!later.limited);
}

BOOST_AUTO_TEST_CASE(another_nonce_is_another_worker) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  Hand hand(run);
  hand.me.nonce += 1;
  BOOST_TEST(failure_of(hand.commit()).fault == Fault::forgotten);
  BOOST_TEST(failure_of(hand.ledger->beat(hand.me, {})).fault == Fault::forgotten);
  BOOST_TEST(failure_of(hand.ledger->settle(hand.me)).fault == Fault::forgotten);
  BOOST_TEST(failure_of(hand.ledger->claim(hand.me, 1, {})).fault == Fault::forgotten);
  BOOST_TEST(failure_of(hand.ledger->leave(hand.me, {})).fault == Fault::forgotten);
  BOOST_TEST(failure_of(hand.take_share(1, 1)).fault == Fault::forgotten);
}

BOOST_AUTO_TEST_CASE(collectors_read_each_group_once_in_order_and_in_portions) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  Hand hand(run);
  Hand other(run);
  const std::vector<std::string> texts = {"", "aaaa", std::string(5000, 'b') + std::string(1, '\0'), "cc", ""};
  for (const auto& text : texts) {
    must(hand.commit({}, text));
    must(other.commit({}, "not these"));
  }
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{4}, std::size_t{5006}, std::size_t{1} << 20}) {
    std::vector<std::string> read;
    fleet::GroupNumber cursor = 0;
    for (;;) {
      const auto rows = must(ledger->groups(run, hand.me.number, cursor, bytes));
      if (rows.empty()) break;
      std::size_t size = 0;
      for (const auto& row : rows) {
        BOOST_TEST(row.worker == hand.me.number);
        BOOST_TEST(row.group.number == ++cursor);
        BOOST_TEST(row.group.results == 1U);
        size += row.group.packed.size();
        read.push_back(row.group.packed);
      }
      BOOST_TEST((size <= bytes || rows.back().group.packed.size() == size), "no more than fits, or one");
    }
    BOOST_TEST((read == texts));
  }
}

BOOST_AUTO_TEST_CASE(a_collector_notices_that_groups_were_lost) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  Hand hand(run);
  for (int i = 0; i < 3; ++i) must(hand.commit());
  subject().forget_groups(hand.me.number, 1);
  BOOST_TEST(must(ledger->groups(run, hand.me.number, 0, 1000)).size() == 1U);
  BOOST_TEST(must(ledger->groups(run, hand.me.number, 1, 1000)).empty());
  BOOST_TEST(failure_of(ledger->groups(run, hand.me.number, 3, 1000)).fault == Fault::forgotten);
}

BOOST_AUTO_TEST_SUITE_END()
