#include "koobatch/flow/scheduler.hpp"

#include "virtual_run.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>
#include <string>

using namespace koobatch;
using namespace koobatch::koodrive;
using namespace koobatch::flow;
using namespace koobatch::flow::test;
using namespace std::chrono_literals;

namespace {

Seat connected() {
  Seat seat;
  seat.connected = true;
  return seat;
}

SchedulerSettings attempts_at_most(unsigned max_attempts) {
  SchedulerSettings settings;
  settings.max_attempts = max_attempts;
  return settings;
}

SchedulerSettings within(Duration deadline) {
  SchedulerSettings settings;
  settings.deadline = deadline;
  return settings;
}

/// A scheduler driven by hand, one turn at a time.
struct Desk {
  TimePoint now = start;
  Pace pace;
  StoppedUsers stopped;
  Scheduler scheduler;
  std::uint64_t ticket = 0;

  explicit Desk(const SchedulerSettings& settings = {}, const PaceSettings& pace_settings = {})
      : pace(pace_settings, start), scheduler(settings, pace, stopped, 42) {}

  void admit(std::uint32_t line, std::string_view folder, bool idempotent = true, std::string_view user = "user") {
    koodrive::Operation operation = folder_rename(line, folder, idempotent, "name", user);
    scheduler.admit(operation);
  }
  void admit_reading(std::uint32_t line, std::string_view folder, bool idempotent = true) {
    koodrive::Operation operation = folder_rename(line, folder, idempotent);
    scheduler.admit(operation, false, true);
  }
  /// Admits an operation on the folder "a"; in a group, it depends on the one before.
  void admit_grouped(std::uint32_t line, bool in_group) {
    koodrive::Operation operation = folder_rename(line, "a", true, "name", "user", in_group);
    scheduler.admit(operation);
  }
  /// Admits an operation that reads first, and lets that reading succeed: the operation itself is due.
  SlotId read(Seat& seat) {
    admit_reading(1, "a");
    const SlotId slot = send(seat);
    BOOST_REQUIRE(complete(seat, slot, succeeded()).has_value());
    scheduler.send(seat, slot, now);
    return slot;
  }
  /// Likewise, and sends it: its success is to be read back.
  SlotId read_back(Seat& seat) {
    const SlotId slot = read(seat);
    BOOST_REQUIRE(send(seat) == slot);
    BOOST_REQUIRE(complete(seat, slot, succeeded()).has_value());
    scheduler.read_back(seat, slot, Status::succeeded, now);
    return slot;
  }
  void admit_folders(std::uint32_t count) {
    for (std::uint32_t line = 1; line <= count; ++line) admit(line, "folder" + std::to_string(line));
  }
  /// Answers the first requests of the run: from then on, seats are independent of each other.
  void prove_service() {
    admit(1'000'000, "proof");
    Seat seat = connected();
    finish(seat, send(seat), succeeded());
    sync();
    for (int i = 0; i < 4'000; ++i) pace.observe(succeeded(), now, false, {}, {now, 1'000});
  }

  Action::Kind turn(Seat& seat) { return scheduler.next(seat, now).kind; }
  SlotId send(Seat& seat) {
    const Action action = scheduler.next(seat, now);
    BOOST_REQUIRE_MESSAGE(action.kind == Action::Kind::send, "expected to send something");
    return action.slot;
  }
  std::uint32_t line(SlotId slot) const { return scheduler.operation(slot).line(); }
  TimePoint wait(Seat& seat) {
    const Action action = scheduler.next(seat, now);
    BOOST_REQUIRE_MESSAGE(action.kind == Action::Kind::wait, "expected to wait");
    return action.until;
  }
  /// Lets time pass until `seat` has something to send.
  SlotId send_when_due(Seat& seat) {
    const Action action = action_when_due(seat);
    BOOST_REQUIRE_MESSAGE(action.kind == Action::Kind::send, "expected to send something in the end");
    return action.slot;
  }
  /// Lets time pass until `seat` has something to send or to give up.
  Action action_when_due(Seat& seat) {
    for (;;) {
      const Action action = scheduler.next(seat, now);
      if (action.kind == Action::Kind::send || action.kind == Action::Kind::give_up) return action;
      if (action.kind == Action::Kind::connect) {
        seat.connected = true;
        continue;
      }
      if (action.kind == Action::Kind::note) {
        note(action.slot);
        sync();
        continue;
      }
      BOOST_REQUIRE_MESSAGE(action.kind == Action::Kind::wait, "expected to send something in the end");
      BOOST_REQUIRE_MESSAGE(action.until > now && action.until != TimePoint::max(), "this wait has no end");
      now = action.until;
    }
  }

  AttemptTiming timing() const { return {now, WallTime(now.time_since_epoch()), 1ms}; }
  std::optional<Status> complete(Seat& seat, SlotId slot, const Outcome& it) {
    if (it.http == 0) seat.connected = false;
    return scheduler.complete(seat, slot, it, timing());
  }
  /// Completes an attempt with a final result, and records it.
  Status finish(Seat& seat, SlotId slot, const Outcome& it) {
    const auto status = complete(seat, slot, it);
    BOOST_REQUIRE_MESSAGE(status.has_value(), "expected a final result");
    scheduler.recorded(slot, ++ticket, *status);
    return *status;
  }
  /// Completes an operation's last attempt. It is given up once it is clear that there is no outage.
  Status finish_last(Seat& seat, SlotId slot, const Outcome& it) {
    expect_again(seat, slot, it);
    pace.observe(succeeded(), now, false);
    return give_up(seat);
  }
  Status give_up(Seat& seat) {
    const Action action = scheduler.next(seat, now);
    BOOST_REQUIRE_MESSAGE(action.kind == Action::Kind::give_up, "expected to give up something");
    scheduler.recorded(action.slot, ++ticket, action.status);
    return action.status;
  }
  /// Completes an attempt without a final result.
  void expect_again(Seat& seat, SlotId slot, const Outcome& it) {
    BOOST_REQUIRE_MESSAGE(!complete(seat, slot, it).has_value(), "expected no final result yet");
  }
  /// Refuses the user's credentials for good.
  void refuse(Seat& seat, SlotId slot) {
    stopped.stop(UserPace::hash(scheduler.operation(slot).user()));
    scheduler.leave_out(seat, slot, unauthorized(), now);
  }
  void sync() { scheduler.durable(ticket); }
  void note(SlotId slot) { scheduler.noted(slot, ++ticket); }
  /// Makes the service fall silent, using attempts other than those the test checks.
  void break_down() {
    while (!pace.interrupted()) pace.observe(lost(), now, false);
  }
};

/// The result of an operation whose attempts all end alike, while the service is otherwise healthy.
struct Story {
  Status status = Status::invalid;
  unsigned attempts = 0;
};
Story repeat(const Outcome& it, const SchedulerSettings& settings, bool idempotent = true) {
  Desk desk(settings);
  desk.prove_service();
  desk.admit(1, "a", idempotent);
  Seat seat = connected();
  for (;;) {
    const Action action = desk.action_when_due(seat);
    const unsigned attempts = desk.scheduler.attempt(action.slot);
    if (action.kind == Action::Kind::give_up) return {action.status, attempts};
    const auto status = desk.complete(seat, action.slot, it);
    if (status) return {*status, attempts};
    desk.pace.observe(succeeded(), desk.now, false);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(scheduler)

// Beginning and end.

BOOST_AUTO_TEST_CASE(an_empty_job_is_done_at_once) {
  Desk desk;
  Seat seat;
  BOOST_TEST(desk.turn(seat) == Action::Kind::wait);
  desk.scheduler.close_input();
  BOOST_TEST(desk.turn(seat) == Action::Kind::done);
}

BOOST_AUTO_TEST_CASE(a_seat_connects_before_it_sends) {
  Desk desk;
  desk.admit(1, "a");
  Seat seat;
  BOOST_TEST(desk.turn(seat) == Action::Kind::connect);
  seat.connected = true;
  BOOST_TEST(desk.line(desk.send(seat)) == 1U);
}

BOOST_AUTO_TEST_CASE(no_connection_is_opened_without_need) {
  Desk desk;
  Seat seat;
  BOOST_TEST((desk.wait(seat) == TimePoint::max()));
}

BOOST_AUTO_TEST_CASE(the_run_is_done_when_the_last_result_is_durable) {
  Desk desk;
  desk.admit(1, "a");
  desk.scheduler.close_input();
  Seat seat = connected();
  const SlotId slot = desk.send(seat);
  BOOST_TEST(desk.turn(seat) == Action::Kind::wait);
  desk.finish(seat, slot, succeeded());
  BOOST_TEST(desk.turn(seat) == Action::Kind::wait);
  desk.sync();
  BOOST_TEST(desk.turn(seat) == Action::Kind::done);
}

// The first request.

BOOST_AUTO_TEST_CASE(the_first_request_goes_alone) {
  Desk desk;
  desk.admit_folders(3);
  Seat first;
  Seat second = connected();
  BOOST_TEST(desk.turn(first) == Action::Kind::connect);
  BOOST_TEST(desk.turn(second) == Action::Kind::wait);
  first.connected = true;
  const SlotId probe = desk.send(first);
  BOOST_TEST(desk.turn(second) == Action::Kind::wait);
  desk.finish(first, probe, succeeded());
  BOOST_TEST(desk.scheduler.take_pace_changed());
  BOOST_TEST(!desk.scheduler.take_pace_changed());
  BOOST_TEST(desk.line(desk.send(second)) == 2U);
  BOOST_TEST(desk.line(desk.send(first)) == 3U);
}

BOOST_AUTO_TEST_CASE(when_the_first_request_fails_the_next_probe_is_another_operation) {
  Desk desk;
  desk.admit_folders(3);
  Seat seat = connected();
  for (const std::uint32_t line : {1U, 2U, 3U, 1U, 2U, 3U}) {
    const SlotId slot = desk.send_when_due(seat);
    BOOST_TEST(desk.line(slot) == line);
    desk.expect_again(seat, slot, lost());
    desk.now = std::max(desk.now, desk.pace.acquire(desk.now, false, {}).ask_at);
  }
}

BOOST_AUTO_TEST_CASE(corrected_credentials_are_proven_by_one_request_before_others_are_sent) {
  Desk desk;
  desk.admit_folders(2);
  Seat first = connected();
  Seat second = connected();
  const SlotId probe = desk.send(first);
  desk.expect_again(first, probe, mended());
  BOOST_TEST(desk.turn(first) == Action::Kind::send);
  BOOST_TEST(desk.turn(second) == Action::Kind::wait);
}

BOOST_AUTO_TEST_CASE(an_unneeded_probe_is_left_to_other_threads) {
  Desk desk;
  Scheduler other({}, desk.pace, desk.stopped, 1);
  desk.admit(1, "a");
  koodrive::Operation operation = folder_rename(2, "b");
  other.admit(operation);
  Seat seat;
  Seat elsewhere = connected();
  BOOST_TEST(desk.turn(seat) == Action::Kind::connect);
  BOOST_TEST(other.next(elsewhere, desk.now).kind == Action::Kind::wait);
  desk.scheduler.stop();
  seat.connected = true;
  BOOST_TEST(desk.turn(seat) == Action::Kind::done);
  BOOST_TEST(other.next(elsewhere, desk.now).kind == Action::Kind::send);
}

// Lanes.

BOOST_AUTO_TEST_CASE(operations_on_one_key_go_one_by_one_each_after_the_previous_result_is_durable) {
  Desk desk;
  desk.prove_service();
  for (std::uint32_t line = 1; line <= 3; ++line) desk.admit(line, "same");
  Seat seat = connected();
  Seat other = connected();
  for (std::uint32_t line = 1; line <= 3; ++line) {
    const SlotId slot = desk.send(seat);
    BOOST_TEST(desk.line(slot) == line);
    BOOST_TEST(desk.turn(other) == Action::Kind::wait);
    desk.finish(seat, slot, succeeded());
    BOOST_TEST(desk.turn(seat) == Action::Kind::wait);
    desk.sync();
  }
}

BOOST_AUTO_TEST_CASE(operations_on_different_keys_are_sent_concurrently) {
  Desk desk;
  desk.prove_service();
  desk.admit_folders(3);
  std::vector<Seat> seats(3, connected());
  std::set<std::uint32_t> lines;
  for (Seat& seat : seats) lines.insert(desk.line(desk.send(seat)));
  BOOST_TEST(lines.size() == 3U);
  BOOST_TEST(desk.scheduler.in_flight() == 3U);
}

BOOST_AUTO_TEST_CASE(an_operation_waiting_for_its_retry_holds_back_newer_ones_on_its_key) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "same");
  desk.admit(2, "same");
  desk.admit(3, "other", true, "another user");
  Seat seat = connected();
  desk.expect_again(seat, desk.send(seat), throttled(10s, true));
  BOOST_TEST(desk.line(desk.send(seat)) == 3U);
  Seat another = connected();
  BOOST_TEST((desk.wait(another) == desk.now + 10s));
  desk.now += 10s;
  BOOST_TEST(desk.line(desk.send(another)) == 1U);
}

