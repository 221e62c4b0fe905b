#include "pace/ideal.hpp"
#include "pace/measures.hpp"
#include "pace/play.hpp"
#include "pace/recorded.hpp"
#include "pace/score.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <set>

using namespace koobatch;
using namespace koobatch::pace_bench;
using Shape = QuotaSpec::Shape;

namespace {

Row row_with(const QuotaSpec& quota, std::uint64_t operations) {
  Row row{.family = "test", .name = "row"};
  row.spec.quota = quota;
  row.any_phase = false;
  row.jobs[0].operations = operations;
  return row;
}

QuotaSpec clock(const RateCurve& rate) {
  return {.shape = Shape::clock_window, .rate = rate};
}

/// A client whose requests are accepted at an even rate until its job is done.
Played even(double rate, double until) {
  Played client;
  for (int i = 0; i < static_cast<int>(rate * until); ++i) {
    client.trace.count(origin + from_seconds((i + 0.5) / rate), {});
  }
  client.progress = {.finished = until, .last_fresh = until};
  return client;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(scoreboard_measures)

BOOST_AUTO_TEST_CASE(the_ideal_time_with_windows_is_that_of_the_last_window_needed) {
  // 300 at once at 0, 1, 2 ... 14 s.
  const double ideal = ideal_time(row_with(clock(300), 4500));
  BOOST_TEST(ideal > 14.0);
  BOOST_TEST(ideal < 14.1);
}

BOOST_AUTO_TEST_CASE(the_ideal_time_with_a_bucket_begins_with_its_whole_burst) {
  const double ideal = ideal_time(row_with({.shape = Shape::bucket, .rate = 300, .burst = 1}, 3300));
  BOOST_TEST(std::abs(ideal - 10) < 0.01);
}

BOOST_AUTO_TEST_CASE(the_ideal_time_with_a_sliding_window_begins_with_its_whole_quota) {
  const double ideal = ideal_time(row_with({.shape = Shape::sliding_window, .rate = 300}, 3000));
  BOOST_TEST(ideal > 9.0);
  BOOST_TEST(ideal < 9.1);
}

BOOST_AUTO_TEST_CASE(without_a_quota_connections_and_latency_are_the_limit) {
  Row row = row_with({}, 1600);
  row.spec.work.latency = 0.1;
  BOOST_TEST(std::abs(ideal_time(row) - 10.1) < 0.01);
  row.spec.work.most_in_flight = 8;
  BOOST_TEST(std::abs(ideal_time(row) - 20.1) < 0.01);
  row.jobs[0].rate = 40;
  BOOST_TEST(std::abs(ideal_time(row) - 40.1) < 0.01);
}

BOOST_AUTO_TEST_CASE(noise_and_outages_make_the_ideal_time_longer) {
  Row row = row_with({.shape = Shape::bucket, .rate = 100}, 1000);
  BOOST_TEST(std::abs(ideal_time(row) - 10) < 0.02);
  row.spec.noise.share = 0.5;
  BOOST_TEST(std::abs(ideal_time(row) - 20) < 0.02);
  row.spec.outages = {{OutageSpec::Kind::status, 5, 12, 503}};
  BOOST_TEST(std::abs(ideal_time(row) - 27) < 0.02);
}

BOOST_AUTO_TEST_CASE(a_request_that_fails_immediately_frees_its_connection) {
  Row row = row_with({}, 1600);
  row.spec.work.latency = 0.1;
  row.spec.noise.share = 0.5;
  // 3,200 requests on 16 connections, half of them at 100 ms, half at 1 ms.
  BOOST_TEST(std::abs(ideal_time(row) - 10.2) < 0.02);
}

BOOST_AUTO_TEST_CASE(a_job_that_is_never_accepted_takes_forever) {
  BOOST_TEST(std::isinf(ideal_time(row_with({.total = 10}, 11))));
}

BOOST_AUTO_TEST_CASE(capacity_follows_a_changing_rate) {
  const Row row = row_with(clock(RateCurve(300).step(5, 600)), 1);
  BOOST_TEST(std::abs(capacity(row, 3, 7) - 1800) < 1);
}

BOOST_AUTO_TEST_CASE(a_client_that_sends_nothing_scores_nothing) {
  const Row row = row_with(clock(300), 3000);
  const Measures it = measure(row, std::vector<Played>(1), 20);
  BOOST_REQUIRE(it.utilisation.has_value());
  BOOST_TEST(*it.utilisation == 0);
  BOOST_TEST(std::isinf(*it.completion));
  BOOST_TEST(missed(row, row.goals, it).utilisation);
  BOOST_TEST(missed(row, row.goals, it).completion);
}

BOOST_AUTO_TEST_CASE(a_client_that_sends_exactly_what_is_allowed_reaches_every_goal) {
  const Row row = row_with(clock(300), 3000);
  const Measures it = measure(row, {even(300, 10)}, 10);
  BOOST_TEST(std::abs(*it.utilisation - 1) < 0.01);
  BOOST_TEST(!missed(row, row.goals, it).any());
}

BOOST_AUTO_TEST_CASE(a_miss_within_a_bound_is_no_avoidable_one) {
  const Row row = row_with(clock(300), 3000);
  const Measures it = measure(row, {even(270, 12)}, 12);
  BOOST_TEST(missed(row, row.goals, it).utilisation);
  BOOST_TEST(!missed(row, {.utilisation = 0.89}, it).utilisation);
  BOOST_TEST(missed(row, {.utilisation = 0.91}, it).utilisation);
}

BOOST_AUTO_TEST_CASE(half_of_what_is_possible_is_half_the_utilisation) {
  const Measures it = measure(row_with(clock(300), 1500), {even(150, 10)}, 10);
  BOOST_TEST(std::abs(*it.utilisation - 0.5) < 0.01);
}

BOOST_AUTO_TEST_CASE(refusals_count_as_early_or_late) {
  Played client = even(300, 10);
  for (int i = 0; i < 30; ++i) client.trace.count(origin + from_seconds(1), {.what = Reply::What::refused});
  for (int i = 0; i < 21; ++i) client.trace.count(origin + from_seconds(5), {.what = Reply::What::refused});
  const Row row = row_with(clock(300), 3000);
  const Measures it = measure(row, {client}, 10);
  BOOST_TEST(std::abs(*it.early - 0.1) < 1e-6);
  BOOST_TEST(std::abs(*it.late - 0.01) < 1e-4);
  BOOST_TEST(missed(row, row.goals, it).early);
}

BOOST_AUTO_TEST_CASE(recovery_time_is_counted_from_the_change) {
  Row row = row_with(clock(RateCurve(100).step(5, 200)), 2000);
  row.changes = {{5, true}};
  Played client = even(100, 8);
  for (int i = 0; i < 1400; ++i) client.trace.count(origin + from_seconds(8 + i / 200.0), {});
  client.progress = {.finished = 15, .last_fresh = 15};
  BOOST_TEST(*measure(row, {client}, 15).back_up == 3);
}

BOOST_AUTO_TEST_CASE(fairness_is_the_ratio_of_the_slowest_to_the_fastest) {
  Row row = row_with(clock(300), 2000);
  row.jobs.assign(2, row.jobs[0]);
  BOOST_TEST(std::abs(*measure(row, {even(200, 10), even(100, 20)}, 20).fairness - 0.5) < 0.02);
}

BOOST_AUTO_TEST_CASE(a_job_that_was_given_up_is_not_done) {
  Played client = even(1, 10);
  client.progress.lost = 2000;
  BOOST_TEST(std::isinf(*measure(row_with(clock(300), 3000), {client}, 10).completion));
}

BOOST_AUTO_TEST_CASE(equal_seeds_play_equal_runs) {
  Row row = row_with(clock(50), 300);
  row.any_phase = true;
  for (const Player player : {Player::koobatch, Player::backoff, Player::aimd, Player::cubic}) {
    const Measures one = play(row, player, 7);
    const Measures other = play(row, player, 7);
    BOOST_TEST(one.refused == other.refused);
    BOOST_TEST(*one.completion == *other.completion);
    BOOST_TEST(one.latency == other.latency);
  }
}

BOOST_AUTO_TEST_CASE(every_client_completes_a_small_job) {
  const Row row = row_with({.shape = Shape::bucket, .rate = 50, .burst = 1}, 200);
  for (const Player player : {Player::koobatch, Player::backoff, Player::aimd, Player::cubic}) {
    const Measures it = play(row, player, 3);
    BOOST_TEST(std::isfinite(*it.completion), name_of(player));
    BOOST_TEST(*it.completion >= 1 - 1e-6, name_of(player) << " must not be faster than the ideal");
    BOOST_TEST(it.lost == 0);
  }
}

BOOST_AUTO_TEST_CASE(only_a_figure_worse_by_more_than_its_margin_is_a_regression) {
  Score score{.row = row_with(clock(300), 1)};
  score.ours.utilisation = 0.95;
  const std::string record = recorded({score});
  BOOST_TEST(find_regressions({score}, record, true).empty());
  score.ours.utilisation = 0.93;
  BOOST_TEST(find_regressions({score}, record, true).empty());
  score.ours.utilisation = 0.9;
  BOOST_TEST(find_regressions({score}, record, true).size() == 1U);
  score.row.name = "another";
  BOOST_TEST(find_regressions({score}, record, true).size() == 2U, "one row is not recorded, one no longer exists");
}

BOOST_AUTO_TEST_CASE(no_two_rows_have_the_same_name) {
  std::set<std::string> names;
  for (const Row& row : all_rows()) BOOST_TEST(names.insert(row.family + "/" + row.name).second, row.name);
  BOOST_TEST(names.size() > 100U);
}

BOOST_AUTO_TEST_SUITE_END()
