#include "koobatch/report/commit_group.hpp"

#include "report_samples.hpp"

using namespace koobatch;
using namespace koobatch::report;
using namespace std::chrono_literals;

namespace {

const TimePoint start = TimePoint(1h);
const CommitPolicy policy{100ms, 1000};

Batch batch(unsigned worker, std::uint64_t number, Duration first, std::string lines = "line\n") {
  return {worker, number, start + first, std::move(lines)};
}

void add(CommitGroup& group, Batch one, bool urgent = false) {
  group.add(one, urgent);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_commit_group)

BOOST_AUTO_TEST_CASE(an_empty_group_is_never_due) {
  CommitGroup group;
  BOOST_TEST(group.empty());
  BOOST_TEST(!group.due(policy, 0ms));
  group.open_with_sync(1);
  BOOST_TEST(group.empty());
  BOOST_TEST(!group.due(policy, 0ms));
}

BOOST_AUTO_TEST_CASE(a_group_is_due_a_delay_after_its_first_result) {
  CommitGroup group;
  add(group, batch(0, 1, 30ms));
  BOOST_TEST((group.due(policy, 0ms) == start + 130ms));
  // Batches of other workers may arrive later although they began earlier.
  add(group, batch(1, 1, 10ms));
  add(group, batch(0, 2, 90ms));
  BOOST_TEST((group.due(policy, 0ms) == start + 110ms));
}

BOOST_AUTO_TEST_CASE(the_commit_time_is_deducted_from_the_delay_up_to_half_of_it) {
  CommitGroup group;
  add(group, batch(0, 1, 0ms));
  BOOST_TEST((group.due(policy, 20ms) == start + 80ms));
  BOOST_TEST((group.due(policy, 10s) == start + 50ms));
  BOOST_TEST((group.due(policy, -1s) == start + 100ms));
}

BOOST_AUTO_TEST_CASE(an_urgent_group_is_due_at_once) {
  CommitGroup group;
  add(group, batch(0, 1, 0ms));
  add(group, batch(1, 1, 0ms), true);
  add(group, batch(0, 2, 0ms));
  BOOST_TEST((group.due(policy, 0ms) == TimePoint::min()));
}

BOOST_AUTO_TEST_CASE(a_nudge_makes_the_present_content_urgent_and_nothing_else) {
  CommitGroup group;
  add(group, batch(0, 1, 0ms, ""), true);
  BOOST_TEST(group.empty());
  add(group, batch(0, 2, 0ms));
  BOOST_TEST((group.due(policy, 0ms) == start + 100ms));
  add(group, batch(1, 9, 0ms, ""), true);
  BOOST_TEST((group.due(policy, 0ms) == TimePoint::min()));
  BOOST_REQUIRE(group.marks().size() == 1U);
  BOOST_TEST(group.marks()[0].number == 2U);
}

BOOST_AUTO_TEST_CASE(a_full_group_is_due_at_once) {
  CommitGroup group;
  add(group, batch(0, 1, 0ms, std::string(999, 'x')));
  BOOST_TEST((group.due(policy, 0ms) == start + 100ms));
  add(group, batch(0, 2, 0ms, "x"));
  BOOST_TEST((group.due(policy, 0ms) == TimePoint::min()));
}

BOOST_AUTO_TEST_CASE(lines_keep_the_order_in_which_they_were_handed_over) {
  CommitGroup group;
  group.open_with_sync(7);
  add(group, batch(0, 1, 0ms, "a\n"));
  add(group, batch(1, 1, 0ms, "b\n"));
  add(group, batch(0, 2, 0ms, "c\n"));
  BOOST_TEST(group.lines() == samples::sync(7) + "a\nb\nc\n");
}

BOOST_AUTO_TEST_CASE(each_worker_has_one_mark_with_its_highest_number) {
  CommitGroup group;
  add(group, batch(3, 5, 0ms));
  add(group, batch(1, 9, 0ms));
  add(group, batch(3, 6, 0ms));
  BOOST_REQUIRE(group.marks().size() == 2U);
  BOOST_TEST(group.marks()[0].worker == 3U);
  BOOST_TEST(group.marks()[0].number == 6U);
  BOOST_TEST(group.marks()[1].worker == 1U);
  BOOST_TEST(group.marks()[1].number == 9U);
}

BOOST_AUTO_TEST_CASE(a_batch_is_emptied_but_keeps_its_memory) {
  CommitGroup group;
  Batch one = batch(0, 1, 0ms, std::string(5000, 'x'));
  const auto capacity = one.lines.capacity();
  group.add(one, false);
  BOOST_TEST(one.lines.empty());
  BOOST_TEST(one.lines.capacity() == capacity);
}

BOOST_AUTO_TEST_CASE(a_cleared_group_remembers_nothing) {
  CommitGroup group;
  add(group, batch(0, 1, 0ms), true);
  group.clear();
  BOOST_TEST(group.empty());
  BOOST_TEST(group.lines().empty());
  add(group, batch(0, 2, 50ms));
  BOOST_TEST((group.due(policy, 0ms) == start + 150ms));
}

BOOST_AUTO_TEST_SUITE_END()