BOOST_AUTO_TEST_CASE(a_key_stays_in_order_whatever_the_previous_result) {
  for (const Outcome& it : {succeeded(), rejected(), outcome(Verdict::undecidable, 200)}) {
    Desk desk;
    desk.prove_service();
    desk.admit(1, "same");
    desk.admit(2, "same");
    Seat seat = connected();
    desk.finish(seat, desk.send(seat), it);
    BOOST_TEST(desk.turn(seat) == Action::Kind::wait);
    desk.sync();
    BOOST_TEST(desk.line(desk.send(seat)) == 2U);
  }
}

// What becomes of an attempt.

BOOST_AUTO_TEST_CASE(final_answers_are_final) {
  const auto settings = attempts_at_most(5);
  BOOST_TEST(repeat(succeeded(), settings).status == Status::succeeded);
  BOOST_TEST(repeat(rejected(), settings).status == Status::rejected);
  BOOST_TEST(repeat(outcome(Verdict::suspicious, 400), settings).status == Status::rejected);
  BOOST_TEST(repeat(outcome(Verdict::undecidable, 101), settings).status == Status::unknown);
  BOOST_TEST(repeat(succeeded(), settings).attempts == 1U);
}

BOOST_AUTO_TEST_CASE(an_attempt_that_may_have_been_applied_is_repeated_and_ends_unknown) {
  for (const unsigned most : {1U, 2U, 5U}) {
    const Story story = repeat(lost(), attempts_at_most(most));
    BOOST_TEST(story.status == Status::unknown);
    BOOST_TEST(story.attempts == most);
  }
  BOOST_TEST(repeat(outcome(Verdict::unclear, 500), attempts_at_most(3)).status == Status::unknown);
}

BOOST_AUTO_TEST_CASE(an_attempt_that_was_certainly_not_applied_is_repeated_and_ends_failed) {
  const Story story = repeat(refused(), attempts_at_most(4));
  BOOST_TEST(story.status == Status::failed);
  BOOST_TEST(story.attempts == 4U);
}

BOOST_AUTO_TEST_CASE(one_unclear_attempt_is_enough_to_end_unknown) {
  Desk desk(attempts_at_most(3));
  desk.prove_service();
  desk.admit(1, "a");
  Seat seat = connected();
  desk.expect_again(seat, desk.send_when_due(seat), lost());
  desk.expect_again(seat, desk.send_when_due(seat), refused());
  BOOST_TEST(desk.finish_last(seat, desk.send_when_due(seat), refused()) == Status::unknown);
}

BOOST_AUTO_TEST_CASE(an_operation_that_an_earlier_segment_may_have_sent_never_ends_failed) {
  Desk desk(attempts_at_most(1));
  desk.prove_service();
  koodrive::Operation operation = folder_rename(1, "a");
  desk.scheduler.admit(operation, true);
  BOOST_TEST(desk.scheduler.unsettled() == std::vector<std::uint32_t>{1});
  Seat seat = connected();
  BOOST_TEST(desk.finish_last(seat, desk.send(seat), refused()) == Status::unknown);
  BOOST_TEST(desk.scheduler.unsettled().empty());
  desk.admit(2, "b");
  BOOST_TEST(desk.finish_last(seat, desk.send_when_due(seat), refused()) == Status::failed, "the slot starts afresh");
}

BOOST_AUTO_TEST_CASE(an_unclear_attempt_that_is_confirmed_later_is_no_longer_unclear) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a");
  Seat seat = connected();
  desk.expect_again(seat, desk.send_when_due(seat), lost());
  BOOST_TEST(desk.finish(seat, desk.send_when_due(seat), succeeded()) == Status::succeeded);
}

BOOST_AUTO_TEST_CASE(a_non_idempotent_operation_ends_unknown_after_one_unclear_attempt) {
  for (const Outcome& it : {lost(), outcome(Verdict::unclear, 502), stale()}) {
    const Story story = repeat(it, attempts_at_most(5), false);
    BOOST_TEST(story.status == Status::unknown);
    BOOST_TEST(story.attempts == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_non_idempotent_operation_is_repeated_if_it_was_not_applied) {
  BOOST_TEST(repeat(refused(), attempts_at_most(5), false).attempts == 5U);
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a", false);
  Seat seat = connected();
  desk.expect_again(seat, desk.send_when_due(seat), throttled(1s));
  BOOST_TEST(desk.finish(seat, desk.send_when_due(seat), succeeded()) == Status::succeeded);
}

BOOST_AUTO_TEST_CASE(a_non_idempotent_operation_is_sent_once_its_attempt_is_durably_noted) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a", false);
  Seat seat = connected();
  const Action action = desk.scheduler.next(seat, desk.now);
  BOOST_REQUIRE((action.kind == Action::Kind::note));
  BOOST_TEST(desk.scheduler.attempt(action.slot) == 0U);
  desk.note(action.slot);
  BOOST_TEST(desk.scheduler.wants_sync());
  BOOST_TEST((desk.wait(seat) == TimePoint::max()));
  desk.sync();
  BOOST_TEST(desk.send(seat) == action.slot);
}

BOOST_AUTO_TEST_CASE(every_attempt_of_a_non_idempotent_operation_is_noted) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a", false);
  Seat seat = connected();
  const SlotId slot = desk.send_when_due(seat);
  desk.expect_again(seat, slot, throttled(1s));
  desk.now += 1s;
  BOOST_TEST(desk.turn(seat) == Action::Kind::note);
}

BOOST_AUTO_TEST_CASE(few_attempts_are_noted_ahead_because_a_crash_makes_each_unknown) {
  SchedulerSettings settings;
  settings.notes_ahead = 2;
  Desk desk(settings);
  desk.prove_service();
  for (std::uint32_t line = 1; line <= 3; ++line) desk.admit(line, std::to_string(line), false);
  Seat seat = connected();
  for (int i = 0; i < 2; ++i) desk.note(desk.scheduler.next(seat, desk.now).slot);
  BOOST_TEST((desk.wait(seat) == TimePoint::max()));
  desk.sync();
  Seat other = connected();
  desk.send(seat);
  BOOST_TEST(desk.turn(other) == Action::Kind::send);
}

BOOST_AUTO_TEST_CASE(others_are_sent_while_a_note_becomes_durable) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a", false);
  desk.admit(2, "b");
  Seat seat = connected();
  desk.note(desk.scheduler.next(seat, desk.now).slot);
  BOOST_TEST(desk.line(desk.send(seat)) == 2U);
}

BOOST_AUTO_TEST_CASE(a_stop_does_not_leave_noted_attempts_behind) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a", false);
  Seat seat = connected();
  desk.note(desk.scheduler.next(seat, desk.now).slot);
  desk.scheduler.stop();
  BOOST_TEST(desk.scheduler.unsettled().empty());
}

// Retries.

BOOST_AUTO_TEST_CASE(retries_wait_with_full_jitter_within_doubling_bounds) {
  SchedulerSettings settings = attempts_at_most(6);
  settings.retry = {200ms, 1s};
  Desk desk(settings);
  desk.prove_service();
  Seat seat = connected();
  std::array<Duration, 5> longest{};
  const std::array<Duration, 5> bounds = {200ms, 400ms, 800ms, 1s, 1s};
  for (std::uint32_t line = 1; line <= 300; ++line) {
    desk.admit(line, "a");
    SlotId slot = desk.send(seat);
    for (std::size_t retry = 0; retry < bounds.size(); ++retry) {
      const TimePoint failed = desk.now;
      desk.expect_again(seat, slot, outcome(Verdict::unclear, 500));
      desk.pace.observe(succeeded(), desk.now, false);
      slot = desk.send_when_due(seat);
      BOOST_REQUIRE((desk.now - failed <= bounds[retry]));
      longest[retry] = std::max<Duration>(longest[retry], desk.now - failed);
    }
    desk.finish(seat, slot, succeeded());
    desk.sync();
  }
  for (std::size_t retry = 0; retry < bounds.size(); ++retry) BOOST_TEST((longest[retry] > bounds[retry] * 9 / 10));
}

BOOST_AUTO_TEST_CASE(a_due_retry_goes_before_operations_not_yet_tried) {
  Desk desk;
  desk.prove_service();
  desk.admit_folders(2);
  Seat seat = connected();
  desk.expect_again(seat, desk.send(seat), throttled(1s, true));
  desk.now += 1s;
  BOOST_TEST(desk.line(desk.send(seat)) == 1U);
}

BOOST_AUTO_TEST_CASE(throttling_does_not_count_as_an_attempt) {
  Desk desk(attempts_at_most(2));
  desk.prove_service();
  desk.admit(1, "a");
  Seat seat = connected();
  for (int i = 0; i < 100; ++i) desk.expect_again(seat, desk.send_when_due(seat), throttled(1s));
  desk.expect_again(seat, desk.send_when_due(seat), lost());
  BOOST_TEST(desk.finish(seat, desk.send_when_due(seat), succeeded()) == Status::succeeded);
}

BOOST_AUTO_TEST_CASE(a_client_that_is_only_throttled_asks_at_growing_intervals) {
  SchedulerSettings settings;
  settings.retry = {200ms, 20s};
  settings.deadline = 1h;
  Desk desk(settings);
  desk.prove_service();
  desk.admit(1, "a");
  Seat seat = connected();
  const TimePoint first = desk.now;
  for (int i = 0; i < 40; ++i) desk.expect_again(seat, desk.send_when_due(seat), throttled());
  desk.send_when_due(seat);
  BOOST_TEST((desk.now - first > 20s), "after a while it is an outage, and those were its probes");
  BOOST_TEST(desk.pace.interrupted());
}

BOOST_AUTO_TEST_CASE(a_retry_after_of_zero_does_not_permit_hammering) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a");
  Seat seat = connected();
  const TimePoint first = desk.now;
  for (int i = 0; i < 40; ++i) desk.expect_again(seat, desk.send_when_due(seat), throttled(0s));
  BOOST_TEST((desk.now - first > 20s));
}

BOOST_AUTO_TEST_CASE(retry_after_pauses_all_requests) {
  Desk desk;
  desk.prove_service();
  desk.admit_folders(2);
  Seat seat = connected();
  Seat other = connected();
  desk.expect_again(seat, desk.send(seat), throttled(30s));
  BOOST_TEST(desk.scheduler.take_pace_changed());
  BOOST_TEST((desk.wait(other) == desk.now + 30s));
  Seat unconnected;
  BOOST_TEST((desk.wait(unconnected) == desk.now + 30s));
  desk.now += 30s;
  BOOST_TEST(desk.turn(other) == Action::Kind::send);
}

BOOST_AUTO_TEST_CASE(retry_after_for_one_user_does_not_delay_others) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a");
  desk.admit(2, "b");
  desk.admit(3, "c", true, "another user");
  Seat seat = connected();
  desk.expect_again(seat, desk.send(seat), throttled(30s, true));
  const SlotId other = desk.send(seat);
  BOOST_TEST(desk.line(other) == 3U);
  desk.finish(seat, other, succeeded());
  BOOST_TEST((desk.wait(seat) == desk.now + 30s), "all of the user's operations wait");
  desk.now += 30s;
  BOOST_TEST(desk.line(desk.send(seat)) != 3U);
}

BOOST_AUTO_TEST_CASE(each_user_has_a_separate_rate_and_delays_no_other) {
  PaceSettings pace;
  pace.rate_per_user = 1;
  Desk desk({}, pace);
  Seat seat = connected();
  for (std::uint32_t line = 1; line <= 3; ++line) desk.admit(line, std::to_string(line), true, "slow");
  desk.admit(4, "4", true, "other");
  desk.finish(seat, desk.send(seat), succeeded());
  const SlotId other = desk.send(seat);
  BOOST_TEST(desk.line(other) == 4U);
  desk.finish(seat, other, succeeded());
  for (std::uint32_t line = 2; line <= 3; ++line) {
    BOOST_TEST((desk.wait(seat) == desk.now + 1s));
    desk.now += 1s;
    const SlotId slot = desk.send(seat);
    BOOST_TEST(desk.line(slot) == line);
    desk.finish(seat, slot, succeeded());
  }
}

BOOST_AUTO_TEST_CASE(retries_beyond_the_budget_wait_and_others_go_first) {
  SchedulerSettings settings = attempts_at_most(200);
  settings.retry = {1ns, 1ns};
  Desk desk(settings);
  desk.prove_service();
  Seat seat = connected();
  // These use up the budget.
  while (desk.pace.acquire(desk.now, false, {.kind = Pace::Request::Kind::retry}).granted) {
    desk.pace.observe(stale(), desk.now, false);
  }
  desk.admit(1, "a");
  desk.expect_again(seat, desk.send(seat), outcome(Verdict::unclear, 500));
  desk.now += 1us;
  const TimePoint due = desk.wait(seat);
  BOOST_TEST((due > desk.now + 50ms && due <= desk.now + 100ms));
  desk.admit(2, "b");
  BOOST_TEST(desk.line(desk.send(seat)) == 2U, "new operations need not wait");
  desk.now = due;
  BOOST_TEST(desk.line(desk.send(seat)) == 1U);
}

