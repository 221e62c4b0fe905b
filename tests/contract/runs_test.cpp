#include "subject.hpp"

#include <thread>

using namespace koobatch;
using namespace koobatch::test;
using fleet::Fault;
using fleet::RunState;
using std::chrono::milliseconds;

namespace {

RunState state_of(fleet::Ledger& ledger, fleet::RunNumber run) {
  return must(ledger.run(run)).state;
}

/// Whether something is noticed by a worker that is waiting for news.
template <class Act>
bool is_news(fleet::RunNumber run, Act act) {
  const auto listener = subject().open();
  must(listener->wait_for_news(run, {}));
  BOOST_TEST(!must(listener->wait_for_news(run, {})), "nothing has happened yet");
  act();
  return must(listener->wait_for_news(run, std::chrono::seconds(10)));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(runs, *boost::unit_test::precondition(HaveSubject()))

BOOST_AUTO_TEST_CASE(a_pause_ends_as_the_run_was_before) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  must(ledger->pause(run, true));
  BOOST_TEST(state_of(*ledger, run) == RunState::paused);
  must(ledger->pause(run, false));
  BOOST_TEST(state_of(*ledger, run) == RunState::ready);
  const Hand hand(run);
  must(ledger->pause(run, true));
  must(ledger->pause(run, true));
  BOOST_TEST(state_of(*ledger, run) == RunState::paused);
  must(ledger->pause(run, false));
  BOOST_TEST(state_of(*ledger, run) == RunState::running);
}

BOOST_AUTO_TEST_CASE(a_run_stops_for_the_first_reason_and_for_good) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  must(ledger->stop_run(run, RunState::stopping, "too many errors"));
  must(ledger->stop_run(run, RunState::stopping, "another"));
  BOOST_TEST(must(ledger->run(run)).reason == "too many errors");
  BOOST_TEST(!must(ledger->run(run)).ended.has_value());
  must(ledger->stop_run(run, RunState::stopped, "nothing is going on any more"));
  const auto row = must(ledger->run(run));
  BOOST_TEST(row.state == RunState::stopped);
  BOOST_TEST(row.reason == "too many errors");
  BOOST_TEST(row.ended.has_value());
  must(ledger->stop_run(run, RunState::aborted, "lost"));
  must(ledger->pause(run, true));
  must(ledger->pause(run, false));
  BOOST_TEST(!must(ledger->complete(run)));
  BOOST_TEST(state_of(*ledger, run) == RunState::stopped);
}

BOOST_AUTO_TEST_CASE(lost_results_are_the_reason_whatever_was_the_reason_before) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  must(ledger->stop_run(run, RunState::stopping, "enough"));
  must(ledger->stop_run(run, RunState::aborted, "results were lost"));
  BOOST_TEST(must(ledger->run(run)).reason == "results were lost");
  BOOST_TEST(must(ledger->run(run)).ended.has_value());
}

BOOST_AUTO_TEST_CASE(stopping_once_more_is_a_write_that_copies_acknowledge) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  must(ledger->stop_run(run, RunState::stopping, "enough"));
  const auto held = subject().hold_acknowledgements();
  ledger->set_patience(milliseconds(300));
  BOOST_TEST(failure_of(ledger->stop_run(run, RunState::stopping, "enough")).fault == Fault::unanswered);
}

BOOST_AUTO_TEST_CASE(a_run_is_complete_when_every_part_is_done) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 2, .chunks = 1});
  Hand hand(run);
  hand.claim(2);
  must(hand.commit({{0, 1, 1}}));
  BOOST_TEST(!must(ledger->complete(run)));
  BOOST_TEST(state_of(*ledger, run) == RunState::running);
  must(hand.commit({{1, 1, 1}}));
  BOOST_TEST(must(ledger->complete(run)));
  const auto row = must(ledger->run(run));
  BOOST_TEST(row.state == RunState::completed);
  BOOST_TEST(row.parts_done == 2U);
  BOOST_TEST(row.ended.has_value());
  BOOST_TEST(must(ledger->complete(run)), "others who ask learn it, too");
  BOOST_TEST((must(ledger->run(run)).ended == row.ended));
}

BOOST_AUTO_TEST_CASE(a_job_without_operations_is_complete_at_once) {
  const auto ledger = subject().open();
  const auto run = must(ledger->begin_run(description_of({})));
  BOOST_TEST(!must(ledger->complete(run)), "it is being loaded");
  must(ledger->finish_loading(run, 0));
  BOOST_TEST(must(ledger->complete(run)));
}

BOOST_AUTO_TEST_CASE(the_longest_wait_that_the_service_asked_for_counts) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  must(ledger->pause_for(run, std::chrono::seconds(60)));
  must(ledger->pause_for(run, std::chrono::seconds(5)));
  const auto left = must(ledger->run(run)).paused_for;
  BOOST_TEST_REQUIRE(left.has_value());
  BOOST_TEST((*left > std::chrono::seconds(30)));
  BOOST_TEST((*left <= std::chrono::seconds(60)));
}

BOOST_AUTO_TEST_CASE(what_is_known_about_the_fence_is_kept) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  BOOST_TEST(must(ledger->run(run)).fence_proof == fleet::FenceProof::not_tried);
  for (const auto proof : {fleet::FenceProof::refuted, fleet::FenceProof::proven}) {
    must(ledger->record_fence_proof(run, proof));
    BOOST_TEST(must(ledger->run(run)).fence_proof == proof);
  }
}

BOOST_AUTO_TEST_CASE(workers_hear_of_what_concerns_them) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 1, .chunks = 1});
  const auto other = submit(*ledger);
  Hand hand(run);
  Hand dead(run);
  BOOST_TEST(is_news(run, [&] { must(ledger->change_rate(run, 5)); }));
  BOOST_TEST(is_news(run, [&] { must(ledger->pause(run, true)); }));
  BOOST_TEST(is_news(run, [&] { must(ledger->pause_for(run, milliseconds(1))); }));
  BOOST_TEST(is_news(run, [&] { must(ledger->fence(dead.me.number, 0, {})); }));
  hand.claim(1);
  must(hand.commit({{0, 1, 1}}));
  BOOST_TEST(is_news(run, [&] { must(hand.ledger->leave(hand.me, {})); }));
  BOOST_TEST(is_news(run, [&] { must(ledger->complete(run)); }));
  BOOST_TEST(is_news(run, [&] { must(ledger->forget(run)); }));
  BOOST_TEST(is_news(other, [&] { must(ledger->stop_run(other, RunState::stopping, "")); }));

  const auto listener = subject().open();
  must(listener->wait_for_news(run, {}));
  must(ledger->change_rate(other, 5));
  BOOST_TEST(!must(listener->wait_for_news(run, milliseconds(200))), "of another run");
}

BOOST_AUTO_TEST_CASE(after_its_connection_broke_a_worker_cannot_know_whether_there_is_news) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  const auto listener = subject().open();
  BOOST_TEST(must(listener->wait_for_news(run, {})), "nor when it begins to listen");
  BOOST_TEST(!must(listener->wait_for_news(run, {})));
  fleet::Answer<bool> heard = false;
  std::thread listens([&] { heard = listener->wait_for_news(run, std::chrono::seconds(20)); });
  std::this_thread::sleep_for(milliseconds(200));
  subject().cut_connections();
  listens.join();
  BOOST_TEST(failure_of(heard).fault == Fault::unreachable);
  BOOST_TEST(must(listener->wait_for_news(run, {})));
  BOOST_TEST(!must(listener->wait_for_news(run, {})));
}

BOOST_AUTO_TEST_SUITE_END()
