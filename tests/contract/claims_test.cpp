#include "contains.hpp"
#include "subject.hpp"

#include <set>
#include <thread>

using namespace koobatch;
using namespace koobatch::test;
using fleet::Fault;
using fleet::RunState;

namespace {

std::vector<fleet::PartNumber> numbers_of(const std::vector<fleet::ClaimedPart>& parts) {
  std::vector<fleet::PartNumber> numbers;
  for (const auto& part : parts) numbers.push_back(part.part);
  return numbers;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(claims, *boost::unit_test::precondition(HaveSubject()))

BOOST_AUTO_TEST_CASE(the_first_worker_begins_the_run_and_each_gets_the_next_trace_prefix) {
  const auto ledger = subject().open();
  auto description = description_of({.parts = 1});
  description.trace_prefix = 262'142;
  const auto run = must(ledger->begin_run(description));
  must(ledger->load(run, 0, std::vector{chunk(0, 1)}));
  must(ledger->finish_loading(run, 10));
  const Hand first(run);
  const auto row = must(ledger->run(run));
  BOOST_TEST(row.state == RunState::running);
  BOOST_TEST_REQUIRE(row.begun.has_value());
  const Hand second(run);
  BOOST_TEST(first.me.trace_prefix == 262'143U);
  BOOST_TEST(second.me.trace_prefix == 0U);
  BOOST_TEST((must(ledger->run(run)).begun == row.begun));
  const auto worker = row_of(*ledger, run, second.me.number);
  BOOST_TEST(worker.name == "worker");
  BOOST_TEST(worker.nonce == second.me.nonce);
  BOOST_TEST(worker.state == fleet::WorkerState::alive);
  BOOST_TEST(worker.trace_prefix == 0U);
  BOOST_TEST((worker.since_beat < std::chrono::minutes(1)));
}

BOOST_AUTO_TEST_CASE(an_enrolment_that_is_repeated_is_one) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  const auto first = must(ledger->enrol(run, "host", 0xffffffffffffffffULL));
  const auto second = must(ledger->enrol(run, "host", 0xffffffffffffffffULL));
  BOOST_TEST(first.number == second.number);
  BOOST_TEST(first.trace_prefix == second.trace_prefix);
  BOOST_TEST(must(ledger->survey(run)).workers.size() == 1U);
  must(ledger->leave(first, {}));
  BOOST_TEST(failure_of(ledger->enrol(run, "host", 0xffffffffffffffffULL)).fault == Fault::refused,
             "an enrolment that is over is not used again");
}

BOOST_AUTO_TEST_CASE(nobody_joins_a_run_that_is_stopping_or_has_ended) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  must(ledger->stop_run(run, RunState::stopping, "enough"));
  const auto refused = failure_of(ledger->enrol(run, "late", 1));
  BOOST_TEST(refused.fault == Fault::refused);
  BOOST_TEST(contains(refused.error.message, "stopping"));
  must(ledger->stop_run(run, RunState::stopped, ""));
  BOOST_TEST(failure_of(ledger->enrol(run, "late", 1)).fault == Fault::refused);
}

BOOST_AUTO_TEST_CASE(a_part_belongs_to_one_worker_until_it_is_done) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 5, .chunks = 2});
  Hand first(run);
  Hand second(run);
  const auto of_first = first.claim(2);
  BOOST_TEST_REQUIRE(of_first.size() == 2U);
  BOOST_TEST(of_first[0].part == 0U);
  BOOST_TEST(of_first[0].epoch == 1U);
  BOOST_TEST(of_first[0].chunks == 2U);
  BOOST_TEST(of_first[0].done == 0U);
  BOOST_TEST(of_first[0].doubt == 0U);
  BOOST_TEST((of_first[0].hold == Duration::zero()));
  BOOST_TEST(part_of(*ledger, run, 0).fed == 1U, "a claim feeds the first chunk");
  const auto of_second = second.claim(10);
  BOOST_TEST(numbers_of(of_second) == (std::vector<fleet::PartNumber>{2, 3, 4}), boost::test_tools::per_element());
  BOOST_TEST(first.claim(10, {0, 1}).empty());

  must(first.commit({{0, 1, 2}}));
  BOOST_TEST(part_of(*ledger, run, 0).owner.value() == first.me.number);
  must(first.commit({{0, 2, 2}}));
  BOOST_TEST(!part_of(*ledger, run, 0).owner.has_value());
  BOOST_TEST(second.claim(10, {2, 3, 4}).empty(), "it is done");
  BOOST_TEST(must(ledger->run(run)).parts_done == 1U);
  const auto survey = must(ledger->survey(run));
  BOOST_TEST(survey.owned_parts == 4U);
  BOOST_TEST(survey.free_parts == 0U);
}