BOOST_AUTO_TEST_CASE(corrected_credentials_or_clock_mean_an_immediate_uncounted_repeat) {
  Desk desk(attempts_at_most(1));
  desk.prove_service();
  desk.admit(1, "a");
  Seat seat = connected();
  const SlotId slot = desk.send(seat);
  BOOST_TEST(!desk.scheduler.mended(slot));
  desk.expect_again(seat, slot, mended());
  BOOST_TEST(desk.send(seat) == slot);
  BOOST_TEST(desk.scheduler.mended(slot));
  BOOST_TEST(desk.finish(seat, slot, succeeded()) == Status::succeeded);
  desk.admit(2, "b");
  BOOST_TEST(!desk.scheduler.mended(desk.send(seat)), "the slot's next operation starts afresh");
}

BOOST_AUTO_TEST_CASE(waiting_for_new_credentials_costs_neither_attempts_nor_time) {
  auto settings = attempts_at_most(1);
  settings.deadline = 1min;
  Desk desk(settings);
  desk.prove_service();
  desk.admit(1, "a");
  Seat seat = connected();
  const SlotId slot = desk.send(seat);
  desk.pace.hold(desk.now);
  desk.expect_again(seat, slot, mended());
  desk.now += 1h;
  BOOST_TEST(desk.scheduler.next(seat, desk.now).kind == Action::Kind::wait);
  desk.pace.release(desk.now);
  BOOST_TEST(desk.send(seat) == slot);
  BOOST_TEST(desk.finish(seat, slot, succeeded()) == Status::succeeded);
}

// Stale connections.

BOOST_AUTO_TEST_CASE(a_stale_connection_means_an_immediate_uncounted_repeat_on_a_new_one) {
  Desk desk(attempts_at_most(1));
  desk.prove_service();
  desk.admit_folders(2);
  Seat seat = connected();
  const SlotId slot = desk.send(seat);
  desk.expect_again(seat, slot, stale());
  BOOST_TEST(desk.turn(seat) == Action::Kind::connect);
  seat.connected = true;
  BOOST_TEST(desk.send(seat) == slot);
  BOOST_TEST(desk.scheduler.attempt(slot) == 2);
  BOOST_TEST(desk.finish(seat, slot, succeeded()) == Status::succeeded);
}

BOOST_AUTO_TEST_CASE(the_second_stale_connection_counts_like_any_lost_answer) {
  Desk desk(attempts_at_most(2));
  desk.prove_service();
  desk.admit(1, "a");
  Seat seat = connected();
  desk.expect_again(seat, desk.send_when_due(seat), stale());
  desk.expect_again(seat, desk.send_when_due(seat), stale());
  BOOST_TEST(desk.finish(seat, desk.send_when_due(seat), stale()) == Status::unknown);
}

BOOST_AUTO_TEST_CASE(what_was_not_read_goes_again_at_once_uncounted_on_any_connection) {
  Desk desk(attempts_at_most(1));
  desk.prove_service();
  desk.admit_folders(2);
  Seat seat = connected();
  Seat other = connected();
  SlotId slot = desk.send(seat);
  for (int i = 0; i < 20; ++i) {
    desk.expect_again(seat, slot, outcome(Verdict::refused, 0));
    BOOST_TEST(desk.send(other) == slot);
    seat.connected = true;
    std::swap(seat, other);
  }
  BOOST_TEST(desk.finish(seat, slot, succeeded()) == Status::succeeded);
}

BOOST_AUTO_TEST_CASE(an_operation_to_be_repeated_is_not_tied_to_a_seat_that_must_wait) {
  Desk desk;
  desk.prove_service();
  desk.admit_folders(2);
  Seat seat = connected();
  Seat other = connected();
  desk.expect_again(seat, desk.send(seat), stale());
  desk.expect_again(other, desk.send(other), throttled(10s));
  BOOST_TEST((desk.wait(seat) == desk.now + 10s));
  desk.now += 10s;
  BOOST_TEST(desk.line(desk.send(other)) == 1U);
}

BOOST_AUTO_TEST_CASE(many_stale_connections_at_once_are_not_an_outage) {
  Desk desk;
  desk.prove_service();
  desk.admit_folders(20);
  std::vector<Seat> seats(20, connected());
  std::vector<SlotId> slots;
  for (Seat& seat : seats) slots.push_back(desk.send(seat));
  for (std::size_t i = 0; i < seats.size(); ++i) desk.expect_again(seats[i], slots[i], stale());
  BOOST_TEST(!desk.pace.interrupted());
  for (Seat& seat : seats) BOOST_TEST(desk.turn(seat) == Action::Kind::connect);
}

// Connections that cannot be opened.

BOOST_AUTO_TEST_CASE(a_failed_connection_is_an_attempt_of_the_operation_it_was_for) {
  Desk desk(attempts_at_most(2));
  desk.prove_service();
  desk.admit(1, "a");
  Seat seat;
  BOOST_TEST(desk.turn(seat) == Action::Kind::connect);
  BOOST_TEST(!desk.scheduler.connect_failed(seat, refused(), desk.timing()).has_value());
  const TimePoint due = desk.wait(seat);
  BOOST_TEST((due > desk.now && due <= desk.now + 200ms));
  desk.now = due;
  BOOST_TEST(desk.turn(seat) == Action::Kind::connect);
  BOOST_TEST(!desk.scheduler.connect_failed(seat, refused(), desk.timing()).has_value());
  const Action action = desk.scheduler.next(seat, desk.now);
  BOOST_TEST(action.kind == Action::Kind::give_up, "nothing else could reveal an outage");
  BOOST_TEST(action.status == Status::failed);
  BOOST_TEST(desk.line(action.slot) == 1U);
  BOOST_TEST(desk.scheduler.history(action.slot).size() == 2U);
}

BOOST_AUTO_TEST_CASE(failed_connections_during_an_outage_are_not_attempts_of_operations) {
  Desk desk(attempts_at_most(1));
  desk.admit(1, "a");
  Seat seat;
  for (int i = 0; i < 50; ++i) {
    for (Action action = desk.scheduler.next(seat, desk.now); action.kind != Action::Kind::connect;
         action = desk.scheduler.next(seat, desk.now)) {
      desk.now = action.until;
    }
    BOOST_REQUIRE(!desk.scheduler.connect_failed(seat, refused(), desk.timing()).has_value());
  }
  const SlotId slot = desk.send_when_due(seat);
  BOOST_TEST(desk.scheduler.attempt(slot) == 1);
}

BOOST_AUTO_TEST_CASE(a_connection_that_fails_after_a_stop_finalises_nothing) {
  Desk desk(attempts_at_most(1));
  desk.prove_service();
  desk.admit(1, "a");
  Seat seat;
  BOOST_TEST(desk.turn(seat) == Action::Kind::connect);
  desk.scheduler.stop();
  BOOST_TEST(!desk.scheduler.connect_failed(seat, refused(), desk.timing()).has_value());
  BOOST_TEST(desk.turn(seat) == Action::Kind::done);
}

BOOST_AUTO_TEST_CASE(a_connection_beyond_the_descriptor_budget_is_no_attempt_and_leaves_its_work_to_others) {
  Desk desk(attempts_at_most(1));
  desk.prove_service();
  desk.admit(1, "a");
  Seat without_room;
  for (int i = 0; i < 50; ++i) {
    BOOST_REQUIRE((desk.turn(without_room) == Action::Kind::connect));
    desk.scheduler.put_off(without_room, desk.now);
  }
  BOOST_TEST(!desk.pace.interrupted(), "it says nothing about the service");
  Seat other = connected();
  const SlotId slot = desk.send(other);
  BOOST_TEST(desk.scheduler.attempt(slot) == 1);
}

BOOST_AUTO_TEST_CASE(a_connection_beyond_the_descriptor_budget_returns_the_probe) {
  Desk desk;
  desk.admit(1, "a");
  Seat without_room;
  BOOST_TEST(desk.turn(without_room) == Action::Kind::connect);
  BOOST_TEST(without_room.probing);
  desk.scheduler.put_off(without_room, desk.now);
  BOOST_TEST(!without_room.probing);
  Seat other = connected();
  BOOST_TEST(desk.line(desk.send(other)) == 1U);
  BOOST_TEST(other.probing);
}

BOOST_AUTO_TEST_CASE(a_connection_beyond_the_descriptor_budget_returns_the_operation_to_repeat) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a");
  Seat without_room = connected();
  desk.expect_again(without_room, desk.send(without_room), stale());
  BOOST_TEST(desk.turn(without_room) == Action::Kind::connect);
  desk.scheduler.put_off(without_room, desk.now);
  Seat other = connected();
  BOOST_TEST(desk.line(desk.send(other)) == 1U);
}

// Deadlines.

BOOST_AUTO_TEST_CASE(the_deadline_counts_from_the_first_attempt) {
  Desk desk(within(60s));
  desk.prove_service();
  desk.admit(1, "a");
  desk.now += 1h;
  Seat seat = connected();
  desk.expect_again(seat, desk.send_when_due(seat), throttled(50s));
  const SlotId slot = desk.send_when_due(seat);
  BOOST_TEST((desk.now == start + 1h + 50s));
  BOOST_TEST(desk.finish(seat, slot, throttled(50s)) == Status::failed);
}

BOOST_AUTO_TEST_CASE(a_deadline_ends_unknown_if_an_attempt_may_have_been_applied) {
  Desk desk(within(60s));
  desk.prove_service();
  desk.admit(1, "a");
  Seat seat = connected();
  desk.expect_again(seat, desk.send_when_due(seat), outcome(Verdict::unclear, 500));
  desk.expect_again(seat, desk.send_when_due(seat), throttled(50s));
  BOOST_TEST(desk.finish(seat, desk.send_when_due(seat), throttled(50s)) == Status::unknown);
}

BOOST_AUTO_TEST_CASE(an_operation_whose_deadline_passes_while_it_waits_is_given_up) {
  Desk desk(within(60s));
  desk.prove_service();
  desk.admit_folders(2);
  Seat seat = connected();
  Seat other = connected();
  const SlotId first = desk.send(seat);
  const SlotId second = desk.send(other);
  desk.expect_again(seat, first, throttled(1s, true));
  desk.now += 500ms;
  BOOST_TEST(desk.complete(other, second, throttled(5min)).has_value(), "5 minutes are longer than its deadline");
  desk.scheduler.recorded(second, ++desk.ticket);
  desk.now += 5min;
  const Action action = desk.scheduler.next(seat, desk.now);
  BOOST_TEST(action.kind == Action::Kind::give_up);
  BOOST_TEST(action.slot == first);
  BOOST_TEST(action.status == Status::failed);
  BOOST_TEST(desk.scheduler.last_outcome(first)->http == 429);
  BOOST_TEST(desk.scheduler.history(first).empty(), "there was only one attempt");
  desk.scheduler.recorded(first, ++desk.ticket);
  BOOST_TEST(desk.scheduler.held() == 0U);
}

BOOST_AUTO_TEST_CASE(an_operation_not_yet_tried_has_no_deadline) {
  Desk desk(within(1s));
  desk.prove_service();
  desk.admit(1, "a");
  desk.now += 24h;
  Seat seat = connected();
  BOOST_TEST(desk.turn(seat) == Action::Kind::send);
}

// Outages.

