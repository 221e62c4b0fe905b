#include "koobatch/flow/adaptive_rate.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

using namespace koobatch;
using namespace koobatch::flow;
using namespace std::chrono_literals;

namespace {

using Signal = AdaptiveRate::Signal;

/// A service that accepts so many requests a second, a few of them at once, and throttles what is beyond.
class Service {
 public:
  Service(double capacity, double burst) : capacity_(capacity), burst_(burst), tokens_(burst) {}

  Signal ask(Duration now) {
    tokens_ = std::min(burst_, tokens_ + seconds(now - last_) * capacity_);
    last_ = now;
    if (tokens_ < 1) return Signal::throttled;
    tokens_ -= 1;
    return Signal::accepted;
  }

 private:
  double capacity_;
  double burst_;
  double tokens_;
  Duration last_{};
};

/// A service that accepts so many requests in each window of time, counted anew when the next begins.
class Quota {
 public:
  Quota(std::uint64_t requests, Duration window) : requests_(requests), window_(window) {}

  Signal ask(Duration now) {
    const auto window = now / window_;
    if (window != current_) used_ = 0;
    current_ = window;
    return used_++ < requests_ ? Signal::accepted : Signal::throttled;
  }

 private:
  std::uint64_t requests_;
  Duration window_;
  std::int64_t current_ = 0;
  std::uint64_t used_ = 0;
};

/// Without pauses, all time is active.
std::optional<AdaptiveRate::Cut> observe(AdaptiveRate& rate, Signal signal, Duration active) {
  return rate.observe(signal, active, TimePoint(active));
}

struct Traffic {
  std::uint64_t accepted = 0;
  std::uint64_t throttled = 0;
};

/// Sends as fast as `rate` allows, and `unlimited` a second as long as it does not limit.
template <class Service>
Traffic send(AdaptiveRate& rate, Service& service, Duration from, Duration until, double unlimited = 10'000) {
  Traffic traffic;
  for (Duration now = from; now < until;) {
    const Signal signal = service.ask(now);
    (signal == Signal::accepted ? traffic.accepted : traffic.throttled) += 1;
    observe(rate, signal, now);
    now += Duration(static_cast<Duration::rep>(1e9 / rate.limit(now).value_or(unlimited)));
  }
  return traffic;
}

void accept(AdaptiveRate& rate, Duration from, Duration until, Duration every) {
  for (Duration now = from; now < until; now += every) observe(rate, Signal::accepted, now);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(adaptive_rate)

BOOST_AUTO_TEST_CASE(there_is_no_limit_until_the_service_throttles) {
  AdaptiveRate rate(0);
  accept(rate, 0s, 5s, 1ms);
  BOOST_TEST(!rate.limit(5s));
}

BOOST_AUTO_TEST_CASE(the_first_throttling_limits_to_what_was_accepted_over_the_last_second) {
  AdaptiveRate rate(0);
  accept(rate, 0s, 3s, 2ms);
  const auto cut = observe(rate, Signal::throttled, 3s);
  BOOST_REQUIRE(cut);
  BOOST_TEST(!cut->from);
  BOOST_TEST(cut->to == 500, boost::test_tools::tolerance(0.02));
  BOOST_TEST(rate.limit(3s).value() == cut->to);
}

BOOST_AUTO_TEST_CASE(where_nothing_was_accepted_yet_there_is_no_rate_to_cut) {
  AdaptiveRate rate(0);
  for (int i = 0; i < 5; ++i) BOOST_TEST(!observe(rate, Signal::throttled, i * 2s).has_value());
  BOOST_TEST(!rate.limit(10s).has_value());
  observe(rate, Signal::accepted, 10s);
  const auto cut = observe(rate, Signal::throttled, 10s + 1ms);
  BOOST_REQUIRE(cut.has_value());
  BOOST_TEST(std::isfinite(cut->to));
}

BOOST_AUTO_TEST_CASE(a_known_limit_is_cut_by_the_factor) {
  AdaptiveRate rate(100);
  accept(rate, 0s, 3s, 10ms);
  const auto cut = observe(rate, Signal::throttled, 3s);
  BOOST_REQUIRE(cut);
  BOOST_TEST(cut->from.value() == 100);
  BOOST_TEST(cut->to == 70, boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(it_is_cut_at_most_once_a_second) {
  AdaptiveRate rate(100);
  accept(rate, 0s, 3s, 10ms);
  BOOST_TEST(observe(rate, Signal::throttled, 3s).has_value());
  BOOST_TEST(!observe(rate, Signal::throttled, 3s + 999ms));
  BOOST_TEST(observe(rate, Signal::throttled, 4s).has_value());
}

BOOST_AUTO_TEST_CASE(it_rises_quickly_to_just_below_what_was_too_much_then_slowly) {
  AdaptiveRate rate(0);
  accept(rate, 0s, 3s, 2ms);
  observe(rate, Signal::throttled, 3s);
  accept(rate, 3s, 5s, 2ms);
  observe(rate, Signal::throttled, 5s);
  const double low = rate.limit(5s).value();
  observe(rate, Signal::accepted, 5s);
  const double quick = rate.limit(6s).value();
  BOOST_TEST(low < 0.75 * 500);
  BOOST_TEST(quick == 0.95 * 500, boost::test_tools::tolerance(0.02));
  BOOST_TEST(rate.limit(7s).value() == quick * 1.02, boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(it_never_rises_above_the_known_limit) {
  AdaptiveRate rate(100);
  accept(rate, 0s, 3s, 10ms);
  observe(rate, Signal::throttled, 3s);
  BOOST_TEST(rate.limit(3s).value() < 100);
  observe(rate, Signal::accepted, 3s);
  BOOST_TEST(!rate.limit(30s), "the known limit is enough again");
}

BOOST_AUTO_TEST_CASE(single_503s_do_not_cut_it_and_many_do) {
  AdaptiveRate rate(0);
  accept(rate, 0s, 1s, 10ms);
  for (int i = 0; i < 9; ++i) BOOST_TEST(!observe(rate, Signal::unavailable, 1s));
  accept(rate, 1s, 3s, 10ms);
  bool cut = false;
  for (int i = 0; i < 20; ++i) cut |= observe(rate, Signal::unavailable, 3s).has_value();
  BOOST_TEST(cut);
}

BOOST_AUTO_TEST_CASE(errors_that_have_nothing_to_do_with_the_rate_do_not_starve_the_run) {
  AdaptiveRate rate(1'000);
  int cuts = 0;
  std::uint64_t n = 0;
  for (Duration now = 0s; now < 120s;) {
    cuts += observe(rate, ++n % 3 == 0 ? Signal::unavailable : Signal::accepted, now).has_value();
    now += Duration(static_cast<Duration::rep>(1e9 / rate.limit(now).value_or(1'000)));
  }
  BOOST_TEST(cuts == 1);
  BOOST_TEST(!rate.limit(120s));
}

BOOST_AUTO_TEST_CASE(a_service_that_answers_nothing_but_503_is_asked_less_and_less) {
  AdaptiveRate rate(1'000);
  for (Duration now = 0s; now < 30s; now += 10ms) observe(rate, Signal::unavailable, now);
  BOOST_TEST(rate.limit(30s).value() < 1);
}

BOOST_AUTO_TEST_CASE(what_tells_nothing_about_the_rate_changes_nothing) {
  AdaptiveRate rate(0);
  for (int i = 0; i < 100; ++i) BOOST_TEST(!observe(rate, Signal::other, 1s));
  BOOST_TEST(!rate.limit(1s));
}

BOOST_AUTO_TEST_CASE(after_a_time_in_which_nothing_is_accepted_the_earlier_pace_is_back_within_seconds) {
  // What was under way when the service shut may be answered yet, and tells that it is slower than it is.
  for (const auto& [answered_for, share] : {std::pair{Duration(0s), 0.9}, {Duration(200ms), 0.5}}) {
    AdaptiveRate rate(0);
    Service service(300, 10);
    send(rate, service, 0s, 20s);
    const double before = rate.limit(20s).value();
    for (Duration now = 20s; now < 50s; now += 200ms) {
      observe(rate, Signal::throttled, now);
      if (now < 20s + answered_for) observe(rate, Signal::accepted, now + 1ms);
    }
    BOOST_TEST(rate.limit(50s).value() < 1);
    observe(rate, Signal::accepted, 51s);
    BOOST_TEST(rate.limit(52s).value() > share * before);
  }
}

BOOST_AUTO_TEST_CASE(whatever_the_service_allows_most_of_it_is_used_and_little_is_refused) {
  for (const double capacity : {5.0, 60.0, 200.0, 3'000.0}) {
    for (const double burst : {1.0, 20.0, 200.0}) {
      BOOST_TEST_CONTEXT(capacity << "/s, " << burst << " at once") {
        AdaptiveRate rate(0);
        Service service(capacity, burst);
        send(rate, service, 0s, 5s);
        const Traffic settled = send(rate, service, 5s, 65s);
        BOOST_TEST(static_cast<double>(settled.accepted) >= 0.85 * capacity * 60);
        BOOST_TEST(static_cast<double>(settled.throttled) <= 0.1 * static_cast<double>(settled.accepted));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_quota_by_the_second_or_minute_is_used_and_not_hammered) {
  struct Row {
    std::uint64_t requests;
    Duration window;
    double refused;  ///< for one accepted, at most
  };
  for (const auto& [requests, window, refused] : {Row{200, 1s, 0.01}, {2'000, 10s, 1}, {600, 60s, 3}}) {
    BOOST_TEST_CONTEXT(requests << " in " << seconds(window) << " s") {
      AdaptiveRate rate(0);
      Quota service(requests, window);
      send(rate, service, 0s, 120s);
      const Traffic settled = send(rate, service, 120s, 720s);
      BOOST_TEST(static_cast<double>(settled.accepted) >=
                 0.7 * static_cast<double>(requests) * (600 / seconds(window)));
      BOOST_TEST(static_cast<double>(settled.throttled) <= refused * static_cast<double>(settled.accepted));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_service_that_allows_more_again_is_used_more) {
  AdaptiveRate rate(0);
  Service narrow(50, 5);
  send(rate, narrow, 0s, 10s);
  BOOST_TEST(rate.limit(10s).value() < 60);
  Service wide(100'000, 1000);
  send(rate, wide, 10s, 130s, 100'000);
  BOOST_TEST(rate.limit(130s).value_or(INFINITY) > 400);
}

BOOST_AUTO_TEST_SUITE_END()
