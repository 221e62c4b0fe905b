#include "fleet/group_journal.hpp"

#include "contains.hpp"
#include "fleet/chunk_codec.hpp"
#include "fleet_support.hpp"
#include "report_samples.hpp"

#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::fleet;
using koobatch::test::contains;

namespace {

using Calls = std::vector<std::string>;
using Step = fleet::test::ScriptedLedger::Step;

std::string lines_of(std::initializer_list<std::uint32_t> operations, Status status = Status::succeeded) {
  std::string lines;
  for (const auto operation : operations) lines += samples::line(samples::result(operation, status));
  return lines;
}

/// Every line belongs to part 0, and is a chunk of its own.
struct Events final : GroupEvents {
  std::vector<std::uint32_t> asked_for;
  std::vector<PartProgress> news;  ///< besides what lines mean
  std::size_t committed_groups = 0;
  int sent = 0, acknowledged_times = 0, waited = 0;
  int patience = 100;

  std::vector<PartProgress> progress_with(std::span<const std::uint32_t> lines) override {
    asked_for.insert(asked_for.end(), lines.begin(), lines.end());
    if (lines.empty()) return news;
    return {{0, lines.back(), lines.back() + 1}};
  }
  void committed(std::span<const PartProgress>) override { ++committed_groups; }
  Vitals vitals() override { return {.counts = {.results = {}, .requests = 11, .held_refusals = 2}, .used = 3.5}; }
  void sending() override { ++sent; }
  void acknowledged() override { ++acknowledged_times; }
  bool wait_to_try_again() override { return ++waited <= patience; }
};

struct Fixture {
  fleet::test::ScriptedLedger ledger;
  Events events;
  GroupCommitter committer{ledger, {.number = 7, .nonce = 99}, events};
  GroupJournal journal{committer};