BOOST_AUTO_TEST_CASE(an_outage_costs_operations_neither_attempts_nor_time) {
  SchedulerSettings settings = attempts_at_most(2);
  settings.deadline = 60s;
  PaceSettings patient;
  patient.max_outage = 10h;
  Desk desk(settings, patient);
  desk.prove_service();
  desk.admit_folders(3);
  Seat seat = connected();
  const SlotId under_way = desk.send(seat);
  desk.break_down();
  desk.expect_again(seat, under_way, lost());
  const TimePoint down = desk.now;
  while (desk.now < down + 1h) desk.expect_again(seat, desk.send_when_due(seat), lost());
  desk.pace.observe(succeeded(), desk.now, false);
  // An hour later, each still has both of its attempts, and its full minute.
  std::map<std::uint32_t, int> attempts;
  while (desk.scheduler.held() != 0) {
    const Action action = desk.action_when_due(seat);
    if (action.kind == Action::Kind::give_up) {
      BOOST_TEST(attempts[desk.line(action.slot)] == 2);
      desk.scheduler.recorded(action.slot, ++desk.ticket);
      continue;
    }
    ++attempts[desk.line(action.slot)];
    desk.expect_again(seat, action.slot, lost());
    desk.pace.observe(succeeded(), desk.now, false);
  }
  BOOST_TEST(attempts.size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_failure_just_before_an_outage_is_recognised_is_attributed_to_it) {
  Desk desk(attempts_at_most(1));
  desk.prove_service();
  desk.admit_folders(40);
  std::vector<Seat> seats(20, connected());
  std::vector<SlotId> slots;
  for (Seat& seat : seats) slots.push_back(desk.send(seat));
  for (std::size_t i = 0; i < seats.size(); ++i) desk.expect_again(seats[i], slots[i], lost());
  BOOST_TEST(desk.pace.interrupted());
  desk.now += 1min;
  desk.pace.observe(succeeded(), desk.now, false);
  for (int sent = 0; sent < 40; ++sent) desk.finish(seats[0], desk.send_when_due(seats[0]), succeeded());
}

BOOST_AUTO_TEST_CASE(failures_that_are_not_an_outage_become_final_once_something_is_answered) {
  Desk desk(attempts_at_most(1));
  desk.prove_service();
  desk.admit_folders(2);
  Seat failing = connected();
  Seat answered = connected();
  const SlotId slot = desk.send(failing);
  const SlotId other = desk.send(answered);
  desk.expect_again(failing, slot, lost());
  BOOST_TEST(desk.turn(failing) == Action::Kind::wait, "the other attempt will decide");
  desk.finish(answered, other, succeeded());
  BOOST_TEST(desk.give_up(answered) == Status::unknown);
}

BOOST_AUTO_TEST_CASE(answers_in_place_of_the_service_do_not_use_up_the_only_operation_left) {
  Outcome page = outcome(Verdict::unclear, 200, "a page");
  page.foreign = true;
  for (const unsigned most : {1U, 2U, 5U}) {
    PaceSettings patient;
    patient.max_outage = 10h;
    Desk desk(attempts_at_most(most), patient);
    desk.prove_service();
    desk.admit(1, "a");
    Seat seat = connected();
    while (desk.now < start + 1h) desk.expect_again(seat, desk.send_when_due(seat), page);
    BOOST_TEST(desk.pace.interrupted());
    BOOST_TEST(desk.finish(seat, desk.send_when_due(seat), succeeded()) == Status::succeeded);
  }
}

BOOST_AUTO_TEST_CASE(foreign_answers_among_good_ones_use_up_the_attempts_of_their_operation) {
  Outcome page = outcome(Verdict::unclear, 200, "a page");
  page.foreign = true;
  BOOST_TEST(repeat(page, attempts_at_most(3)).status == Status::unknown);
  BOOST_TEST(repeat(page, attempts_at_most(3)).attempts == 3U);
  BOOST_TEST(repeat(page, attempts_at_most(3), false).attempts == 1U);
}

BOOST_AUTO_TEST_CASE(it_is_at_rest_when_only_input_or_recording_a_result_can_bring_more_work) {
  Desk desk;
  desk.prove_service();
  BOOST_TEST(desk.scheduler.at_rest(desk.now));
  desk.admit(1, "a");
  desk.admit(2, "a");
  BOOST_TEST(!desk.scheduler.at_rest(desk.now));
  Seat seat = connected();
  SlotId slot = desk.send(seat);
  BOOST_TEST(!desk.scheduler.at_rest(desk.now));
  desk.expect_again(seat, slot, throttled());
  BOOST_TEST(!desk.scheduler.at_rest(desk.now));
  slot = desk.send_when_due(seat);
  BOOST_TEST((desk.complete(seat, slot, rejected()) == Status::rejected));
  BOOST_TEST(desk.scheduler.at_rest(desk.now), "the result is not recorded");
  desk.scheduler.recorded(slot, ++desk.ticket);
  BOOST_TEST(!desk.scheduler.at_rest(desk.now), "once it is durable, the next one goes");
  desk.sync();
  desk.finish(seat, desk.send_when_due(seat), succeeded());
  BOOST_TEST(desk.scheduler.at_rest(desk.now));
}

BOOST_AUTO_TEST_CASE(an_operation_without_a_recorded_result_keeps_its_key_and_keeps_the_run_open) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a");
  desk.admit(2, "a");
  desk.scheduler.close_input();
  Seat seat = connected();
  const SlotId slot = desk.send(seat);
  BOOST_TEST((desk.complete(seat, slot, rejected()) == Status::rejected));
  desk.sync();
  BOOST_TEST((desk.wait(seat) == TimePoint::max()));
  BOOST_TEST(desk.scheduler.unsettled().empty(), "it was refused");
  desk.scheduler.stop();
  BOOST_TEST(desk.turn(seat) == Action::Kind::done);
}

BOOST_AUTO_TEST_CASE(an_operation_given_up_reports_its_last_attempt) {
  Desk desk(attempts_at_most(1));
  desk.prove_service();
  desk.admit(1, "a");
  Seat seat = connected();
  const SlotId slot = desk.send(seat);
  const auto ended = desk.timing();
  desk.expect_again(seat, slot, lost());
  desk.now += 1s;
  BOOST_TEST((desk.scheduler.last_timing(slot, desk.now).at == ended.at));
  BOOST_TEST((desk.scheduler.last_timing(slot, desk.now).latency == 1ms));
  BOOST_TEST(desk.give_up(seat) == Status::unknown);
}

BOOST_AUTO_TEST_CASE(an_outage_of_hours_does_not_use_up_even_the_only_operation) {
  PaceSettings patient;
  patient.max_outage = 24h;
  Desk desk(attempts_at_most(1), patient);
  desk.admit(1, "a");
  Seat seat = connected();
  while (desk.now < start + 10h) desk.expect_again(seat, desk.send_when_due(seat), outcome(Verdict::unclear, 500));
  BOOST_TEST(desk.finish(seat, desk.send_when_due(seat), succeeded()) == Status::succeeded);
}

BOOST_AUTO_TEST_CASE(during_an_outage_one_probe_goes_at_a_time) {
  Desk desk;
  desk.prove_service();
  desk.admit_folders(5);
  std::vector<Seat> seats(5, connected());
  desk.break_down();
  for (Seat& seat : seats) BOOST_TEST((desk.wait(seat) == desk.now + Breaker::first_probe_delay));
  desk.now += Breaker::first_probe_delay;
  const SlotId probe = desk.send(seats[0]);
  for (std::size_t i = 1; i < seats.size(); ++i) BOOST_TEST(desk.turn(seats[i]) == Action::Kind::wait);
  desk.expect_again(seats[0], probe, lost());
  const TimePoint next = desk.wait(seats[0]);
  BOOST_TEST((next > desk.now));
  for (Seat& seat : seats) BOOST_TEST((desk.wait(seat) == next));
  desk.now = next;
  BOOST_TEST(desk.line(desk.send(seats[1])) == 2U);
}

BOOST_AUTO_TEST_CASE(attempts_that_fail_together_stop_the_traffic) {
  Desk desk;
  desk.prove_service();
  desk.admit_folders(40);
  std::vector<Seat> seats(20, connected());
  std::vector<SlotId> slots;
  for (Seat& seat : seats) slots.push_back(desk.send(seat));
  for (std::size_t i = 0; i < seats.size(); ++i) desk.expect_again(seats[i], slots[i], lost());
  BOOST_TEST(desk.pace.interrupted());
  BOOST_TEST(desk.scheduler.take_pace_changed());
  for (Seat& seat : seats) BOOST_TEST(desk.turn(seat) == Action::Kind::wait);
}

BOOST_AUTO_TEST_CASE(the_first_sign_of_life_lets_all_traffic_resume) {
  Desk desk;
  desk.prove_service();
  desk.admit_folders(4);
  std::vector<Seat> seats(3, connected());
  Seat slow = connected();
  const SlotId late = desk.send(slow);
  desk.break_down();
  for (Seat& seat : seats) BOOST_TEST(desk.turn(seat) == Action::Kind::wait);
  desk.finish(slow, late, succeeded());
  BOOST_TEST(desk.scheduler.take_pace_changed());
  // The service's present capacity is unknown: the number in flight doubles with each round of answers.
  const SlotId first = desk.send(seats[0]);
  BOOST_TEST(desk.turn(seats[1]) == Action::Kind::send);
  BOOST_TEST(desk.turn(seats[2]) == Action::Kind::wait);
  desk.finish(seats[0], first, succeeded());
  BOOST_TEST(desk.scheduler.take_pace_changed());
  BOOST_TEST(desk.turn(seats[2]) == Action::Kind::send);
}

// Look-ahead.

BOOST_AUTO_TEST_CASE(the_look_ahead_is_bounded_in_number) {
  SchedulerSettings settings;
  settings.look_ahead = 3;
  Desk desk(settings);
  for (std::uint32_t line = 1; line <= 3; ++line) {
    BOOST_TEST(desk.scheduler.wants_input());
    desk.admit(line, "same");
  }
  BOOST_TEST(!desk.scheduler.wants_input());
  Seat seat = connected();
  desk.finish(seat, desk.send(seat), succeeded());
  BOOST_TEST(desk.scheduler.wants_input());
  BOOST_TEST(desk.scheduler.held() == 2U);
}

BOOST_AUTO_TEST_CASE(the_look_ahead_is_bounded_in_bytes_but_one_operation_always_fits) {
  SchedulerSettings settings;
  const std::string name(6'000, 'x');
  koodrive::Operation first = folder_rename(1, "a", true, name);
  settings.look_ahead_bytes = first.footprint() * 3 / 2;
  Desk desk(settings);
  desk.scheduler.admit(first);
  BOOST_TEST(desk.scheduler.wants_input());
  koodrive::Operation second = folder_rename(2, "b", true, name);
  desk.scheduler.admit(second);
  BOOST_TEST(!desk.scheduler.wants_input());
  Seat seat = connected();
  desk.finish(seat, desk.send(seat), succeeded());
  BOOST_TEST(desk.scheduler.wants_input());

  SchedulerSettings tiny;
  tiny.look_ahead_bytes = 1;
  tiny.look_ahead = 0;
  Desk cramped(tiny);
  BOOST_TEST(cramped.scheduler.wants_input());
}

BOOST_AUTO_TEST_CASE(operations_are_swapped_with_used_ones_so_that_memory_is_reused) {
  Desk desk;
  koodrive::Operation first = folder_rename(1, "a", true, std::string(1'000, 'x'));
  const char* memory = first.body().data();
  desk.scheduler.admit(first);
  Seat seat = connected();
  const SlotId slot = desk.send(seat);
  BOOST_TEST((desk.scheduler.operation(slot).body().data() == memory));
  desk.finish(seat, slot, succeeded());
  koodrive::Operation second = folder_rename(2, "b");
  desk.scheduler.admit(second);
  BOOST_TEST((second.body().data() == memory));
}

BOOST_AUTO_TEST_CASE(an_operation_is_not_moved_while_others_are_admitted) {
  Desk desk;
  desk.admit(1, "a");
  Seat seat = connected();
  const SlotId slot = desk.send(seat);
  const koodrive::Operation* where = &desk.scheduler.operation(slot);
  for (std::uint32_t line = 2; line < 5'000; ++line) desk.admit(line, std::to_string(line));
  BOOST_TEST((&desk.scheduler.operation(slot) == where));
  BOOST_TEST(where->line() == 1U);
}

// Durability.

BOOST_AUTO_TEST_CASE(a_sync_is_wanted_when_an_operation_waits_for_nothing_else) {
  Desk desk;
  desk.prove_service();
  BOOST_TEST(!desk.scheduler.wants_sync());
  desk.admit(1, "same");
  desk.admit(2, "same");
  Seat seat = connected();
  const SlotId slot = desk.send(seat);
  BOOST_TEST(!desk.scheduler.wants_sync());
  desk.finish(seat, slot, succeeded());
  BOOST_TEST(desk.scheduler.wants_sync());
  desk.sync();
  BOOST_TEST(!desk.scheduler.wants_sync());
}

BOOST_AUTO_TEST_CASE(no_sync_is_wanted_while_enough_others_can_be_sent) {
  SchedulerSettings settings;
  settings.low_water = 3;
  Desk desk(settings);
  desk.prove_service();
  desk.admit(1, "same");
  desk.admit(2, "same");
  desk.admit(3, "b");
  desk.admit(4, "c");
  desk.admit(5, "d");
  Seat seat = connected();
  desk.finish(seat, desk.send(seat), succeeded());
  BOOST_TEST(!desk.scheduler.wants_sync());
  desk.send(seat);
  BOOST_TEST(desk.scheduler.wants_sync());
}

BOOST_AUTO_TEST_CASE(no_sync_is_wanted_for_results_that_nothing_waits_for) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a");
  Seat seat = connected();
  desk.finish(seat, desk.send(seat), succeeded());
  BOOST_TEST(!desk.scheduler.wants_sync());
}

BOOST_AUTO_TEST_CASE(the_end_of_the_run_wants_a_sync_once_everything_is_recorded) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a");
  desk.admit(2, "b");
  desk.scheduler.close_input();
  Seat seat = connected();
  Seat other = connected();
  desk.finish(seat, desk.send(seat), succeeded());
  BOOST_TEST(!desk.scheduler.wants_sync());
  desk.finish(other, desk.send(other), succeeded());
  BOOST_TEST(desk.scheduler.wants_sync());
  desk.sync();
  BOOST_TEST(!desk.scheduler.wants_sync());
}

BOOST_AUTO_TEST_CASE(after_a_stop_no_sync_is_wanted) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "same");
  desk.admit(2, "same");
  Seat seat = connected();
  desk.finish(seat, desk.send(seat), succeeded());
  desk.scheduler.stop();
  BOOST_TEST(!desk.scheduler.wants_sync());
}