BOOST_AUTO_TEST_CASE(what_is_not_known_to_be_claimed_is_returned_first) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 4});
  Hand hand(run);
  hand.claim(2);
  const auto again = hand.claim(1, {0});
  BOOST_TEST(numbers_of(again) == std::vector<fleet::PartNumber>{1}, boost::test_tools::per_element());
  BOOST_TEST(again.front().epoch == 1U);
  const auto more = hand.claim(2, {0});
  BOOST_TEST(numbers_of(more) == (std::vector<fleet::PartNumber>{1, 2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(claims_at_the_same_time_never_get_the_same_part) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 60, .chunks = 1});
  std::vector<std::unique_ptr<Hand>> hands;
  for (int i = 0; i < 4; ++i) hands.push_back(std::make_unique<Hand>(run));
  std::vector<std::vector<fleet::PartNumber>> claimed(hands.size());
  std::vector<std::string> errors(hands.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < hands.size(); ++i) {
    threads.emplace_back([&, i] {
      for (;;) {
        const auto parts = hands[i]->ledger->claim(hands[i]->me, 2, claimed[i]);
        if (!parts) errors[i] = parts.error().error.message;
        if (!parts || parts->empty()) return;
        for (const auto& part : *parts) claimed[i].push_back(part.part);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<fleet::PartNumber> all;
  std::size_t count = 0;
  for (std::size_t i = 0; i < hands.size(); ++i) {
    BOOST_TEST(errors[i] == "");
    count += claimed[i].size();
    all.insert(claimed[i].begin(), claimed[i].end());
    for (const auto part : claimed[i]) BOOST_TEST(part_of(*ledger, run, part).owner.value() == hands[i]->me.number);
  }
  BOOST_TEST(count == 60U);
  BOOST_TEST(all.size() == 60U);
}

BOOST_AUTO_TEST_CASE(nothing_is_claimed_once_the_run_is_stopping_but_results_still_count) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  Hand hand(run);
  hand.claim(1);
  must(ledger->pause(run, true));
  BOOST_TEST(hand.claim(1, {0}).size() == 1U);
  must(ledger->stop_run(run, RunState::stopping, "enough"));
  BOOST_TEST(hand.claim(1, {0, 1}).empty());
  must(hand.commit({{0, 1, 2}}));
  must(ledger->stop_run(run, RunState::stopped, ""));
  must(hand.commit({{0, 2, 3}}));
}

BOOST_AUTO_TEST_CASE(earlier_owners_are_those_that_had_begun_the_chunk_and_their_groups_since) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 2, .chunks = 9});
  Hand first(run);
  must(first.commit({}, "before it claimed"));
  first.claim(2);
  must(first.commit({{0, 0, 1}}, "of chunk 1"));
  must(first.commit({{0, 1, 2}}, "the last of chunk 1"));
  must(first.commit({{0, 1, 3}}, "of chunk 2"));
  must(first.commit({}, ""));
  must(first.commit({{0, 2, 3}}, "of chunks 2 and 3"));
  must(ledger->fence(first.me.number, row_of(*ledger, run, first.me.number).beat, {}));

  Hand second(run);
  const auto claimed = second.claim(1);
  BOOST_TEST_REQUIRE(claimed.size() == 1U);
  BOOST_TEST(claimed[0].done == 2U);
  BOOST_TEST(claimed[0].doubt == 3U);
  const auto owners = [&](const Hand& hand, fleet::ChunkNumber from) {
    std::string all;
    for (const auto& owner : must(hand.ledger->earlier_owners(hand.me, run, 0, from))) {
      all += (owner.worker == first.me.number ? "first" : "second") + std::string(" after ") +
             std::to_string(owner.group) + "; ";
    }
    return all;
  };
  BOOST_TEST(owners(second, 1) == "first after 1; ");
  BOOST_TEST(owners(second, 2) == "first after 3; ");
  BOOST_TEST(owners(second, 3) == "first after 4; ");
  BOOST_TEST(owners(second, 4) == "", "nobody has begun it");
  must(second.commit({{0, 2, 3}}, "my own"));
  BOOST_TEST(owners(second, 3) == "first after 4; ");
  must(second.ledger->leave(second.me, {}));
  Hand third(run);
  third.claim(1);
  BOOST_TEST(owners(third, 3) == "first after 4; second after 0; ");
}

BOOST_AUTO_TEST_CASE(only_its_owner_learns_the_history_of_a_part) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 2});
  Hand owner(run);
  Hand other(run);
  owner.claim(1);
  BOOST_TEST(must(owner.ledger->earlier_owners(owner.me, run, 0, 1)).empty());
  BOOST_TEST(failure_of(other.ledger->earlier_owners(other.me, run, 0, 1)).fault == Fault::unanswered);
  BOOST_TEST(failure_of(owner.ledger->earlier_owners(owner.me, run, 1, 1)).fault == Fault::unanswered);
  must(ledger->fence(owner.me.number, row_of(*ledger, run, owner.me.number).beat, {}));
  BOOST_TEST(failure_of(owner.ledger->earlier_owners(owner.me, run, 0, 1)).fault == Fault::fenced);
}

BOOST_AUTO_TEST_SUITE_END()
