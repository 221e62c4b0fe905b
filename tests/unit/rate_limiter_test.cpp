#include "koobatch/flow/rate_limiter.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

using koobatch::Duration;
using koobatch::TimePoint;
using koobatch::flow::RateLimiter;
using namespace std::chrono_literals;

namespace {

const TimePoint start{std::chrono::hours(1)};

/// Takes permits at `now` until there are none left. Returns how many there were.
unsigned drain(RateLimiter& limiter, TimePoint now) {
  unsigned count = 0;
  while (limiter.acquire(now)) ++count;
  return count;
}

/// Describes a window of any length that holds more permits than its length allows; empty if there is none.
std::string broken_window(const std::vector<TimePoint>& permits, double rate, std::uint32_t burst) {
  for (std::size_t i = 0; i < permits.size(); ++i) {
    for (std::size_t j = i; j < permits.size(); ++j) {
      const double allowed = koobatch::seconds(permits[j] - permits[i]) * rate + burst;
      if (static_cast<double>(j - i + 1) > allowed * (1 + 1e-12)) {
        return std::to_string(j - i + 1) + " permits where " + std::to_string(allowed) + " are allowed";
      }
    }
  }
  return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rate_limiter)

BOOST_AUTO_TEST_CASE(a_new_limiter_grants_a_burst_and_then_one_permit_per_interval) {
  RateLimiter limiter(10, 3);
  BOOST_TEST(drain(limiter, start) == 3U);
  BOOST_TEST((limiter.due() == start + 100ms));
  BOOST_TEST(!limiter.acquire(start + 100ms - 1ns));
  BOOST_TEST(limiter.acquire(start + 100ms));
  BOOST_TEST(!limiter.acquire(start + 100ms));
}

BOOST_AUTO_TEST_CASE(idle_time_restores_one_burst_and_no_more) {
  RateLimiter limiter(10, 3);
  drain(limiter, start);
  BOOST_TEST(drain(limiter, start + 200ms) == 2U);
  BOOST_TEST(drain(limiter, start + 1h) == 3U);
}

BOOST_AUTO_TEST_CASE(a_permit_is_due_when_it_says_so) {
  RateLimiter limiter(7, 2);
  BOOST_TEST((limiter.due() <= start));
  for (int i = 0; i < 50; ++i) {
    const TimePoint due = std::max(limiter.due(), start);
    BOOST_TEST(!limiter.acquire(due - 1ns) == (due > start));
    BOOST_REQUIRE(limiter.acquire(due) || due == start);
  }
}

BOOST_AUTO_TEST_CASE(no_window_ever_holds_more_permits_than_its_length_allows) {
  std::mt19937_64 random(1);
  for (const double rate : {1.0, 3.0, 7.0, 60.0 / 7, 1.0 / 60, 333.3, 999.0, 1000.0, 12345.6, 99999.0, 130000.0}) {
    for (const std::uint32_t burst : {1U, 2U, 3U, 10U, 17U, 100U}) {
      RateLimiter limiter(rate, burst);
      std::vector<TimePoint> permits;
      TimePoint now = start;
      const auto mean = static_cast<std::int64_t>(1e9 / rate);
      std::uniform_int_distribution<std::int64_t> gap(0, mean);
      std::uniform_int_distribution<int> rest(0, 200);
      while (permits.size() < 300) {
        if (limiter.acquire(now)) permits.push_back(now);
        now += Duration(gap(random));
        if (rest(random) == 0) now += Duration(mean * burst * 2);
      }
      const auto broken = broken_window(permits, rate, burst);
      BOOST_TEST(broken.empty(), "rate " << rate << ", burst " << burst << ": " << broken);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_rate_is_reached_by_asking_at_every_due_time) {
  for (const double rate : {1.0, 7.0, 333.3, 2000.0, 99999.0, 130000.0}) {
    RateLimiter limiter(rate, 1);
    BOOST_REQUIRE(limiter.acquire(start));
    double permits = 1;
    for (; limiter.due() <= start + 10s; ++permits) BOOST_REQUIRE(limiter.acquire(limiter.due()));
    BOOST_TEST(std::abs(permits - (rate * 10 + 1)) <= rate * 10 / 1000 + 1, "rate " << rate << ": " << permits);
  }
}

BOOST_AUTO_TEST_CASE(slightly_outdated_clock_readings_earn_no_extra_permits) {
  std::mt19937_64 random(5);
  RateLimiter limiter(1000, 3);
  std::vector<TimePoint> permits;
  for (TimePoint now = start; now < start + 1s; now += 100us) {
    const TimePoint read = now - Duration(random() % 2'000'000);
    if (limiter.acquire(read)) permits.push_back(read);
  }
  BOOST_TEST(permits.size() > 900U);
  std::sort(permits.begin(), permits.end());
  BOOST_TEST(broken_window(permits, 1000, 3) == "");
}

BOOST_AUTO_TEST_CASE(the_default_burst_is_10_ms_worth_and_at_least_one) {
  BOOST_TEST(RateLimiter::default_burst(2000) == 20U);
  BOOST_TEST(RateLimiter::default_burst(150) == 1U);
  BOOST_TEST(RateLimiter::default_burst(1.0 / 60) == 1U);
  BOOST_TEST(RateLimiter::default_burst(1e15) >= 1U);
}

BOOST_AUTO_TEST_CASE(extreme_settings_limit_as_precisely_as_the_clock_allows) {
  RateLimiter slow(1e-12, 4'000'000'000U);
  BOOST_TEST(slow.acquire(start));
  RateLimiter slow_and_strict(1e-12, 1);
  BOOST_TEST(slow_and_strict.acquire(start));
  BOOST_TEST(!slow_and_strict.acquire(start + std::chrono::hours(24 * 365)));
  RateLimiter long_burst(1.0 / 60, 4'000'000'000U);
  BOOST_TEST(long_burst.acquire(start));
  BOOST_TEST(long_burst.acquire(start));
  RateLimiter fast(1e12, 1);
  BOOST_TEST(fast.acquire(start));
  BOOST_TEST(!fast.acquire(start));
  BOOST_TEST(fast.acquire(start + 1ns));
}

BOOST_AUTO_TEST_CASE(a_schedule_keeps_permits_that_were_not_taken_in_time) {
  auto schedule = RateLimiter::scheduled(100, start);
  BOOST_TEST((schedule.due() == start));
  BOOST_TEST(schedule.acquire(start));
  BOOST_TEST(!schedule.acquire(start + 9ms), "no permit is granted before its time");
  BOOST_TEST(schedule.overdue(start + 9ms) == 0U);
  BOOST_TEST(schedule.overdue(start + 10ms) == 1U);
  // No permit is taken for a second: 100 became due meanwhile, 10 ms apart.
  BOOST_TEST(schedule.overdue(start + 1s) == 100U);
  for (int permit = 1; permit <= 100; ++permit) {
    BOOST_TEST((schedule.due() == start + permit * 10ms));
    BOOST_TEST(schedule.acquire(start + 1s));
  }
  BOOST_TEST(!schedule.acquire(start + 1s));
  BOOST_TEST((schedule.due() == start + 1010ms));
}

BOOST_AUTO_TEST_CASE(a_schedule_of_any_rate_begins_when_it_should) {
  for (const double rate : {1e-12, 0.5, 1e6, 1e9}) {
    auto schedule = RateLimiter::scheduled(rate, start);
    BOOST_TEST((schedule.due() == start), "rate " << rate);
    BOOST_TEST(schedule.acquire(start));
    BOOST_TEST((schedule.due() > start), "rate " << rate);
  }
}

BOOST_AUTO_TEST_CASE(it_is_idle_once_no_more_permits_can_be_saved_up) {
  RateLimiter limiter(10, 3);
  BOOST_TEST((limiter.idle(start) == 0s), "nothing was wanted yet");
  limiter.acquire(start);
  BOOST_TEST((limiter.idle(start + 100ms) == 0s));
  BOOST_TEST((limiter.idle(start + 350ms) == 250ms));
  limiter.acquire(start + 350ms);
  BOOST_TEST((limiter.idle(start + 350ms) == 0s));
}

BOOST_AUTO_TEST_SUITE_END()