// Stopping.

BOOST_AUTO_TEST_CASE(after_a_stop_nothing_is_sent_and_attempts_in_flight_may_finish) {
  Desk desk;
  desk.prove_service();
  desk.admit_folders(3);
  Seat seat = connected();
  Seat other = connected();
  const SlotId slot = desk.send(seat);
  desk.scheduler.stop();
  BOOST_TEST((desk.wait(other) == TimePoint::max()));
  BOOST_TEST(!desk.scheduler.has_ready(desk.now));
  BOOST_TEST(desk.finish(seat, slot, succeeded()) == Status::succeeded);
  BOOST_TEST(desk.scheduler.has_ready(desk.now));
  BOOST_TEST(desk.turn(seat) == Action::Kind::done);
  BOOST_TEST(desk.turn(other) == Action::Kind::done);
}

BOOST_AUTO_TEST_CASE(operations_without_a_result_that_may_have_reached_the_service_are_unsettled) {
  Desk desk;
  desk.prove_service();
  desk.admit_folders(7);
  std::vector<Seat> seats(6, connected());
  std::vector<SlotId> slots;
  for (Seat& seat : seats) slots.push_back(desk.send(seat));
  desk.finish(seats[0], slots[0], succeeded());
  desk.expect_again(seats[1], slots[1], lost());
  desk.expect_again(seats[2], slots[2], throttled(1min, true));
  desk.expect_again(seats[3], slots[3], stale());
  desk.scheduler.stop();
  auto lines = desk.scheduler.unsettled();
  std::sort(lines.begin(), lines.end());
  BOOST_TEST(lines == (std::vector<std::uint32_t>{2, 4, 5, 6}));
}

BOOST_AUTO_TEST_CASE(an_attempt_refused_for_its_credentials_leaves_its_operation_without_a_result) {
  Desk desk;
  desk.admit_folders(2);
  Seat seat = connected();
  const SlotId slot = desk.send(seat);
  desk.scheduler.abandon(seat, slot, desk.now);
  BOOST_TEST(desk.scheduler.held() == 2U);
  BOOST_TEST(desk.scheduler.in_flight() == 0U);
  BOOST_TEST(desk.scheduler.unsettled().empty(), "it was answered, so it was certainly not applied");
  BOOST_TEST(desk.turn(seat) == Action::Kind::done, "nothing more is sent with such credentials");
}

// What is told about attempts.

BOOST_AUTO_TEST_CASE(the_history_has_one_entry_per_attempt_if_there_were_several) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a");
  Seat seat = connected();
  SlotId slot = desk.send(seat);
  desk.expect_again(seat, slot, throttled(1s));
  desk.expect_again(seat, desk.send_when_due(seat), lost());
  slot = desk.send_when_due(seat);
  Outcome last = succeeded();
  last.code = 0;
  BOOST_TEST(desk.complete(seat, slot, last).has_value());
  const auto history = desk.scheduler.history(slot);
  BOOST_REQUIRE(history.size() == 3U);
  BOOST_TEST(history[0].attempt == 1);
  BOOST_TEST(history[0].http == 429);
  BOOST_TEST((history[0].latency == 1ms));
  BOOST_TEST(history[1].attempt == 2);
  BOOST_TEST(history[1].error == "no answer");
  BOOST_TEST(history[2].attempt == 3);
  BOOST_TEST((history[2].code == 0));
  BOOST_TEST((history[2].at == WallTime(desk.now.time_since_epoch())));
  desk.scheduler.recorded(slot, ++desk.ticket);

  desk.admit(2, "b");
  slot = desk.send_when_due(seat);
  BOOST_TEST(desk.complete(seat, slot, succeeded()).has_value());
  BOOST_TEST(desk.scheduler.history(slot).empty());
}

BOOST_AUTO_TEST_CASE(no_two_attempts_of_an_operation_share_a_number_and_numbers_end_at_255) {
  Desk desk(within(100h));
  desk.prove_service();
  desk.admit(1, "a");
  Seat seat = connected();
  for (unsigned number = 1; number < 255; ++number) {
    const SlotId slot = desk.send_when_due(seat);
    BOOST_REQUIRE(desk.scheduler.attempt(slot) == number);
    desk.expect_again(seat, slot, number % 2 == 0 ? mended() : throttled(1s));
  }
  const SlotId slot = desk.send_when_due(seat);
  BOOST_TEST(desk.scheduler.attempt(slot) == 255);
  BOOST_TEST(desk.finish(seat, slot, throttled(1s)) == Status::failed);
}

BOOST_AUTO_TEST_CASE(has_ready_tells_whether_a_seat_might_find_work) {
  Desk desk;
  desk.prove_service();
  BOOST_TEST(!desk.scheduler.has_ready(desk.now));
  desk.admit(1, "a");
  BOOST_TEST(desk.scheduler.has_ready(desk.now));
  Seat seat = connected();
  const SlotId slot = desk.send(seat);
  BOOST_TEST(!desk.scheduler.has_ready(desk.now));
  desk.expect_again(seat, slot, outcome(Verdict::unclear, 500));
  BOOST_TEST(!desk.scheduler.has_ready(desk.now));
  BOOST_TEST(desk.scheduler.has_ready(desk.now + 1s));
}

// Users who are stopped.

BOOST_AUTO_TEST_CASE(ready_operations_of_a_stopped_user_are_left_out_and_others_continue) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a", true, "stopped");
  desk.admit(2, "b", true, "stopped");
  desk.admit(3, "c", true, "other");
  Seat seat = connected();
  desk.refuse(seat, desk.send(seat));
  BOOST_TEST(desk.line(desk.send(seat)) == 3U);
  BOOST_TEST(desk.scheduler.left_out().of_stopped == 2U);
  BOOST_TEST(desk.scheduler.left_out().of_others == 0U);
  BOOST_TEST(desk.scheduler.held() == 1U);
}

BOOST_AUTO_TEST_CASE(later_operations_on_the_key_are_left_out_too_whatever_their_user) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a", true, "stopped");
  desk.admit(2, "a", true, "other");
  Seat seat = connected();
  desk.refuse(seat, desk.send(seat));
  desk.admit(3, "a", true, "other");  // arrives long after the lane is gone
  desk.admit(4, "b", true, "other");
  BOOST_TEST(desk.line(desk.send(seat)) == 4U);
  BOOST_TEST(desk.scheduler.left_out().of_stopped == 1U);
  BOOST_TEST(desk.scheduler.left_out().of_others == 2U);
}

BOOST_AUTO_TEST_CASE(earlier_operations_on_the_key_are_still_sent) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a", true, "other");
  desk.admit(2, "a", true, "stopped");
  desk.admit(3, "a", true, "other");
  desk.scheduler.close_input();
  desk.stopped.stop(UserPace::hash("stopped"));
  Seat seat = connected();
  const SlotId first = desk.send(seat);
  desk.expect_again(seat, first, throttled(1s));
  desk.now += 1s;
  desk.finish(seat, desk.send(seat), succeeded());
  desk.sync();
  BOOST_TEST(desk.turn(seat) == Action::Kind::done);
  BOOST_TEST(desk.scheduler.left_out().all() == 2U);
}

BOOST_AUTO_TEST_CASE(operations_of_a_stopped_user_do_not_fill_the_look_ahead) {
  SchedulerSettings settings;
  settings.look_ahead = 4;
  Desk desk(settings);
  desk.prove_service();
  desk.admit(1, "first", true, "stopped");
  Seat seat = connected();
  desk.refuse(seat, desk.send(seat));
  for (std::uint32_t line = 2; line <= 100; ++line) {
    BOOST_TEST(desk.scheduler.wants_input());
    desk.admit(line, std::to_string(line), true, "stopped");
  }
  BOOST_TEST(desk.scheduler.held() == 0U);
  BOOST_TEST(desk.scheduler.left_out().of_stopped == 100U);
}

BOOST_AUTO_TEST_CASE(an_operation_waiting_for_its_stopped_user_is_left_out_at_once) {
  PaceSettings pace;
  pace.rate_per_user = 0.001;
  SchedulerSettings settings;
  settings.look_ahead = 50;
  Desk desk(settings, pace);
  desk.prove_service();
  Seat seat = connected();
  for (std::uint32_t line = 1; line <= 50; ++line) desk.admit(line, std::to_string(line), true, "stopped");
  const SlotId first = desk.send(seat);
  Seat other = connected();
  BOOST_TEST((desk.wait(other) > desk.now + 100s));
  BOOST_TEST(!desk.scheduler.wants_input());
  desk.refuse(seat, first);
  BOOST_TEST((desk.wait(seat) == TimePoint::max()));
  BOOST_TEST(desk.scheduler.wants_input());
  BOOST_TEST(desk.scheduler.left_out().of_stopped == 50U);
}

BOOST_AUTO_TEST_CASE(an_operation_waiting_for_its_retry_is_left_out_at_once) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a", true, "stopped");
  desk.admit(2, "b", true, "stopped");
  desk.admit(3, "c", true, "stopped");
  Seat seats[] = {connected(), connected(), connected()};
  const SlotId slots[] = {desk.send(seats[0]), desk.send(seats[1]), desk.send(seats[2])};
  desk.expect_again(seats[0], slots[0], throttled(200s, true));
  desk.refuse(seats[1], slots[1]);
  desk.expect_again(seats[2], slots[2], throttled(200s, true));  // answered after its user was stopped
  desk.scheduler.close_input();
  BOOST_TEST(desk.turn(seats[0]) == Action::Kind::done);
  BOOST_TEST(desk.scheduler.left_out().of_stopped == 3U);
}