  Result<void> write(std::string_view lines) {
    BOOST_TEST_REQUIRE(!journal.append(lines).has_error());
    return journal.sync();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(group_journal, Fixture)

BOOST_AUTO_TEST_CASE(what_was_appended_becomes_one_group_with_its_progress_and_counts) {
  const auto lines = lines_of({3, 4}) + samples::line(samples::note(9)) + lines_of({5}, Status::rejected);
  BOOST_TEST_REQUIRE(write(lines).has_value());
  BOOST_TEST(ledger.calls == Calls{"commit 1"}, boost::test_tools::per_element());
  BOOST_TEST(unpack_lines(ledger.kept[0].packed).value() == lines);
  BOOST_TEST(ledger.kept[0].results == 3U);
  BOOST_TEST(events.asked_for == (std::vector<std::uint32_t>{3, 4, 5}), boost::test_tools::per_element());
  BOOST_TEST(ledger.progress[0].front().done == 5U);
  BOOST_TEST(ledger.progress[0].front().fed == 6U);
  const auto& vitals = ledger.vitals[0];
  BOOST_TEST(vitals.counts.results[Status::succeeded] == 2U);
  BOOST_TEST(vitals.counts.results[Status::rejected] == 1U);
  BOOST_TEST(vitals.counts.requests == 11U);
  BOOST_TEST(vitals.counts.held_refusals == 2U);
  BOOST_TEST(vitals.used == 3.5);
  BOOST_TEST(events.sent == 1);
  BOOST_TEST(events.acknowledged_times == 1);
  BOOST_TEST(events.committed_groups == 1U);
}

BOOST_AUTO_TEST_CASE(groups_are_numbered_and_counts_add_up) {
  BOOST_TEST_REQUIRE(write(lines_of({1})).has_value());
  BOOST_TEST_REQUIRE(write(lines_of({2, 3})).has_value());
  BOOST_TEST(committer.last_group() == 2U);
  BOOST_TEST(ledger.kept[1].number == 2U);
  BOOST_TEST(unpack_lines(ledger.kept[1].packed).value() == lines_of({2, 3}));
  BOOST_TEST(ledger.vitals[1].counts.results[Status::succeeded] == 3U);
  BOOST_TEST((journal.recorded().value()[Status::succeeded]) == 3U);
}

BOOST_AUTO_TEST_CASE(without_lines_and_progress_the_ledger_is_not_asked) {
  BOOST_TEST(write({}).has_value());
  BOOST_TEST(committer.commit_progress().has_value());
  BOOST_TEST(ledger.calls.empty());
}

BOOST_AUTO_TEST_CASE(progress_alone_is_a_group_too) {
  events.news = {{2, 0, 1}};
  BOOST_TEST_REQUIRE(committer.commit_progress().has_value());
  BOOST_TEST(ledger.kept[0].packed.empty());
  BOOST_TEST(ledger.kept[0].results == 0U);
  BOOST_TEST(ledger.progress[0].front().part == 2U);
  BOOST_TEST_REQUIRE(write(lines_of({1})).has_value());
  BOOST_TEST(ledger.kept[1].number == 2U);
}

BOOST_AUTO_TEST_CASE(a_ledger_that_is_not_reached_is_tried_again_with_the_very_same_group) {
  ledger.script = {{false, Fault::unreachable}, {false, Fault::unreachable}};
  BOOST_TEST_REQUIRE(write(lines_of({1, 2})).has_value());
  BOOST_TEST(ledger.calls == (Calls{"commit 1", "commit 1", "commit 1"}), boost::test_tools::per_element());
  BOOST_TEST(events.waited == 2);
  BOOST_TEST(ledger.kept.size() == 1U);
  BOOST_TEST(events.asked_for.size() == 2U);
  BOOST_TEST(events.acknowledged_times == 1);
}

BOOST_AUTO_TEST_CASE(an_unanswered_group_that_is_durable_is_not_sent_twice) {
  ledger.script = {{true, Fault::unanswered}};
  BOOST_TEST_REQUIRE(write(lines_of({1})).has_value());
  BOOST_TEST(ledger.calls == (Calls{"commit 1", "settle"}), boost::test_tools::per_element());
  BOOST_TEST(ledger.kept.size() == 1U);
  BOOST_TEST(events.committed_groups == 1U);
  BOOST_TEST(events.sent == 2);
  BOOST_TEST(events.acknowledged_times == 1);
  BOOST_TEST(committer.recorded()[Status::succeeded] == 1U);
}

BOOST_AUTO_TEST_CASE(an_unanswered_group_that_is_not_durable_is_sent_again) {
  ledger.script = {{false, Fault::unanswered}};
  BOOST_TEST_REQUIRE(write(lines_of({1})).has_value());
  BOOST_TEST(ledger.calls == (Calls{"commit 1", "settle", "commit 1"}), boost::test_tools::per_element());
  BOOST_TEST(ledger.kept.size() == 1U);
  BOOST_TEST(committer.recorded()[Status::succeeded] == 1U);
}

BOOST_AUTO_TEST_CASE(the_fate_of_a_group_is_asked_until_it_is_known) {
  ledger.script = {{true, Fault::unanswered}, {true, Fault::unreachable}, {true, Fault::unanswered}};
  BOOST_TEST_REQUIRE(write(lines_of({1})).has_value());
  BOOST_TEST(ledger.calls == (Calls{"commit 1", "settle", "settle", "settle"}), boost::test_tools::per_element());
  BOOST_TEST(events.waited == 2);
  BOOST_TEST(ledger.kept.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_fenced_worker_is_told_so_and_commits_nothing_more) {
  BOOST_TEST_REQUIRE(write(lines_of({1})).has_value());
  ledger.script = {{false, Fault::fenced}};
  BOOST_TEST(!write(lines_of({2})).has_value());
  BOOST_TEST((committer.failure().value().fault == Fault::fenced));
  BOOST_TEST(committer.recorded()[Status::succeeded] == 1U);
  BOOST_TEST(!committer.commit(lines_of({3})).has_value());
  BOOST_TEST(ledger.calls == (Calls{"commit 1", "commit 2"}), boost::test_tools::per_element());
  BOOST_TEST(events.committed_groups == 1U);
}

BOOST_AUTO_TEST_CASE(a_worker_fenced_while_a_group_was_unanswered_is_told_so) {
  ledger.script = {{false, Fault::unanswered}, {false, Fault::fenced}};
  BOOST_TEST(!write(lines_of({1})).has_value());
  BOOST_TEST((committer.failure().value().fault == Fault::fenced));
}

BOOST_AUTO_TEST_CASE(a_ledger_that_has_lost_acknowledged_groups_is_noticed) {
  BOOST_TEST_REQUIRE(write(lines_of({1})).has_value());
  BOOST_TEST_REQUIRE(write(lines_of({2})).has_value());
  ledger.script = {{false, Fault::unanswered}};
  ledger.kept.pop_back();
  const auto written = write(lines_of({3}));
  BOOST_TEST_REQUIRE(!written.has_value());
  BOOST_TEST((committer.failure().value().fault == Fault::forgotten));
  BOOST_TEST(contains(written.error().message, "1"));
  BOOST_TEST(contains(written.error().message, "2"));
  // It would have been a heartbeat of an enrolment that the ledger does not know as it is.
  BOOST_TEST(events.acknowledged_times == 2);
}

// A commit that was sent again after a failover may be refused at once.
BOOST_AUTO_TEST_CASE(a_ledger_that_refuses_a_group_because_it_has_lost_others_is_asked_how_many_it_has) {
  BOOST_TEST_REQUIRE(write(lines_of({1})).has_value());
  BOOST_TEST_REQUIRE(write(lines_of({2})).has_value());
  ledger.script = {{false, Fault::forgotten}};
  ledger.kept.pop_back();
  const auto written = write(lines_of({3}));
  BOOST_TEST_REQUIRE(!written.has_value());
  BOOST_TEST((committer.failure().value().fault == Fault::forgotten));
  BOOST_TEST(contains(written.error().message, "has 1 groups of this worker's results, but had acknowledged 2"),
             written.error().message);
  BOOST_TEST(ledger.calls.back() == "settle");
}

BOOST_AUTO_TEST_CASE(a_worker_that_no_longer_waits_leaves_the_groups_fate_open) {
  events.patience = 1;
  ledger.script = {{true, Fault::unanswered}, {true, Fault::unanswered}, {true, Fault::unanswered}};
  BOOST_TEST(!write(lines_of({1})).has_value());
  BOOST_TEST(!committer.failure().has_value());
  BOOST_TEST(committer.recorded().finished() == 0U);
  const auto calls = ledger.calls.size();
  BOOST_TEST(!committer.commit(lines_of({2})).has_value());
  BOOST_TEST(ledger.calls.size() == calls);
}

BOOST_AUTO_TEST_SUITE_END()
