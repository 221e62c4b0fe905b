#include "koobatch/flow/backlog.hpp"

#include "virtual_run.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>
#include <vector>

using namespace koobatch;
using namespace koobatch::flow;
using namespace std::chrono_literals;
using flow::test::start;
using Where = Backlog::Candidate::Where;

namespace {

struct Fixture {
  Slots slots;
  Backlog backlog{slots, 1};

  SlotId hold(std::uint32_t line, std::string_view folder, bool idempotent = true, std::string_view user = "user") {
    auto operation = flow::test::folder_rename(line, folder, idempotent, "name", user);
    return slots.hold(operation, false);
  }
  SlotId add(std::uint32_t line, std::string_view folder, bool idempotent = true) {
    const SlotId id = hold(line, folder, idempotent);
    backlog.add(id);
    return id;
  }
  Backlog::Candidate go(TimePoint now, bool prefer_fresh = false) {
    const auto candidate = backlog.choose(now, prefer_fresh);
    backlog.take(candidate, now);
    return candidate;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(backlog, Fixture)

BOOST_AUTO_TEST_CASE(an_empty_backlog_has_no_candidate_and_no_next_change) {
  BOOST_TEST(backlog.choose(start, false).where == Where::nowhere);
  BOOST_TEST((backlog.next_change(start) == TimePoint::max()));
  BOOST_TEST(!backlog.has_ready(start));
}

BOOST_AUTO_TEST_CASE(the_next_operation_on_a_key_goes_when_the_previous_result_is_durable) {
  const SlotId first = add(1, "a");
  const SlotId second = add(2, "a");
  BOOST_TEST(go(start).slot == first);
  BOOST_TEST(go(start).where == Where::nowhere);
  backlog.recorded(first, 1);
  BOOST_TEST(go(start).where == Where::nowhere);
  backlog.durable(1);
  BOOST_TEST(go(start).slot == second);
}

BOOST_AUTO_TEST_CASE(operations_sent_before_go_first_unless_a_fresh_one_is_preferred) {
  const SlotId fresh = add(1, "a");
  const SlotId repeated = hold(2, "b");
  backlog.repeat_at(start, repeated);
  BOOST_TEST(backlog.choose(start, true).slot == fresh);
  BOOST_TEST(go(start).slot == repeated);
  BOOST_TEST(go(start).where == Where::fresh);
}

BOOST_AUTO_TEST_CASE(no_operation_goes_before_its_time) {
  backlog.repeat_at(start + 1s, hold(1, "a"));
  backlog.retry_at(start + 2s, hold(2, "b"), start);
  BOOST_TEST(go(start).where == Where::nowhere);
  BOOST_TEST((backlog.next_change(start) == start + 1s));
  BOOST_TEST(go(start + 1s).where == Where::repeats);
  BOOST_TEST((backlog.next_change(start + 1s) == start + 2s));
  BOOST_TEST(go(start + 2s).where == Where::retries);
}

BOOST_AUTO_TEST_CASE(retries_wait_for_their_budget_without_delaying_others) {
  backlog.retry_at(start, hold(1, "a"), start);
  backlog.hold_retries(start + 1s);
  backlog.repeat_at(start, hold(2, "b"));
  BOOST_TEST(go(start).where == Where::repeats);
  BOOST_TEST(go(start).where == Where::nowhere);
  BOOST_TEST((backlog.next_change(start) == start + 1s));
  BOOST_TEST(go(start + 1s).where == Where::retries);
}

BOOST_AUTO_TEST_CASE(an_operation_waiting_for_its_user_delays_no_other) {
  const SlotId slow = hold(1, "a");
  const SlotId other = add(2, "b");
  backlog.hold_for_user(slow, start + 1s);
  BOOST_TEST(go(start).slot == other);
  BOOST_TEST(go(start + 1s).where == Where::users);
}

BOOST_AUTO_TEST_CASE(operations_that_must_not_be_sent_twice_are_noted_first_and_few_at_a_time) {
  const SlotId first = add(1, "a", false);
  const SlotId second = add(2, "b", false);
  BOOST_TEST(go(start).slot == first);
  BOOST_TEST(backlog.must_note(first));
  backlog.noted(first, 1);
  BOOST_TEST(backlog.has_notes_to_sync());
  BOOST_TEST(go(start).where == Where::nowhere, "one may be noted ahead");
  backlog.durable(1);
  BOOST_TEST(go(start).slot == first);
  backlog.use_note(first);
  BOOST_TEST(go(start).slot == second);
}

BOOST_AUTO_TEST_CASE(selected_waits_can_be_cut_short) {
  const SlotId chosen = hold(1, "a");
  backlog.repeat_at(start + 1h, chosen);
  backlog.retry_at(start + 1h, hold(2, "b"), start);
  backlog.hasten([&](SlotId id) { return id == chosen; }, [](UserQueues::User) { return false; }, start);
  BOOST_TEST(go(start).slot == chosen);
  BOOST_TEST(go(start).where == Where::nowhere);
}

BOOST_AUTO_TEST_CASE(the_rest_of_a_lane_can_be_taken_out) {
  const SlotId first = add(1, "a");
  const SlotId second = add(2, "a");
  go(start);
  std::vector<SlotId> behind(1, first);
  backlog.abandon_lane(slots[first].operation.key_hash(), behind);
  BOOST_TEST(behind == (std::vector<SlotId>{first, second}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_failure_from_before_the_last_acceptance_is_retried_early_if_nothing_else_is_left) {
  const SlotId failed = hold(1, "a");
  backlog.retry_at(start + 1h, failed, start);
  BOOST_TEST(backlog.choose(start + 1s, false, start).where == Where::nowhere);
  BOOST_TEST(!backlog.has_ready(start + 1s, start));
  BOOST_TEST(backlog.choose(start + 1s, false, start + 1ms).slot == failed);
  BOOST_TEST(backlog.has_ready(start + 1s, start + 1ms));
  const SlotId fresh = add(2, "b");
  BOOST_TEST(backlog.choose(start + 1s, false, start + 1ms).slot == fresh);
}

BOOST_AUTO_TEST_SUITE_END()