BOOST_AUTO_TEST_CASE(an_operation_left_out_that_may_have_been_applied_is_unsettled) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a", true, "stopped");
  desk.admit(2, "b", true, "stopped");
  // According to an earlier segment's report, or to that of the run that is repeated, these were sent before.
  koodrive::Operation known = folder_rename(3, "c", true, "name", "stopped");
  desk.scheduler.admit(known, true);
  koodrive::Operation unsent = folder_rename(4, "d", true, "name", "stopped");
  desk.scheduler.admit(unsent, true);
  Seat seats[] = {connected(), connected(), connected()};
  const SlotId first = desk.send(seats[0]);
  const SlotId second = desk.send(seats[1]);
  const SlotId third = desk.send(seats[2]);
  desk.expect_again(seats[0], first, lost());
  desk.expect_again(seats[2], third, lost());
  desk.refuse(seats[1], second);
  desk.turn(seats[1]);
  BOOST_TEST(desk.scheduler.left_out().of_stopped == 4U);
  BOOST_TEST(desk.scheduler.unsettled() == (std::vector<std::uint32_t>{1, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_operation_in_flight_when_its_user_is_stopped_keeps_its_result) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a", true, "stopped");
  desk.admit(2, "b", true, "stopped");
  Seat seats[] = {connected(), connected()};
  const SlotId first = desk.send(seats[0]);
  const SlotId second = desk.send(seats[1]);
  desk.refuse(seats[0], first);
  BOOST_TEST(desk.finish(seats[1], second, succeeded()) == Status::succeeded);
  BOOST_TEST(desk.scheduler.left_out().of_stopped == 1U);
}

BOOST_AUTO_TEST_CASE(a_refused_user_proves_nothing_about_the_others) {
  Desk desk;
  desk.admit(1, "a", true, "stopped");
  desk.admit(2, "b", true, "other");
  desk.admit(3, "c", true, "third");
  Seat first = connected();
  Seat second = connected();
  desk.refuse(first, desk.send(first));
  const SlotId probe = desk.send(first);
  BOOST_TEST(desk.line(probe) == 2U);
  BOOST_TEST(desk.turn(second) == Action::Kind::wait, "the next one goes alone again");
  desk.finish(first, probe, succeeded());
  BOOST_TEST(desk.line(desk.send(second)) == 3U);
}

BOOST_AUTO_TEST_CASE(leaving_out_a_noted_attempt_makes_room_for_another_note) {
  SchedulerSettings settings;
  settings.notes_ahead = 1;
  Desk desk(settings);
  desk.prove_service();
  desk.admit(1, "a", false, "stopped");
  desk.admit(2, "b", false, "other");
  Seat seat = connected();
  const Action action = desk.scheduler.next(seat, desk.now);
  BOOST_REQUIRE((action.kind == Action::Kind::note));
  desk.note(action.slot);
  desk.stopped.stop(UserPace::hash("stopped"));
  desk.sync();
  BOOST_TEST(desk.line(desk.send_when_due(seat)) == 2U);
  BOOST_TEST(desk.scheduler.left_out().of_stopped == 1U);
}

BOOST_AUTO_TEST_CASE(more_blocked_keys_than_can_be_remembered_stop_everything) {
  SchedulerSettings settings;
  settings.most_blocked_keys = 2;
  Desk desk(settings);
  desk.prove_service();
  desk.stopped.stop(UserPace::hash("stopped"));
  Seat seat = connected();
  desk.admit(1, "a", true, "stopped");
  desk.admit(2, "b", true, "stopped");
  desk.admit(3, "a", true, "stopped");
  BOOST_TEST(!desk.scheduler.overwhelmed());
  desk.admit(4, "c", true, "other");
  const SlotId slot = desk.send(seat);
  desk.admit(5, "d", true, "stopped");
  BOOST_TEST(desk.scheduler.overwhelmed());
  desk.admit(6, "e", true, "other");
  BOOST_TEST(desk.finish(seat, slot, succeeded()) == Status::succeeded);
  BOOST_TEST(desk.turn(seat) == Action::Kind::done, "nothing more is sent, since it might be out of order");
}

// The rate, over whole runs.

BOOST_AUTO_TEST_CASE(two_thousand_a_second_are_twenty_thousand_in_ten_seconds) {
  PaceSettings settings;
  settings.rate = 2000;
  VirtualRun run({}, settings, 16,
                 {.service = [](const auto&, auto, bool) { return VirtualRun::Reply{succeeded(), 3ms}; }});
  for (std::uint32_t line = 1; line <= 30'000; ++line) run.enqueue(folder_rename(line, std::to_string(line)));
  BOOST_TEST(!run.run(10s));
  BOOST_TEST(static_cast<double>(run.sends.size()) == 20'000.0, boost::test_tools::tolerance(0.01));
  BOOST_TEST(excess_over(2000, RateLimiter::default_burst(2000), run.sends) <= 1e-6);
}

BOOST_AUTO_TEST_CASE(no_window_exceeds_the_rate_with_retries_counted_in) {
  std::mt19937_64 random(11);
  for (const double rate : {1.0 / 3, 1.0, 7.0, 99.9, 333.0, 1234.5, 50'000.0}) {
    for (const std::uint32_t burst : {0U, 1U, 3U, 50U}) {
      PaceSettings settings;
      settings.rate = rate;
      settings.burst = burst;
      SchedulerSettings patient;
      patient.deadline = 1000h;
      const auto service = [&random](const auto&, auto, bool) {
        const auto dice = random() % 10;
        if (dice < 2)
          return VirtualRun::Reply{throttled(dice == 0 ? std::optional<Duration>(50ms) : std::nullopt), 1ms};
        if (dice < 4) return VirtualRun::Reply{lost(), 20ms};
        return VirtualRun::Reply{succeeded(), Duration(random() % 5'000'000)};
      };
      VirtualRun run(patient, settings, 7, {.service = service});
      for (std::uint32_t line = 1; line <= 300; ++line) run.enqueue(folder_rename(line, std::to_string(line % 40)));
      BOOST_TEST(run.run());
      BOOST_TEST(run.sends.size() > 400U);
      const double allowed = burst != 0 ? burst : RateLimiter::default_burst(rate);
      const double excess = excess_over(rate, allowed, run.sends);
      BOOST_TEST(excess <= 1e-6, "rate " << rate << ", burst " << burst << ": " << excess << " too many");
    }
  }
}

// Measuring.

BOOST_AUTO_TEST_CASE(an_operation_remembers_when_its_first_attempt_was_due_however_late_it_was_made) {
  PaceSettings scheduled;
  scheduled.rate = 10;
  scheduled.catch_up = true;
  Desk desk({}, scheduled);
  desk.prove_service();
  desk.admit_folders(3);
  // The only connection is blocked for a second, after which all three are late.
  desk.now = start + 1s;
  Seat seat = connected();
  for (int turn = 1; turn <= 2; ++turn) {
    const SlotId slot = desk.send(seat);
    BOOST_TEST((desk.scheduler.due(slot) == start + turn * 100ms));
    desk.finish(seat, slot, succeeded());
  }
  const SlotId slot = desk.send(seat);
  desk.expect_again(seat, slot, outcome(Verdict::not_applied, 0, "refused"));
  seat.connected = true;
  BOOST_TEST(desk.send_when_due(seat) == slot);
  BOOST_TEST((desk.scheduler.due(slot) == start + 300ms), "a repeat does not change it");
}

// Operations that take several requests.

BOOST_AUTO_TEST_CASE(an_operation_that_reads_first_is_sent_next_on_the_same_seat) {
  Desk desk;
  desk.prove_service();
  desk.admit_reading(1, "a");
  desk.admit(2, "b");
  Seat seat = connected();
  const SlotId slot = desk.send(seat);
  BOOST_TEST(desk.scheduler.reads(slot));
  BOOST_TEST(desk.complete(seat, slot, succeeded()).has_value());
  desk.scheduler.send(seat, slot, desk.now);
  BOOST_TEST(desk.send(seat) == slot);
  BOOST_TEST(!desk.scheduler.reads(slot));
  BOOST_TEST(desk.scheduler.readings(slot) == 1U);
  BOOST_TEST(desk.scheduler.attempt(slot) == 2U);
  BOOST_TEST(desk.finish(seat, slot, succeeded()) == Status::succeeded);
}

BOOST_AUTO_TEST_CASE(a_lost_reading_applies_nothing) {
  Desk desk(attempts_at_most(3));
  desk.prove_service();
  desk.admit_reading(1, "a", false);
  Seat seat = connected();
  SlotId slot = desk.send(seat);
  desk.expect_again(seat, slot, lost());
  slot = desk.send_when_due(seat);
  desk.expect_again(seat, slot, outcome(Verdict::undecidable, 200));
  slot = desk.send_when_due(seat);
  BOOST_TEST(desk.finish_last(seat, slot, lost()) == Status::failed);
}

BOOST_AUTO_TEST_CASE(only_the_writing_request_of_an_operation_not_to_be_repeated_is_noted) {
  Desk desk;
  desk.prove_service();
  desk.admit_reading(1, "a", false);
  Seat seat = connected();
  const SlotId slot = desk.send(seat);
  BOOST_TEST(desk.complete(seat, slot, succeeded()).has_value());
  desk.scheduler.send(seat, slot, desk.now);
  BOOST_TEST(desk.turn(seat) == Action::Kind::note);
  desk.note(slot);
  desk.sync();
  BOOST_TEST(desk.send(seat) == slot);
}

BOOST_AUTO_TEST_CASE(an_operation_that_was_perhaps_applied_is_read_before_it_is_repeated) {
  Desk desk;
  desk.prove_service();
  Seat seat = connected();
  const SlotId slot = desk.read(seat);
  BOOST_TEST(desk.send(seat) == slot);
  desk.expect_again(seat, slot, lost());
  BOOST_TEST(desk.scheduler.maybe_applied(slot));
  BOOST_TEST(desk.send_when_due(seat) == slot);
  BOOST_TEST(desk.scheduler.reads(slot));
}

BOOST_AUTO_TEST_CASE(an_operation_that_was_certainly_not_applied_is_repeated_at_once) {
  Desk desk;
  desk.prove_service();
  Seat seat = connected();
  const SlotId slot = desk.read(seat);
  BOOST_TEST(desk.send(seat) == slot);
  desk.expect_again(seat, slot, throttled(200ms));
  BOOST_TEST(desk.send_when_due(seat) == slot);
  BOOST_TEST(!desk.scheduler.reads(slot));
}

BOOST_AUTO_TEST_CASE(an_operation_waits_until_what_was_read_is_durable_and_goes_before_others) {
  Desk desk;
  desk.prove_service();
  desk.admit_reading(1, "a");
  desk.admit_reading(2, "b");
  desk.admit_reading(3, "c");
  Seat seat = connected();
  const SlotId slot = desk.send(seat);
  BOOST_TEST(desk.complete(seat, slot, succeeded()).has_value());
  desk.scheduler.send_once_durable(seat, slot, ++desk.ticket, desk.now);
  // Others are read meanwhile, and the run is not at rest.
  const SlotId other = desk.send(seat);
  BOOST_TEST(desk.line(other) == 2U);
  BOOST_TEST(desk.scheduler.reads(other));
  BOOST_TEST(desk.complete(seat, other, succeeded()).has_value());
  desk.scheduler.send_once_durable(seat, other, ++desk.ticket, desk.now);
  BOOST_TEST(!desk.scheduler.at_rest(desk.now));
  BOOST_TEST(desk.scheduler.wants_sync());
  desk.scheduler.durable(desk.ticket - 1);
  const SlotId first = desk.send(seat);
  BOOST_TEST(first == slot);
  BOOST_TEST(!desk.scheduler.reads(first));
  BOOST_TEST(desk.scheduler.readings(first) == 1U);
  desk.finish(seat, first, succeeded());
  BOOST_TEST(desk.line(desk.send(seat)) == 3U);
  desk.sync();
  Seat another = connected();
  BOOST_TEST(desk.send(another) == other);
}

BOOST_AUTO_TEST_CASE(what_waits_for_durability_has_not_been_sent_if_the_run_stops) {
  Desk desk;
  desk.prove_service();
  desk.admit_reading(1, "a");
  Seat seat = connected();
  const SlotId slot = desk.send(seat);
  BOOST_TEST(desk.complete(seat, slot, succeeded()).has_value());
  desk.scheduler.send_once_durable(seat, slot, ++desk.ticket, desk.now);
  desk.scheduler.stop();
  BOOST_TEST(desk.turn(seat) == Action::Kind::done);
  BOOST_TEST(desk.scheduler.unsettled().empty());
}

BOOST_AUTO_TEST_CASE(an_operation_that_cannot_be_read_has_all_its_attempts_and_is_not_read_again) {
  Desk desk(attempts_at_most(2));
  desk.prove_service();
  desk.admit_reading(1, "a");
  Seat seat = connected();
  desk.expect_again(seat, desk.send(seat), lost());
  const SlotId slot = desk.send_when_due(seat);
  desk.expect_again(seat, slot, lost());
  desk.pace.observe(succeeded(), desk.now, false);
  BOOST_TEST(desk.turn(seat) == Action::Kind::give_up);
  BOOST_TEST(desk.scheduler.reads(slot));
  BOOST_TEST_REQUIRE(desk.scheduler.may_send_unread(slot, desk.now));
  desk.scheduler.send_unread(slot, Scheduler::Unread::failed, desk.now);
  desk.scheduler.send(seat, slot, desk.now);
  BOOST_TEST(desk.send_when_due(seat) == slot);
  BOOST_TEST(!desk.scheduler.reads(slot));
  desk.expect_again(seat, slot, lost());
  desk.pace.observe(succeeded(), desk.now, false);
  BOOST_TEST(desk.send_when_due(seat) == slot);
  BOOST_TEST(!desk.scheduler.reads(slot));
  BOOST_TEST(desk.finish(seat, slot, succeeded()) == Status::succeeded);
}

BOOST_AUTO_TEST_CASE(an_operation_whose_attempts_are_used_up_is_not_sent_once_more_because_it_was_not_read_again) {
  Desk desk(attempts_at_most(1));
  desk.prove_service();
  Seat seat = connected();
  const SlotId slot = desk.read(seat);
  BOOST_TEST(desk.send(seat) == slot);
  desk.expect_again(seat, slot, lost());
  desk.pace.observe(succeeded(), desk.now, false);
  BOOST_TEST(desk.turn(seat) == Action::Kind::give_up);
  BOOST_TEST(!desk.scheduler.may_send_unread(slot, desk.now));
}

BOOST_AUTO_TEST_CASE(an_operation_whose_time_is_over_is_not_sent_once_more_because_it_was_not_read_again) {
  Desk desk(within(10s));
  desk.prove_service();
  Seat seat = connected();
  const SlotId slot = desk.read(seat);
  BOOST_TEST(desk.send(seat) == slot);
  desk.expect_again(seat, slot, lost());
  desk.now += 11s;
  BOOST_TEST(desk.turn(seat) == Action::Kind::give_up);
  BOOST_TEST(!desk.scheduler.may_send_unread(slot, desk.now));
}

BOOST_AUTO_TEST_CASE(a_reading_that_fails_takes_no_time_from_the_operation) {
  Desk desk(within(10s));
  desk.prove_service();
  desk.admit_reading(1, "a");
  Seat seat = connected();
  const SlotId slot = desk.send(seat);
  desk.now += 11s;
  BOOST_TEST(desk.complete(seat, slot, lost()).has_value());
  BOOST_TEST_REQUIRE(desk.scheduler.may_send_unread(slot, desk.now));
  desk.scheduler.send_unread(slot, Scheduler::Unread::failed, desk.now);
  desk.scheduler.send(seat, slot, desk.now);
  desk.now += 11s;
  BOOST_TEST(desk.send_when_due(seat) == slot, "what it waited for does not count either");
  BOOST_TEST(!desk.scheduler.reads(slot));
  desk.now += 5s;
  desk.expect_again(seat, slot, lost());
  BOOST_TEST(desk.send_when_due(seat) == slot);
}

BOOST_AUTO_TEST_CASE(readings_that_failed_take_no_attempt_from_the_operation) {
  Desk desk(attempts_at_most(2));
  desk.prove_service();
  desk.admit_reading(1, "a");
  Seat seat = connected();
  desk.expect_again(seat, desk.send(seat), lost());
  const SlotId slot = desk.send_when_due(seat);
  BOOST_TEST(desk.complete(seat, slot, succeeded()).has_value());
  desk.scheduler.send(seat, slot, desk.now);
  BOOST_TEST(desk.send(seat) == slot);
  desk.expect_again(seat, slot, lost());
  desk.pace.observe(succeeded(), desk.now, false);
  BOOST_TEST(desk.send_when_due(seat) == slot);
  BOOST_TEST(desk.scheduler.reads(slot));
}

BOOST_AUTO_TEST_CASE(an_operation_that_was_overdue_before_it_was_sent_is_read_again_and_sent) {
  for (const bool is_reading_due : {false, true}) {
    Desk desk(within(10s));
    desk.prove_service();
    Seat seat = connected();
    const SlotId slot = desk.read(seat);
    if (is_reading_due) {
      // The service asks for a pause, in which the reading grows old: it is due again, and not made.
      desk.pace.observe(throttled(20s), desk.now, false);
      desk.now += 2s;
      BOOST_TEST(desk.turn(seat) == Action::Kind::wait);
      desk.now += 20s;
    } else {
      desk.now += 11s;
    }
    BOOST_TEST(desk.turn(seat) == Action::Kind::give_up);
    BOOST_TEST_REQUIRE(desk.scheduler.may_send_unread(slot, desk.now));
    desk.scheduler.send_unread(slot, Scheduler::Unread::overdue, desk.now);
    desk.scheduler.send(seat, slot, desk.now);
    BOOST_TEST(desk.send_when_due(seat) == slot);
    BOOST_TEST(desk.scheduler.reads(slot));
    BOOST_TEST(desk.complete(seat, slot, succeeded()).has_value());
    desk.scheduler.send(seat, slot, desk.now);
    BOOST_TEST(desk.send_when_due(seat) == slot);
    BOOST_TEST(!desk.scheduler.reads(slot));
  }
}

BOOST_AUTO_TEST_CASE(where_requests_take_long_nothing_else_is_read_before_what_was_read_is_sent) {
  struct {
    Duration sending, reading;
  } const cases[] = {{1ms, 1ms}, {1ms, 600ms}, {600ms, 1ms}};
  for (const auto& [sending, reading] : cases) {
    const bool is_slow = sending > 500ms || reading > 500ms;
    SchedulerSettings settings;
    settings.low_water = 1;
    Desk desk(settings);
    desk.prove_service();
    Seat seat = connected(), other = connected(), third = connected();
    const auto end = [&](SlotId slot, Duration took) {
      desk.now += took;
      BOOST_TEST(desk.scheduler.complete(seat, slot, succeeded(), {desk.now, WallTime(), took}).has_value());
    };
    desk.admit(4, "d");
    const SlotId sent = desk.send(seat);
    end(sent, sending);
    desk.scheduler.recorded(sent, ++desk.ticket, Status::succeeded);
    desk.sync();
    desk.admit_reading(1, "a");
    desk.admit(3, "c");
    desk.admit_reading(2, "b");
    const SlotId slot = desk.send(seat);
    end(slot, reading);
    desk.scheduler.send_once_durable(seat, slot, ++desk.ticket, desk.now);
    BOOST_TEST(desk.scheduler.wants_sync() == is_slow);
    // What is not read may go ahead.
    BOOST_TEST(desk.line(desk.send(third)) == 3U);
    const auto action = desk.scheduler.next(seat, desk.now);
    if (is_slow) {
      BOOST_TEST(action.kind == Action::Kind::wait);
    } else {
      BOOST_TEST_REQUIRE(action.kind == Action::Kind::send);
      BOOST_TEST(desk.line(action.slot) == 2U);
    }
    desk.sync();
    BOOST_TEST(desk.send(other) == slot);
    if (is_slow) BOOST_TEST(desk.line(desk.send(seat)) == 2U);
  }
}

BOOST_AUTO_TEST_CASE(where_durability_takes_long_not_everything_is_read_ahead) {
  Desk desk;
  desk.prove_service();
  for (std::uint32_t line = 1; line <= 100; ++line) desk.admit_reading(line, "folder" + std::to_string(line));
  Seat seat = connected();
  unsigned read = 0;
  for (;; ++read) {
    const auto action = desk.scheduler.next(seat, desk.now);
    if (action.kind == Action::Kind::wait) break;
    BOOST_TEST_REQUIRE(action.kind == Action::Kind::send);
    desk.now += 50ms;
    BOOST_TEST(desk.complete(seat, action.slot, succeeded()).has_value());
    desk.scheduler.send_once_durable(seat, action.slot, ++desk.ticket, desk.now);
  }
  BOOST_TEST((read >= 5U && read <= 12U), read);
  desk.sync();
  for (unsigned sent = 0; sent < read; ++sent) {
    const SlotId slot = desk.send(seat);
    BOOST_TEST(!desk.scheduler.reads(slot));
    desk.finish(seat, slot, succeeded());
  }
}

BOOST_AUTO_TEST_CASE(a_reading_that_is_too_old_when_the_operation_can_be_sent_is_made_again) {
  Desk desk;
  desk.prove_service();
  Seat seat = connected();
  const SlotId slot = desk.read(seat);
  desk.now += Scheduler::longest_reading_age;
  BOOST_TEST(desk.send(seat) == slot);
  BOOST_TEST(desk.scheduler.reads(slot));
  BOOST_TEST(desk.complete(seat, slot, succeeded()).has_value());
  desk.scheduler.send(seat, slot, desk.now);
  desk.now += Scheduler::longest_reading_age / 2;
  BOOST_TEST(desk.send(seat) == slot);
  BOOST_TEST(!desk.scheduler.reads(slot));
}

BOOST_AUTO_TEST_CASE(what_the_service_asks_to_wait_for_makes_a_reading_old) {
  Desk desk;
  desk.prove_service();
  Seat seat = connected();
  const SlotId slot = desk.read(seat);
  BOOST_TEST(desk.send(seat) == slot);
  desk.expect_again(seat, slot, throttled(30s));
  BOOST_TEST(desk.send_when_due(seat) == slot);
  BOOST_TEST(desk.scheduler.reads(slot));
}

BOOST_AUTO_TEST_CASE(a_pace_that_is_too_slow_for_a_fresh_reading_is_followed_nevertheless) {
  Desk desk({}, {.rate = 0.1, .burst = 1});
  Seat seat = connected();
  const SlotId slot = desk.read(seat);
  unsigned readings = 1;
  for (;; ++readings) {
    BOOST_TEST_REQUIRE(desk.send_when_due(seat) == slot);
    if (!desk.scheduler.reads(slot)) break;
    BOOST_TEST_REQUIRE(desk.complete(seat, slot, succeeded()).has_value());
    desk.scheduler.send(seat, slot, desk.now);
  }
  BOOST_TEST(readings == 1 + Scheduler::most_rereadings);
}

BOOST_AUTO_TEST_CASE(each_outage_makes_a_reading_old) {
  Desk desk;
  desk.prove_service();
  Seat seat = connected();
  const SlotId slot = desk.read(seat);
  for (unsigned outage = 0; outage < 2 * Scheduler::most_rereadings; ++outage) {
    desk.break_down();
    desk.now += 10s;
    desk.pace.observe(succeeded(), desk.now, false);
    BOOST_TEST(desk.send_when_due(seat) == slot);
    BOOST_TEST_REQUIRE(desk.scheduler.reads(slot));
    BOOST_TEST_REQUIRE(desk.complete(seat, slot, succeeded()).has_value());
    desk.scheduler.send(seat, slot, desk.now);
  }
}

BOOST_AUTO_TEST_CASE(a_pause_that_is_due_to_others_makes_a_reading_old) {
  Desk desk;
  desk.prove_service();
  Seat seat = connected();
  const SlotId slot = desk.read(seat);
  for (unsigned pause = 0; pause < 2 * Scheduler::most_rereadings; ++pause) {
    desk.pace.observe(throttled(30s), desk.now, false);
    desk.now += 1ms;
    BOOST_TEST_REQUIRE(desk.send_when_due(seat) == slot);
    BOOST_TEST_REQUIRE(desk.scheduler.reads(slot));
    BOOST_TEST_REQUIRE(desk.complete(seat, slot, succeeded()).has_value());
    desk.scheduler.send(seat, slot, desk.now);
  }
}

BOOST_AUTO_TEST_CASE(an_operation_that_was_read_does_not_wait_behind_those_of_its_user_that_were_not) {
  Desk desk({}, {.rate_per_user = 2});
  for (std::uint32_t line = 1; line <= 500; ++line) desk.admit_reading(line, "folder" + std::to_string(line));
  std::array<Seat, 3> seats = {connected(), connected(), connected()};
  std::map<SlotId, unsigned> readings;
  unsigned sent = 0;
  for (unsigned turn = 0; sent < 20; ++turn) {
    BOOST_TEST_REQUIRE(turn < 200U);
    Seat& seat = seats[turn % seats.size()];
    const SlotId slot = desk.send_when_due(seat);
    if (desk.scheduler.reads(slot)) {
      BOOST_TEST(++readings[slot] <= 1 + Scheduler::most_rereadings);
      BOOST_TEST_REQUIRE(desk.complete(seat, slot, succeeded()).has_value());
      desk.scheduler.send(seat, slot, desk.now);
    } else {
      ++sent;
      readings.erase(slot);
      desk.finish(seat, slot, succeeded());
      desk.sync();
    }
  }
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_closed_whenever_the_operation_is_sent_uses_up_its_attempts) {
  Desk desk(attempts_at_most(3));
  desk.prove_service();
  Seat seat = connected();
  SlotId slot = desk.read(seat);
  for (unsigned attempt = 0;; ++attempt) {
    BOOST_TEST_REQUIRE(attempt < 10U);
    const Action action = desk.action_when_due(seat);
    if (action.kind == Action::Kind::give_up) {
      BOOST_TEST(action.status == Status::unknown);
      break;
    }
    slot = action.slot;
    if (desk.scheduler.reads(slot)) {
      BOOST_TEST_REQUIRE(desk.complete(seat, slot, succeeded()).has_value());
      desk.scheduler.send(seat, slot, desk.now);
    } else if (const auto status = desk.complete(seat, slot, outcome(Verdict::stale, 0))) {
      BOOST_TEST((status == Status::unknown));
      break;
    }
  }
}

BOOST_AUTO_TEST_CASE(an_operation_whose_lookup_takes_several_requests_is_not_sent_more_often_than_others) {
  Desk desk(attempts_at_most(3));
  desk.prove_service();
  desk.admit_reading(1, "a");
  Seat seat = connected();
  unsigned sent = 0;
  for (bool is_first_page = true;;) {
    BOOST_TEST_REQUIRE(sent < 10U);
    const Action action = desk.action_when_due(seat);
    if (action.kind == Action::Kind::give_up) break;
    const SlotId slot = action.slot;
    if (!desk.scheduler.reads(slot)) {
      ++sent;
      is_first_page = true;
      if (desk.complete(seat, slot, lost())) break;
      desk.pace.observe(succeeded(), desk.now, false);
      continue;
    }
    BOOST_TEST_REQUIRE(desk.complete(seat, slot, succeeded()).has_value());
    is_first_page ? desk.scheduler.read_on(seat, slot, desk.now) : desk.scheduler.send(seat, slot, desk.now);
    is_first_page = !is_first_page;
  }
  BOOST_TEST(sent == 3U);
}

BOOST_AUTO_TEST_CASE(an_operation_that_is_read_back_takes_the_place_of_none_that_the_seat_is_to_send) {
  Desk desk(attempts_at_most(1));
  desk.prove_service();
  Seat seat = connected(), other = connected();
  const SlotId lost_one = desk.read(seat);
  desk.send(seat);
  desk.admit_reading(2, "b");
  const SlotId read_one = desk.send(other);
  desk.expect_again(seat, lost_one, lost());
  // This answer shows that there is no outage, and so that the lost attempt was the last one.
  BOOST_TEST(desk.complete(other, read_one, succeeded()).has_value());
  desk.scheduler.send(other, read_one, desk.now);
  const Action action = desk.scheduler.next(other, desk.now);
  BOOST_TEST(action.kind == Action::Kind::give_up);
  BOOST_TEST(action.slot == lost_one);
  desk.scheduler.read_back(other, lost_one, Status::unknown, desk.now);
  std::set<SlotId> finished;
  while (finished.size() < 2) {
    const SlotId slot = desk.send_when_due(other);
    finished.insert(slot);
    desk.finish(other, slot, succeeded());
  }
  BOOST_TEST(desk.scheduler.held() == 0U);
}

BOOST_AUTO_TEST_CASE(what_was_sent_has_its_result_though_it_cannot_be_read_back) {
  Desk desk(attempts_at_most(2));
  desk.prove_service();
  Seat seat = connected();
  const SlotId slot = desk.read_back(seat);
  BOOST_TEST(desk.send(seat) == slot);
  BOOST_TEST(desk.scheduler.reads(slot));
  desk.expect_again(seat, slot, lost());
  BOOST_TEST(desk.send_when_due(seat) == slot);
  BOOST_TEST(desk.finish_last(seat, slot, lost()) == Status::succeeded);
}

BOOST_AUTO_TEST_CASE(what_was_sent_has_its_result_though_the_run_stops_before_it_is_read_back) {
  for (const bool in_flight : {false, true}) {
    Desk desk;
    desk.prove_service();
    Seat seat = connected();
    const SlotId slot = desk.read_back(seat);
    if (in_flight) desk.send(seat);
    desk.scheduler.stop();
    if (in_flight) {
      Seat other = connected();
      BOOST_TEST(desk.turn(other) == Action::Kind::wait, "its reading may still tell more");
      desk.expect_again(seat, slot, lost());
    }
    BOOST_TEST(desk.give_up(seat) == Status::succeeded);
    BOOST_TEST(desk.turn(seat) == Action::Kind::done);
    BOOST_TEST(desk.scheduler.unsettled().empty());
  }
}

BOOST_AUTO_TEST_CASE(what_was_sent_has_its_result_though_credentials_are_refused_before_it_is_read_back) {
  Desk desk;
  desk.prove_service();
  Seat seat = connected();
  const SlotId slot = desk.read_back(seat);
  desk.send(seat);
  desk.scheduler.abandon(seat, slot, desk.now);
  BOOST_TEST(desk.give_up(seat) == Status::succeeded);
}

BOOST_AUTO_TEST_CASE(what_was_sent_has_its_result_though_its_user_is_stopped_before_it_is_read_back) {
  Desk desk;
  desk.prove_service();
  Seat seat = connected();
  const SlotId slot = desk.read_back(seat);
  desk.stopped.stop(UserPace::hash(desk.scheduler.operation(slot).user()));
  BOOST_TEST(desk.give_up(seat) == Status::succeeded);
}

BOOST_AUTO_TEST_CASE(a_deadline_that_passes_after_a_first_good_reading_has_no_failure_to_report) {
  Desk desk(within(60s));
  desk.prove_service();
  Seat seat = connected();
  const SlotId slot = desk.read(seat);
  desk.now += 2min;
  const Action action = desk.scheduler.next(seat, desk.now);
  BOOST_TEST(action.kind == Action::Kind::give_up);
  BOOST_TEST(action.status == Status::failed);
  BOOST_TEST(desk.scheduler.last_outcome(slot) == nullptr);
  BOOST_TEST(desk.scheduler.history(slot).empty());
}

BOOST_AUTO_TEST_CASE(only_what_settled_nothing_is_repeated) {
  Desk desk;
  desk.prove_service();
  Seat seat = connected();
  const SlotId slot = desk.read(seat);
  BOOST_TEST(!desk.scheduler.is_repeat(slot));
  desk.send(seat);
  desk.expect_again(seat, slot, lost());
  desk.send_when_due(seat);
  BOOST_TEST(desk.scheduler.is_repeat(slot));
  BOOST_TEST(desk.complete(seat, slot, succeeded()).has_value());
  desk.scheduler.read_back(seat, slot, Status::succeeded, desk.now);
  BOOST_TEST(!desk.scheduler.is_repeat(slot));
}

BOOST_AUTO_TEST_CASE(what_depends_on_an_unfulfilled_operation_is_given_up_unsent) {
  SchedulerSettings settings;
  settings.groups.emplace();
  Desk desk(settings);
  desk.prove_service();
  // The first and the last of four on one key lead groups of their own.
  for (const std::uint32_t line : {1U, 2U, 3U, 4U, 5U}) desk.admit_grouped(line, line != 1 && line != 4);
  Seat seat = connected();
  desk.finish(seat, desk.send(seat), rejected());
  desk.sync();
  for (int i = 0; i < 2; ++i) {
    BOOST_TEST(desk.give_up(seat) == Status::skipped);
    desk.sync();
  }
  desk.finish(seat, desk.send(seat), succeeded());
  desk.sync();
  const SlotId last = desk.send(seat);
  BOOST_TEST(desk.line(last) == 5U);
}

BOOST_AUTO_TEST_CASE(what_depends_on_an_operation_of_an_earlier_segment_is_given_up_too) {
  koodrive::Operation leader = folder_rename(1, "a");
  SchedulerSettings settings;
  settings.groups.emplace().ended(leader, Status::unknown);
  Desk desk(settings);
  desk.prove_service();
  desk.admit_grouped(2, true);
  Seat seat = connected();
  BOOST_TEST(desk.give_up(seat) == Status::skipped);
}

BOOST_AUTO_TEST_CASE(each_reading_of_a_series_has_all_attempts_and_all_time) {
  auto settings = attempts_at_most(2);
  settings.deadline = 1min;
  Desk desk(settings);
  desk.prove_service();
  desk.admit_reading(1, "a");
  Seat seat = connected();
  SlotId slot = desk.send(seat);
  for (int page = 0; page < 1000; ++page) {
    desk.expect_again(seat, slot, lost());
    BOOST_TEST_REQUIRE(desk.send_when_due(seat) == slot);
    BOOST_TEST_REQUIRE(desk.complete(seat, slot, succeeded()).has_value());
    desk.now += 50s;
    desk.scheduler.read_on(seat, slot, desk.now);
    BOOST_TEST_REQUIRE(desk.send_when_due(seat) == slot);
  }
  BOOST_TEST(desk.scheduler.history(slot).size() <= 2U, "only the attempts of the last reading are kept");
  BOOST_TEST(desk.finish(seat, slot, succeeded()) == Status::succeeded);
}

BOOST_AUTO_TEST_CASE(each_reading_of_a_series_may_be_repeated_for_the_clock) {
  Desk desk;
  desk.prove_service();
  desk.admit_reading(1, "a");
  Seat seat = connected();
  const SlotId slot = desk.send(seat);
  desk.scheduler.clock_repeats(slot).count = 1;
  desk.expect_again(seat, slot, outcome(Verdict::repeat, 401));
  desk.send_when_due(seat);
  BOOST_TEST(desk.complete(seat, slot, succeeded()).has_value());
  desk.scheduler.read_on(seat, slot, desk.now);
  BOOST_TEST(desk.scheduler.mended(slot) == 0U);
  BOOST_TEST(desk.scheduler.clock_repeats(slot).count == 0U);
}

BOOST_AUTO_TEST_CASE(a_next_request_waits_for_its_permit_without_its_seat) {
  Desk desk({}, {.rate = 10, .burst = 1});
  desk.admit_reading(1, "a");
  Seat seat = connected();
  const SlotId slot = desk.send(seat);
  BOOST_TEST(desk.complete(seat, slot, succeeded()).has_value());
  desk.scheduler.send(seat, slot, desk.now);
  BOOST_TEST((desk.wait(seat) == start + 100ms));
  Seat other = connected();
  BOOST_TEST(desk.send_when_due(other) == slot);
}

// Attempts that turn out not to have been sent.

BOOST_AUTO_TEST_CASE(a_withheld_attempt_is_as_if_it_had_never_been_tried) {
  Desk desk(attempts_at_most(1));
  desk.prove_service();
  desk.admit(1, "a");
  Seat seat = connected();
  for (int i = 0; i < 300; ++i) {
    const SlotId slot = desk.send(seat);
    BOOST_TEST(desk.scheduler.attempt(slot) == 1U);
    BOOST_TEST(!desk.scheduler.is_repeat(slot));
    desk.scheduler.withhold(seat, slot, desk.now);
    BOOST_TEST(desk.scheduler.in_flight() == 0U);
  }
  desk.now += 1h;
  const SlotId slot = desk.send(seat);
  BOOST_TEST(desk.scheduler.attempt(slot) == 1U);
  BOOST_TEST(desk.finish(seat, slot, succeeded()) == Status::succeeded);
  BOOST_TEST(desk.scheduler.history(slot).empty());
}

BOOST_AUTO_TEST_CASE(a_withheld_operation_keeps_its_place_on_its_key) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a");
  desk.admit(2, "a");
  Seat seat = connected();
  desk.scheduler.withhold(seat, desk.send(seat), desk.now);
  const SlotId slot = desk.send(seat);
  BOOST_TEST(desk.line(slot) == 1U);
  Seat other = connected();
  desk.wait(other);
}

BOOST_AUTO_TEST_CASE(a_withheld_operation_has_not_reached_the_service) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a");
  Seat seat = connected();
  desk.scheduler.withhold(seat, desk.send(seat), desk.now);
  desk.scheduler.stop();
  BOOST_TEST(desk.turn(seat) == Action::Kind::done);
  BOOST_TEST(desk.scheduler.unsettled().empty());
}

BOOST_AUTO_TEST_CASE(a_withheld_operation_that_is_left_out_was_not_sent_by_this_run) {
  Desk desk;
  desk.prove_service();
  koodrive::Operation operation = folder_rename(1, "a");
  desk.scheduler.admit(operation, true);
  Seat seat = connected();
  const SlotId slot = desk.send(seat);
  desk.scheduler.withhold(seat, slot, desk.now);
  desk.stopped.stop(UserPace::hash("user"));
  desk.wait(seat);
  BOOST_TEST(desk.scheduler.unsettled().empty(), "whoever may have sent it before knows of it");
}

BOOST_AUTO_TEST_CASE(a_withheld_retry_stays_one_and_is_counted_once) {
  Desk desk(attempts_at_most(2));
  desk.prove_service();
  desk.admit(1, "a");
  Seat seat = connected();
  desk.expect_again(seat, desk.send(seat), outcome(Verdict::not_applied, 500));
  for (int i = 0; i < 3'000; ++i) {
    const SlotId slot = desk.send_when_due(seat);
    BOOST_TEST_REQUIRE(desk.scheduler.attempt(slot) == 2U);
    desk.scheduler.withhold(seat, slot, desk.now);
  }
  BOOST_TEST((desk.now < start + 1min), "the budget for retries is not used up");
  const SlotId slot = desk.send_when_due(seat);
  BOOST_TEST(desk.scheduler.is_repeat(slot));
  BOOST_TEST(desk.finish_last(seat, slot, outcome(Verdict::not_applied, 500)) == Status::failed);
}

BOOST_AUTO_TEST_CASE(a_withheld_first_request_leaves_the_probe_to_another) {
  Desk desk;
  desk.admit_folders(2);
  Seat seat = connected();
  Seat other = connected();
  const SlotId slot = desk.send(seat);
  BOOST_TEST(seat.probing);
  desk.wait(other);
  desk.scheduler.withhold(seat, slot, desk.now);
  BOOST_TEST(!seat.probing);
  desk.send(other);
  BOOST_TEST(other.probing);
}

BOOST_AUTO_TEST_CASE(what_must_not_be_repeated_is_noted_again_after_it_was_withheld) {
  Desk desk;
  desk.prove_service();
  desk.admit(1, "a", false);
  Seat seat = connected();
  const SlotId slot = desk.send_when_due(seat);
  desk.scheduler.withhold(seat, slot, desk.now);
  const Action action = desk.scheduler.next(seat, desk.now);
  BOOST_TEST(action.kind == Action::Kind::note);
  BOOST_TEST(desk.scheduler.attempt(action.slot) == 0U, "it is the first one that is noted");
}

BOOST_AUTO_TEST_CASE(requests_withheld_take_no_room_from_others) {
  Desk desk;
  desk.prove_service();
  desk.admit_folders(2);
  Seat seat = connected();
  for (int i = 0; i < 10'000; ++i) desk.scheduler.withhold(seat, desk.send(seat), desk.now);
  BOOST_TEST(desk.scheduler.in_flight() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
