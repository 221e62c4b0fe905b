#include "koobatch/report/timeline.hpp"

#include "report_samples.hpp"

#include <fmt/format.h>

#include <numeric>

using namespace koobatch;
using namespace koobatch::report;
using namespace std::chrono_literals;

namespace {

ResultRecord finished(std::chrono::milliseconds after, Status status = Status::succeeded) {
  auto r = samples::result(1, status);
  r.at = samples::noon() + after;
  return r;
}

Timeline begun() {
  Timeline timeline;
  timeline.begin_segment(samples::run());
  return timeline;
}

std::uint64_t successes(const Timeline& timeline, std::size_t bucket) {
  return timeline.buckets().at(bucket).finished[0];
}

/// The sum over all buckets.
std::uint64_t all_successes(const Timeline& timeline) {
  return std::accumulate(timeline.buckets().begin(), timeline.buckets().end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& bucket) { return sum + bucket.finished[0]; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_timeline)

BOOST_AUTO_TEST_CASE(a_run_without_results_has_no_buckets) {
  const auto timeline = begun();
  BOOST_TEST(timeline.buckets().empty());
  BOOST_TEST((timeline.length() == 0ms));
  BOOST_TEST(timeline.segments().size() == 1U);
}

BOOST_AUTO_TEST_CASE(limits_are_told_in_running_time_and_each_segment_begins_without_one) {
  auto timeline = begun();
  auto end = samples::end();
  end.seconds = 10;
  end.limits = {{1s, 300}, {4s, 150}};
  timeline.end_segment(end);
  timeline.begin_segment(samples::run(2));
  end.limits = {{2s, 200}};
  timeline.end_segment(end);
  std::string told;
  for (const auto& [at, limit] : timeline.limits()) told += fmt::format("{} {}, ", at.count(), limit);
  BOOST_TEST(told == "1000 300, 4000 150, 10000 0, 12000 200, ");
}

BOOST_AUTO_TEST_CASE(results_are_counted_at_their_time_by_status_and_with_their_latencies) {
  auto timeline = begun();
  timeline.add(finished(0ms));
  timeline.add(finished(2ms, Status::rejected));
  auto never_sent = finished(2ms, Status::invalid);
  never_sent.latency.reset();
  timeline.add(never_sent);
  BOOST_TEST((timeline.width() == 1ms));
  BOOST_REQUIRE(timeline.buckets().size() == 3U);
  BOOST_TEST(successes(timeline, 0) == 1U);
  BOOST_TEST(timeline.buckets()[1].latencies == nullptr);
  const auto& last = timeline.buckets()[2];
  BOOST_TEST(last.finished[static_cast<std::size_t>(Status::rejected)] == 1U);
  BOOST_TEST(last.finished[static_cast<std::size_t>(Status::invalid)] == 1U);
  BOOST_REQUIRE(last.latencies != nullptr);
  BOOST_TEST(last.latencies->count() == 1U);
}

BOOST_AUTO_TEST_CASE(buckets_are_merged_when_there_are_too_many_and_nothing_is_lost) {
  auto timeline = begun();
  constexpr int results = 10'000;
  for (int i = 0; i < results; ++i) {
    timeline.add(finished(std::chrono::milliseconds(i * 7)));
    BOOST_REQUIRE(timeline.buckets().size() <= Timeline::most_buckets);
  }
  BOOST_TEST((timeline.width() == 1s));
  BOOST_TEST(timeline.buckets().size() == 70U);
  // Between 1 and 2 s, there is a result every 7 ms.
  BOOST_TEST(successes(timeline, 1) == 143U);
  BOOST_TEST(timeline.buckets()[1].latencies->count() == 143U);
  BOOST_TEST(all_successes(timeline) == static_cast<std::uint64_t>(results));
}

BOOST_AUTO_TEST_CASE(merging_keeps_everything_in_its_place_whatever_the_order) {
  // The same results, with the widest span first in one case and last in the other.
  std::vector<ResultRecord> results;
  for (int i = 0; i < 500; ++i) results.push_back(finished(std::chrono::milliseconds(i * i)));
  auto forward = begun(), backward = begun();
  for (const auto& r : results) forward.add(r);
  for (auto r = results.rbegin(); r != results.rend(); ++r) backward.add(*r);
  BOOST_TEST((forward.width() == backward.width()));
  BOOST_REQUIRE(forward.buckets().size() == backward.buckets().size());
  for (std::size_t i = 0; i < forward.buckets().size(); ++i) {
    BOOST_TEST(successes(forward, i) == successes(backward, i));
  }
}

BOOST_AUTO_TEST_CASE(repeated_attempts_are_counted_by_end_time_and_cause) {
  auto timeline = begun();
  auto r = finished(9ms);
  const std::vector<AttemptRecord> history = {{1, 429, {}, "", samples::noon() + 1ms, 1ms},
                                              {2, 500, {}, "", samples::noon() + 2ms, 1ms},
                                              {3, 0, {}, "reset", samples::noon() + 3ms, 1ms},
                                              {4, 503, {}, "", samples::noon() + 3ms, 1ms},
                                              {5, 200, 0, "", samples::noon() + 9ms, 1ms}};
  r.history = history;
  timeline.add(r);
  const auto at = [&](std::size_t bucket, Repeat why) {
    return timeline.buckets().at(bucket).repeated[static_cast<std::size_t>(why)];
  };
  BOOST_TEST(at(1, Repeat::throttled) == 1U);
  BOOST_TEST(at(2, Repeat::refused) == 1U);
  BOOST_TEST(at(3, Repeat::silent) == 1U);
  BOOST_TEST(at(3, Repeat::throttled) == 1U);
  // The last attempt was not repeated.
  BOOST_TEST(at(9, Repeat::refused) == 0U);
  BOOST_TEST(at(9, Repeat::throttled) == 0U);
}

BOOST_AUTO_TEST_CASE(a_resumed_run_continues_where_it_stopped) {
  auto timeline = begun();
  timeline.add(finished(1ms));
  auto end = samples::end();
  end.seconds = 0.005;
  timeline.end_segment(end);
  BOOST_TEST((timeline.length() == 5ms));
  auto later = samples::run(2);
  later.started += 24h;
  timeline.begin_segment(later);
  timeline.add(finished(24h + 2ms));
  BOOST_REQUIRE(timeline.segments().size() == 2U);
  BOOST_TEST((timeline.segments()[1] == 5ms));
  BOOST_TEST(timeline.buckets().size() == 8U);
  BOOST_TEST(successes(timeline, 7) == 1U);
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_set_back_does_not_reach_into_an_earlier_segment) {
  auto timeline = begun();
  timeline.add(finished(3ms));
  timeline.begin_segment(samples::run(2));
  timeline.add(finished(-1h));
  BOOST_TEST(successes(timeline, 3) == 2U);
}

BOOST_AUTO_TEST_CASE(times_centuries_apart_fit_too) {
  Timeline timeline;
  for (unsigned segment = 1; segment <= 9; ++segment) {
    auto run = samples::run(segment);
    run.started = *parse_timestamp("0001-01-01T00:00:00.000Z");
    timeline.begin_segment(run);
    auto last = samples::result(segment);
    last.at = *parse_timestamp("9999-12-31T23:59:59.999Z");
    timeline.add(last);
    auto end = samples::end(segment);
    end.seconds = 1e12;
    timeline.end_segment(end);
  }
  BOOST_TEST(timeline.buckets().size() <= Timeline::most_buckets);
  BOOST_TEST(all_successes(timeline) == 9U);
}

BOOST_AUTO_TEST_SUITE_END()
