#include "koobatch/observe/progress.hpp"

#include "contains.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::observe;
using namespace std::chrono_literals;
using koobatch::test::contains;

namespace {

const TimePoint start{};

Snapshot snapshot_of(std::uint64_t succeeded, std::uint64_t operations) {
  Snapshot snapshot;
  snapshot.operations = operations;
  snapshot.by_status[static_cast<std::size_t>(Status::succeeded)] = succeeded;
  return snapshot;
}

Snapshot with(Snapshot snapshot, Status status, std::uint64_t count) {
  snapshot.by_status[static_cast<std::size_t>(status)] = count;
  return snapshot;
}

Snapshot waiting(Snapshot snapshot, Duration wait) {
  snapshot.pace.wait = wait;
  snapshot.pace.wait_http = 503;
  return snapshot;
}

double seconds_left(const Progress& progress) {
  const auto left = progress.time_left();
  BOOST_TEST_REQUIRE(left.has_value());
  return seconds(*left);
}

/// A run of 1,000,000 at 100,000/s for 4 s, with some of every trouble.
Progress troubled_run() {
  Progress progress;
  progress.update(snapshot_of(0, 1'000'000), start);
  Snapshot now = snapshot_of(400'000 - 1'045, 1'000'000);
  now = with(now, Status::rejected, 1'000);
  now = with(now, Status::failed, 30);
  now = with(now, Status::unknown, 10);
  now = with(now, Status::invalid, 5);
  now.in_flight = 16;
  now.retries = 33;
  now.throttled = 2;
  progress.update(now, start + 4s);
  return progress;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(progress)

BOOST_AUTO_TEST_CASE(before_time_has_passed_there_is_no_pace_and_no_estimate) {
  Progress progress;
  BOOST_TEST(progress.rate() == 0);
  progress.update(snapshot_of(5, 100), start);
  BOOST_TEST(progress.rate() == 0);
  BOOST_TEST(progress.mean_rate() == 0);
  BOOST_TEST(!progress.time_left().has_value());
  BOOST_TEST(contains(render_plain(progress), "ETA -"));
}

BOOST_AUTO_TEST_CASE(the_current_pace_forgets_everything_before_the_window) {
  Progress progress;
  // 10/s for 20 s, then 100/s for 5 s.
  for (int s = 0; s <= 20; ++s)
    progress.update(snapshot_of(static_cast<std::uint64_t>(s) * 10, 10'000), start + s * 1s);
  BOOST_TEST(progress.rate() == 10.0);
  for (int s = 1; s <= 5; ++s) {
    progress.update(snapshot_of(200 + static_cast<std::uint64_t>(s) * 100, 10'000), start + (20 + s) * 1s);
  }
  BOOST_TEST(progress.rate() == 100.0);
  BOOST_TEST(progress.mean_rate() == 28.0);
}

BOOST_AUTO_TEST_CASE(rare_updates_still_give_a_pace) {
  Progress progress;
  progress.update(snapshot_of(0, 1000), start);
  progress.update(snapshot_of(100, 1000), start + 10s);
  progress.update(snapshot_of(400, 1000), start + 20s);
  BOOST_TEST(progress.rate() == 30.0);
}

BOOST_AUTO_TEST_CASE(the_time_left_follows_the_current_pace) {
  Progress progress;
  progress.update(snapshot_of(0, 1000), start);
  progress.update(snapshot_of(100, 1000), start + 1s);
  BOOST_TEST_REQUIRE(progress.time_left().has_value());
  BOOST_TEST(progress.time_left()->count() == Duration(9s).count());
  // Nothing for longer than the window: no estimate any more.
  progress.update(snapshot_of(100, 1000), start + 3s);
  progress.update(snapshot_of(100, 1000), start + 1s + Progress::estimate_window);
  progress.update(snapshot_of(100, 1000), start + 3s + Progress::estimate_window);
  BOOST_TEST(!progress.time_left().has_value());
}

BOOST_AUTO_TEST_CASE(a_current_wait_is_added_to_the_time_left) {
  Progress progress;
  progress.update(snapshot_of(0, 1000), start);
  progress.update(waiting(snapshot_of(100, 1000), 20s), start + 10s);
  BOOST_TEST(seconds_left(progress) == 110);
  progress.update(waiting(snapshot_of(100, 1000), 5s), start + 25s);
  BOOST_TEST(seconds_left(progress) == 95);
  BOOST_TEST(contains(render_bar(progress, 120), "ETA 1m35s  waiting 5s as asked (HTTP 503)"));
  BOOST_TEST(contains(render_plain(progress), "waiting 5s as asked (HTTP 503), ETA 1m35s"));
}

BOOST_AUTO_TEST_CASE(waits_are_expected_to_recur) {
  Progress progress;
  progress.update(snapshot_of(0, 1000), start);
  // 10 s of work, 10 s of waiting, and so on.
  for (int round = 0; round < 4; ++round) {
    const auto done = static_cast<std::uint64_t>(round + 1) * 100;
    const TimePoint at = start + round * 20s;
    progress.update(waiting(snapshot_of(done, 1000), 10s), at + 10s);
    progress.update(snapshot_of(done, 1000), at + 20s);
  }
  BOOST_TEST(seconds_left(progress) == 120);
}

BOOST_AUTO_TEST_CASE(waits_long_ago_are_forgotten) {
  Progress progress;
  progress.update(waiting(snapshot_of(0, 10'000), 100s), start);
  progress.update(snapshot_of(0, 10'000), start + 100s);
  for (int s = 1; s <= 70; ++s) {
    progress.update(snapshot_of(static_cast<std::uint64_t>(s) * 10, 10'000), start + 100s + s * 1s);
  }
  BOOST_TEST(seconds_left(progress) == 930);
}

BOOST_AUTO_TEST_CASE(outages_and_pauses_of_the_user_leave_the_estimate_as_it_was) {
  for (const bool paused : {false, true}) {
    Progress progress;
    progress.update(snapshot_of(0, 1000), start);
    Snapshot still = snapshot_of(100, 1000);
    still.pace.paused = paused;
    still.pace.down = !paused;
    progress.update(still, start + 10s);
    progress.update(still, start + 3h);
    BOOST_TEST(!progress.time_left().has_value());
    progress.update(snapshot_of(100, 1000), start + 3h);
    BOOST_TEST(seconds_left(progress) == 90);
    progress.update(snapshot_of(200, 1000), start + 3h + 10s);
    BOOST_TEST(seconds_left(progress) == 80);
  }
}

BOOST_AUTO_TEST_CASE(a_known_limit_bounds_the_estimate) {
  Progress progress;
  Snapshot now = snapshot_of(0, 1000);
  now.pace.rate = 50;
  progress.update(now, start);
  // A burst at the start does not count as a pace.
  now = with(now, Status::succeeded, 100);
  progress.update(now, start + 1s);
  BOOST_TEST(seconds_left(progress) == 18);
  now.pace.found.limit = 10;
  now.pace.limit_http = 429;
  progress.update(now, start + 1s);
  BOOST_TEST(seconds_left(progress) == 90);
  BOOST_TEST(contains(render_plain(progress), "throttled to 10/s by HTTP 429"));
}

BOOST_AUTO_TEST_CASE(under_another_limit_the_estimate_begins_anew) {
  Progress progress;
  Snapshot now = snapshot_of(0, 1000);
  now.pace.rate = 10;
  progress.update(now, start);
  now = with(now, Status::succeeded, 100);
  now.pace.rate = 100;
  progress.update(now, start + 10s);
  BOOST_TEST(!progress.time_left().has_value());
  now = with(now, Status::succeeded, 200);
  progress.update(now, start + 11s);
  BOOST_TEST(seconds_left(progress) == 8);
}

BOOST_AUTO_TEST_CASE(of_several_reasons_the_strongest_is_shown) {
  Snapshot snapshot;
  PaceState& pace = snapshot.pace;
  BOOST_TEST(describe(snapshot) == "");
  pace.found.limit = 120;
  pace.limit_http = 429;
  BOOST_TEST(describe(snapshot) == "throttled to 120/s by HTTP 429");
  pace.limit_declared = true;
  BOOST_TEST(describe(snapshot) == "limited to 120/s, as the service declares");
  pace.limit_declared = false;
  pace.found.in_flight = 8;
  pace.found.noise = 0.05;
  BOOST_TEST(describe(snapshot) == "throttled to 120/s by HTTP 429, at most 8 in flight");
  pace.found.limit = 0;
  BOOST_TEST(describe(snapshot) == "at most 8 in flight");
  pace.wait = 11'200ms;
  pace.wait_http = 503;
  BOOST_TEST(describe(snapshot) == "waiting 12s as asked (HTTP 503)");
  pace.down = true;
  BOOST_TEST(describe(snapshot) == "service not answering");
  pace.down_http = 500;
  BOOST_TEST(describe(snapshot) == "service failing (HTTP 500)");
  pace.down_http = 200;
  BOOST_TEST(describe(snapshot) == "something else answers (HTTP 200)");
  pace.renewing = true;
  BOOST_TEST(describe(snapshot) == "renewing credentials");
  pace.paused = true;
  BOOST_TEST(describe(snapshot) == "paused");
  snapshot.ending = true;
  BOOST_TEST(describe(snapshot) == "ending");
}

BOOST_AUTO_TEST_CASE(operations_done_before_a_resumption_do_not_count_towards_the_pace) {
  Progress progress;
  progress.update(snapshot_of(900, 1000), start);
  progress.update(snapshot_of(910, 1000), start + 1s);
  BOOST_TEST(progress.mean_rate() == 10.0);
  BOOST_TEST(progress.fraction() == 0.91);
}

BOOST_AUTO_TEST_CASE(a_run_without_operations_is_all_done) {
  Progress progress;
  progress.update(snapshot_of(0, 0), start);
  BOOST_TEST(progress.fraction() == 1.0);
}

BOOST_AUTO_TEST_CASE(a_wide_terminal_shows_everything) {
  const auto row = render_bar(troubled_run(), 200);
  BOOST_TEST(row ==
             "[================>                       ]   40%  400,000/1,000,000  100,000/s  100,000/s mean  ETA 6s  "
             "1,000 rejected  30 failed  10 unknown  5 invalid  16 in flight  33 retries  2 throttled");
}

BOOST_AUTO_TEST_CASE(no_row_is_wider_than_its_terminal) {
  const auto progress = troubled_run();
  for (std::size_t width = 0; width <= 250; ++width) {
    BOOST_TEST(render_bar(progress, width).size() <= width);
  }
}

BOOST_AUTO_TEST_CASE(a_narrow_terminal_keeps_what_matters_most) {
  const auto progress = troubled_run();
  const auto at_80 = render_bar(progress, 80);
  BOOST_TEST(contains(at_80, "40%"));
  BOOST_TEST(contains(at_80, "400,000/1,000,000"));
  BOOST_TEST(contains(at_80, "ETA 6s"));
  BOOST_TEST(contains(at_80, "1,000 rejected"));
  const auto at_30 = render_bar(progress, 30);
  BOOST_TEST(contains(at_30, "40%  400,000/1,000,000"));
  BOOST_TEST(!contains(at_30, "ETA"));
  BOOST_TEST(render_bar(progress, 6) == " 40%");
  BOOST_TEST(render_bar(progress, 2) == " 4");
}

BOOST_AUTO_TEST_CASE(a_service_that_does_not_answer_is_named_in_place_of_pace_and_estimate) {
  Progress progress;
  progress.update(snapshot_of(0, 1000), start);
  Snapshot down = snapshot_of(100, 1000);
  down.pace.down = true;
  progress.update(down, start + 1s);
  const auto row = render_bar(progress, 80);
  BOOST_TEST(contains(row, "service not answering"));
  BOOST_TEST(!contains(row, "ETA"));
  const auto line = render_plain(progress);
  BOOST_TEST(contains(line, "service not answering"));
  BOOST_TEST(!contains(line, "ETA"));
}

BOOST_AUTO_TEST_CASE(the_percentage_reaches_100_only_when_all_is_done) {
  Progress progress;
  progress.update(snapshot_of(999'999, 1'000'000), start);
  BOOST_TEST(contains(render_bar(progress, 80), " 99%"));
  progress.update(snapshot_of(1'000'000, 1'000'000), start + 1s);
  const auto row = render_bar(progress, 80);
  BOOST_TEST(contains(row, "100%"));
  BOOST_TEST(contains(row, "===]"));
}

BOOST_AUTO_TEST_CASE(the_plain_line_tells_the_same_in_words) {
  BOOST_TEST(
      render_plain(troubled_run()) ==
      "400,000 of 1,000,000 done (40%), 100,000/s now, 100,000/s on average, 1,000 rejected, 30 failed, 10 unknown, "
      "5 invalid, 16 in flight, 33 retries, 2 throttled, ETA 6s");
}

BOOST_AUTO_TEST_CASE(where_the_number_of_operations_is_not_known_what_is_done_is_told_alone) {
  Progress progress;
  progress.update(snapshot_of(0, 0), start);
  progress.update(snapshot_of(1'000, 0), start + 2s);
  BOOST_TEST(render_plain(progress) == "1,000 done, 500/s now, 500/s on average");
  BOOST_TEST(render_bar(progress, 80) == "1,000 done  500/s  500/s mean");
}

BOOST_AUTO_TEST_CASE(slow_paces_keep_a_decimal) {
  Progress progress;
  progress.update(snapshot_of(0, 100), start);
  progress.update(snapshot_of(1, 100), start + 2s);
  BOOST_TEST(contains(render_plain(progress), "0.5/s now"));
}

BOOST_AUTO_TEST_SUITE_END()
