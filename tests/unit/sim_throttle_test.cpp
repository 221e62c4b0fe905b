#include "sim/throttle.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace koobatch::sim {
namespace {

using namespace std::chrono_literals;

const TimePoint start = TimePoint(1000h);

/// A throttle as written on the command line, and a client whose requests are all still unanswered.
struct Limited {
  Throttle throttle;
  std::vector<Throttle::Place> in_flight{};

  explicit Limited(std::string_view text) : throttle(parse_throttle(text).value(), TimePoint()) {}

  Throttle::Verdict verdict(TimePoint now, std::string_view user = "") {
    Throttle::Place place;
    const auto verdict = throttle.admit(user, now, place);
    if (place.taken) in_flight.push_back(place);
    return verdict;
  }
  bool admit(TimePoint now, std::string_view user = "") {
    return verdict(now, user).refusal == Throttle::Refusal::none;
  }
  void answer_one() {
    throttle.leave(in_flight.back());
    in_flight.pop_back();
  }
  /// How many of `requests` sent at once are admitted.
  int burst(TimePoint now, int requests = 5000) {
    int admitted = 0;
    for (int i = 0; i < requests; ++i) admitted += admit(now);
    return admitted;
  }
  /// The times at which requests sent at equal intervals over `span` are admitted.
  std::vector<TimePoint> flood(TimePoint from, Duration span, Duration distance) {
    std::vector<TimePoint> admitted;
    for (TimePoint t = from; t < from + span; t += distance) {
      if (admit(t)) admitted.push_back(t);
    }
    return admitted;
  }
  int count(TimePoint from, Duration span, Duration distance) {
    return static_cast<int>(flood(from, span, distance).size());
  }
};

/// The highest number in any interval of length `length`, wherever it begins.
std::ptrdiff_t most_within(const std::vector<TimePoint>& times, Duration length) {
  std::ptrdiff_t most = 0;
  for (auto first = times.begin(), last = first; first != times.end(); ++first) {
    while (last != times.end() && *last < *first + length) ++last;
    most = std::max(most, last - first);
  }
  return most;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_throttle)

// The bucket, which a bare rate means.

BOOST_AUTO_TEST_CASE(without_a_rate_everything_passes) {
  BOOST_TEST(Limited("none").burst(start) == 5000);
}

BOOST_AUTO_TEST_CASE(a_pace_at_the_rate_is_never_throttled) {
  BOOST_TEST(Limited("1000/s").count(start, 60s, 1ms) == 60'000);
}

BOOST_AUTO_TEST_CASE(a_burst_after_silence_is_a_tenth_of_a_seconds_worth) {
  Limited service("1000/s");
  BOOST_TEST(service.burst(start) == 100);
  BOOST_TEST(!service.admit(start + 999us));
  BOOST_TEST(service.admit(start + 1ms));
  BOOST_TEST(!service.admit(start + 1ms));
}

BOOST_AUTO_TEST_CASE(a_flood_gets_the_rate_and_the_burst_and_no_more) {
  BOOST_TEST(Limited("500/s").count(start, 10s, 10us) == 500 * 10 + 50 - 1);
}

BOOST_AUTO_TEST_CASE(low_rates_admit_one_at_a_time) {
  Limited service("30/min");
  BOOST_TEST(service.admit(start));
  BOOST_TEST(!service.admit(start + 1999ms));
  BOOST_TEST(service.admit(start + 2s));
}

BOOST_AUTO_TEST_CASE(idle_time_earns_no_more_than_the_burst) {
  Limited service("100/s");
  BOOST_TEST(service.admit(start));
  BOOST_TEST(service.burst(start + 1h) == 10);
}

BOOST_AUTO_TEST_CASE(a_step_back_in_time_earns_nothing) {
  Limited service("10/s");
  BOOST_TEST(service.admit(start + 1s));
  BOOST_TEST(!service.admit(start + 1s - 1ms));
  BOOST_TEST(!service.admit(start + 1099ms));
  BOOST_TEST(service.admit(start + 1100ms));
}

BOOST_AUTO_TEST_CASE(a_rate_with_a_fractional_interval_in_nanoseconds_stays_exact_for_hours) {
  const int admitted = Limited("30/s").count(start, 3h, 10ms);
  BOOST_TEST(admitted >= 30 * 3 * 3600);
  BOOST_TEST(admitted <= 30 * 3 * 3600 + 3);
}

BOOST_AUTO_TEST_CASE(a_bucket_holds_its_configured_burst) {
  BOOST_TEST(Limited("300/s,bucket=1s").burst(start) == 300);
  BOOST_TEST(Limited("300/s,bucket=0.1s").burst(start) == 30);
  BOOST_TEST(Limited("300/s,bucket=0").burst(start) == 1);
}

// Windows.

BOOST_AUTO_TEST_CASE(every_clock_window_admits_exactly_its_quota) {
  const auto admitted = Limited("300/s,window").flood(start + 700ms, 10s, 500us);
  for (auto second = start; second < start + 10s; second += 1s) {
    const auto in_it =
        std::count_if(admitted.begin(), admitted.end(), [&](TimePoint t) { return t >= second && t < second + 1s; });
    BOOST_TEST(in_it == 300);
  }
}

BOOST_AUTO_TEST_CASE(a_window_admits_its_quota_at_any_moment_so_twice_around_its_end) {
  Limited service("300/s,window");
  BOOST_TEST(service.burst(start + 999ms) == 300);
  BOOST_TEST(service.burst(start + 1s) == 300);
  BOOST_TEST(service.burst(start + 1999ms) == 0);
}

BOOST_AUTO_TEST_CASE(a_window_is_as_long_as_its_rates_unit_or_as_configured) {
  BOOST_TEST(Limited("60/min,window").burst(start) == 60);
  BOOST_TEST(Limited("300/s,window=10s").burst(start) == 3000);
  BOOST_TEST(Limited("300/s,window=100ms").burst(start) == 30);
  Limited by_the_minute("100/min,window");
  BOOST_TEST(by_the_minute.burst(start + 30s) == 100);
  BOOST_TEST(!by_the_minute.admit(start + 1min - 1ns));
  BOOST_TEST(by_the_minute.burst(start + 1min) == 100);
}

BOOST_AUTO_TEST_CASE(windows_are_aligned_with_the_clock) {
  const TimePoint clock(-Duration(123'456'789ns));
  Throttle throttle(parse_throttle("1/s,window").value(), clock);
  Throttle::Place place;
  const auto admits = [&](TimePoint t) { return throttle.admit("", t, place).refusal == Throttle::Refusal::none; };
  BOOST_TEST(admits(clock + 3600s + 999ms));
  BOOST_TEST(!admits(clock + 3601s - 1ns));
  BOOST_TEST(admits(clock + 3601s));
}

BOOST_AUTO_TEST_CASE(a_step_back_over_the_end_of_a_window_earns_nothing) {
  Limited service("5/s,window");
  BOOST_TEST(service.burst(start + 1s) == 5);
  BOOST_TEST(!service.admit(start + 999ms));
}

BOOST_AUTO_TEST_CASE(a_sliding_window_never_admits_more_than_its_quota_wherever_it_begins) {
  for (const auto distance : {100us, 700us, 10us}) {
    const auto admitted = Limited("300/s,sliding").flood(start + 350ms, 5s, distance);
    BOOST_TEST(most_within(admitted, 1s) == 300);
    BOOST_TEST(admitted.size() >= 1495U);
  }
  const auto admitted = Limited("30000/s,sliding").flood(start, 3s, 20us);
  BOOST_TEST(most_within(admitted, 1s) == 30'000);
  BOOST_TEST(admitted.size() >= 89'800U);
}

BOOST_AUTO_TEST_CASE(a_request_leaves_a_sliding_window_when_it_is_as_old_as_the_window) {
  Limited service("2/s,sliding");
  BOOST_TEST(service.admit(start));
  BOOST_TEST(service.admit(start + 400ms));
  BOOST_TEST(!service.admit(start + 1s - 1ns));
  BOOST_TEST(service.admit(start + 1s));
  BOOST_TEST(!service.admit(start + 1s));
  BOOST_TEST(service.admit(start + 1400ms));
  BOOST_TEST(!service.admit(start + 1300ms), "nor does a step back in time");
}

// What is in flight.

BOOST_AUTO_TEST_CASE(requests_in_flight_are_limited_and_an_answer_makes_room) {
  Limited service("concurrency=8");
  BOOST_TEST(service.burst(start) == 8);
  BOOST_TEST(service.verdict(start).refusal == Throttle::Refusal::concurrency);
  service.answer_one();
  BOOST_TEST(service.burst(start) == 1);
}

BOOST_AUTO_TEST_CASE(a_request_refused_for_the_number_in_flight_uses_no_quota) {
  Limited service("4/s,window,concurrency=2");
  BOOST_TEST(service.burst(start) == 2);
  for (int i = 0; i < 2; ++i) service.answer_one();
  BOOST_TEST(service.burst(start) == 2);
  for (int i = 0; i < 2; ++i) service.answer_one();
  BOOST_TEST(service.verdict(start).refusal == Throttle::Refusal::rate);
  BOOST_TEST(service.in_flight.empty(), "nor are requests that the quota refuses in flight");
}

BOOST_AUTO_TEST_CASE(leaving_a_place_that_was_not_taken_changes_nothing) {
  Limited service("concurrency=1");
  BOOST_TEST(service.admit(start));
  Throttle::Place none;
  service.throttle.leave(none);
  BOOST_TEST(!service.admit(start));
}

// Users.

BOOST_AUTO_TEST_CASE(users_are_throttled_separately) {
  for (const auto* text : {"10/s,per-user", "1/s,window,per-user", "1/s,sliding,per-user", "concurrency=1,per-user"}) {
    Limited service(text);
    BOOST_TEST(service.admit(start, "a"), text);
    BOOST_TEST(!service.admit(start, "a"), text);
    BOOST_TEST(service.admit(start, "b"), text);
    if (!service.in_flight.empty()) service.answer_one();
    BOOST_TEST(!service.admit(start, "a"), text);
  }
  Limited together("10/s");
  BOOST_TEST(together.admit(start, "a"));
  BOOST_TEST(!together.admit(start, "b"));
}

BOOST_AUTO_TEST_CASE(users_who_have_their_whole_quota_again_are_forgotten) {
  for (const auto* text :
       {"10/s,per-user", "10/s,window,per-user", "10/s,sliding,per-user", "concurrency=2,per-user"}) {
    Limited service(text);
    std::size_t most = 0;
    for (int user = 0; user < 100'000; ++user) {
      BOOST_TEST_REQUIRE(service.admit(start + user * 1ms, std::to_string(user)));
      if (!service.in_flight.empty()) service.answer_one();
      most = std::max(most, service.throttle.users());
    }
    // About a thousand of them arrive within a second.
    BOOST_TEST(most <= 2100U, text);
  }
}

BOOST_AUTO_TEST_CASE(no_user_is_forgotten_who_would_benefit_from_that) {
  for (const auto* text : {"60/min,per-user,bucket=0", "60/min,window=1s,per-user", "60/min,sliding=1s,per-user",
                           "concurrency=1,per-user"}) {
    Limited service(text);
    for (int user = 0; user < 5000; ++user) BOOST_TEST_REQUIRE(service.admit(start, std::to_string(user)));
    for (int user = 0; user < 5000; ++user) BOOST_TEST_REQUIRE(!service.admit(start, std::to_string(user)), text);
  }
}

// Changes over time.

BOOST_AUTO_TEST_CASE(a_change_takes_effect_at_its_time_after_the_first_request) {
  Limited service("300/s@0s,600/s@5s,150/s@12s,window");
  for (int second = 0; second < 5; ++second) BOOST_TEST(service.burst(start + second * 1s) == 300);
  BOOST_TEST(service.burst(start + 5s - 1ns) == 0);
  for (int second = 5; second < 12; ++second) BOOST_TEST(service.burst(start + second * 1s) == 600);
  for (int second = 12; second < 15; ++second) BOOST_TEST(service.burst(start + second * 1s) == 150);
}

BOOST_AUTO_TEST_CASE(what_was_admitted_before_a_change_still_counts) {
  for (const auto* text : {"100/s@0s,150/s@500ms,window", "100/s@0s,150/s@500ms,sliding"}) {
    Limited service(text);
    BOOST_TEST(service.burst(start) == 100, text);
    BOOST_TEST(service.burst(start + 500ms) == 50, text);
  }
  Limited cut("150/s@0s,100/s@500ms,window");
  BOOST_TEST(cut.burst(start, 120) == 120);
  BOOST_TEST(cut.burst(start + 500ms) == 0);
}

BOOST_AUTO_TEST_CASE(a_bucket_keeps_its_content_when_its_rate_changes_as_far_as_it_fits) {
  Limited emptied("1000/s@0s,100/s@10ms,bucket=1s");
  BOOST_TEST(emptied.burst(start) == 1000);
  BOOST_TEST(emptied.burst(start + 10ms) == 0 + 10, "the old rate applies until the first request after the change");
  BOOST_TEST(emptied.burst(start + 1010ms) == 100);
  Limited full("1000/s@0s,100/s@2s,bucket=1s");
  BOOST_TEST(full.admit(start));
  BOOST_TEST(full.burst(start + 2s) == 100);
  Limited raised("100/s@0s,1000/s@1s,bucket=1s");
  BOOST_TEST(raised.burst(start) == 100);
  BOOST_TEST(raised.burst(start + 1s) == 100, "the change grants nothing extra");
  BOOST_TEST(raised.burst(start + 1500ms) == 500);
}

BOOST_AUTO_TEST_CASE(a_limit_can_begin_and_end) {
  Limited service("none@0s,10/s@1s,none@2s,window");
  BOOST_TEST(service.burst(start) == 5000);
  BOOST_TEST(!service.verdict(start).quota.has_value(), "and there is nothing to declare");
  BOOST_TEST(service.burst(start + 1s) == 10);
  BOOST_TEST(service.burst(start + 2s) == 5000);
}

// What is left.

BOOST_AUTO_TEST_CASE(a_verdict_contains_the_quotas_state_at_that_moment) {
  Limited window("300/s,window");
  BOOST_TEST(window.burst(start + 250ms, 99) == 99);
  const auto quota = window.verdict(start + 250ms).quota.value();
  BOOST_TEST(quota.limit == 300);
  BOOST_TEST((quota.span == 1s));
  BOOST_TEST(quota.left == 200);
  BOOST_TEST((quota.until_full == 750ms));
  window.burst(start + 250ms);
  BOOST_TEST(window.verdict(start + 400ms).quota.value().left == 0);
}

BOOST_AUTO_TEST_CASE(a_sliding_window_is_fully_available_again_once_its_last_request_is_too_old) {
  Limited sliding("300/s,sliding");
  BOOST_TEST(sliding.admit(start));
  const auto quota = sliding.verdict(start + 200ms).quota.value();
  BOOST_TEST(quota.left == 298);
  BOOST_TEST((quota.until_full == 1s));
}

BOOST_AUTO_TEST_CASE(a_bucket_declares_its_rate_and_its_content) {
  Limited bucket("100/s,bucket=1s");
  BOOST_TEST(bucket.burst(start, 49) == 49);
  const auto quota = bucket.verdict(start).quota.value();
  BOOST_TEST(quota.limit == 100);
  BOOST_TEST((quota.span == 1s));
  BOOST_TEST(quota.left == 50);
  BOOST_TEST((quota.until_full == 500ms));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace koobatch::sim
