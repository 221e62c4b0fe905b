#include "pace/service.hpp"

#include "pace/timeline.hpp"
#include "pace/trace.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <vector>

using namespace koobatch;
using namespace koobatch::pace_bench;
using namespace std::chrono_literals;
using What = Reply::What;

namespace {

/// Sends a request every `every` for `length`. Returns what became of them.
Trace hammer(Service& service, Duration every, Duration length, TimePoint from = origin) {
  Trace trace;
  for (TimePoint now = from; now < from + length; now += every) trace.count(now, service.request(now, 0));
  return trace;
}

ServiceSpec with_quota(const QuotaSpec& quota) {
  ServiceSpec spec;
  spec.quota = quota;
  return spec;
}

/// The highest number accepted in any interval of `length` that begins at a multiple of the grain.
std::uint64_t fullest(const Trace& trace, double length, double until) {
  std::uint64_t most = 0;
  for (int i = 0; i * Trace::grain < until; ++i) {
    const double from = i * Trace::grain;
    most = std::max(most, trace.between(from, from + length).accepted);
  }
  return most;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(scoreboard_models)

BOOST_AUTO_TEST_CASE(a_clock_window_accepts_exactly_its_quota_in_each_window) {
  Service service(with_quota({.shape = QuotaSpec::Shape::clock_window, .rate = 300, .phase = 0.25}), 1);
  const Trace trace = hammer(service, 1ms, 6s);
  for (int i = 0; i < 5; ++i) BOOST_TEST(trace.between(0.25 + i, 1.25 + i).accepted == 300U);
  BOOST_TEST(trace.between(0.25, 0.55).accepted == 300U, "all of it at once, if requested");
}

BOOST_AUTO_TEST_CASE(a_clock_window_does_not_carry_over_what_was_not_used) {
  Service service(with_quota({.shape = QuotaSpec::Shape::clock_window, .rate = 300}), 1);
  BOOST_TEST(hammer(service, 10ms, 1s).all().accepted == 100U);
  BOOST_TEST(hammer(service, 1ms, 1s, origin + 1s).all().accepted == 300U);
}

BOOST_AUTO_TEST_CASE(a_sliding_window_never_accepts_more_than_its_quota) {
  Service service(with_quota({.shape = QuotaSpec::Shape::sliding_window, .rate = 300}), 1);
  const Trace trace = hammer(service, 1ms, 6s);
  BOOST_TEST(fullest(trace, 1, 5) == 300U);
  BOOST_TEST(trace.all().accepted == 1800U);
}

BOOST_AUTO_TEST_CASE(a_counter_forgets_the_window_before_little_by_little) {
  Service service(with_quota({.shape = QuotaSpec::Shape::counter, .rate = 300}), 1);
  BOOST_TEST(hammer(service, 1ms, 300ms).all().accepted == 300U);
  BOOST_TEST(hammer(service, 10ms, 700ms, origin + 300ms).all().accepted == 0U, "nothing fades in the first window");
  // Now 370 are counted, for the refused ones are, too; they fade to 300 in 190 ms.
  BOOST_TEST(hammer(service, 500ms, 1ms, origin + 1180ms).all().accepted == 0U);
  BOOST_TEST(hammer(service, 500ms, 1ms, origin + 1195ms).all().accepted == 1U);
}

BOOST_AUTO_TEST_CASE(a_counter_accepts_nothing_while_more_is_sent_than_permitted) {
  Service service(with_quota({.shape = QuotaSpec::Shape::counter, .rate = 300}), 1);
  BOOST_TEST(hammer(service, 4ms, 4s).all().refused == 0U, "250 a second");
  BOOST_TEST(hammer(service, 2500us, 3s, origin + 4s).between(5, 7).accepted == 0U, "400 a second");
  BOOST_TEST(hammer(service, 4ms, 2s, origin + 9s).all().refused == 0U, "forgotten after two windows");
}

BOOST_AUTO_TEST_CASE(a_bucket_accepts_its_burst_and_then_its_rate) {
  Service service(with_quota({.shape = QuotaSpec::Shape::bucket, .rate = 300, .burst = 0.1}), 1);
  const Trace trace = hammer(service, 1ms, 4s);
  BOOST_TEST(trace.all().accepted >= 30 + 4 * 300 - 2U);
  BOOST_TEST(trace.all().accepted <= 30 + 4 * 300 + 1U);
}

BOOST_AUTO_TEST_CASE(a_bucket_without_burst_holds_a_single_token) {
  Service service(with_quota({.shape = QuotaSpec::Shape::bucket, .rate = 10}), 1);
  BOOST_TEST((service.request(origin + 10s, 0).what == What::accepted));
  BOOST_TEST((service.request(origin + 10s, 0).what == What::refused));
  BOOST_TEST((service.request(origin + 10s + 50ms, 0).what == What::refused));
  BOOST_TEST((service.request(origin + 10s + 100ms, 0).what == What::accepted));
}

BOOST_AUTO_TEST_CASE(each_user_has_a_quota_of_its_own) {
  Service service(with_quota({.shape = QuotaSpec::Shape::clock_window, .rate = 1, .users = 2}), 1);
  BOOST_TEST((service.request(origin, 0).what == What::accepted));
  BOOST_TEST((service.request(origin, 1).what == What::accepted));
  const Reply refusal = service.request(origin, 0);
  BOOST_TEST((refusal.what == What::refused));
  BOOST_TEST(refusal.user_only);
}

BOOST_AUTO_TEST_CASE(a_changed_quota_applies_from_the_time_of_the_change) {
  Service service(
      with_quota({.shape = QuotaSpec::Shape::clock_window, .rate = RateCurve(100).step(2, 400).ramp(3, 5, 0)}), 1);
  const Trace trace = hammer(service, 1ms, 6s);
  const double expected[] = {100, 100, 400, 400, 200, 0};
  for (int i = 0; i < 6; ++i) BOOST_TEST(static_cast<double>(trace.between(i, i + 1).accepted) == expected[i]);
}

BOOST_AUTO_TEST_CASE(a_refusal_gives_the_wait_in_whole_seconds_rounded_up) {
  Service service(with_quota({.shape = QuotaSpec::Shape::clock_window,
                              .rate = 1,
                              .window = 5,
                              .http = 503,
                              .tells = QuotaSpec::RetryAfter::until_reset}),
                  1);
  hammer(service, 1ms, 10ms);
  const Reply refusal = service.request(origin + 1200ms, 0);
  BOOST_TEST(refusal.http == 503);
  BOOST_TEST((refusal.retry_after == Duration(4s)));
}

BOOST_AUTO_TEST_CASE(no_more_requests_are_in_flight_than_allowed) {
  ServiceSpec spec;
  spec.work = {.latency = 0.1, .jitter = 0, .most_in_flight = 2};
  Service service(spec, 1);
  BOOST_TEST((service.request(origin, 0).what == What::accepted));
  BOOST_TEST((service.request(origin + 10ms, 0).what == What::accepted));
  BOOST_TEST((service.request(origin + 99ms, 0).what == What::refused));
  BOOST_TEST((service.request(origin + 100ms, 0).what == What::accepted));
  BOOST_TEST((service.request(origin + 100ms, 0).what == What::refused));
}

BOOST_AUTO_TEST_CASE(a_longer_queue_answers_later) {
  ServiceSpec spec;
  spec.work = {.latency = 0, .jitter = 0, .queue_rate = 500};
  Service service(spec, 1);
  BOOST_TEST((service.request(origin, 0).after == Duration(2ms)));
  BOOST_TEST((service.request(origin, 0).after == Duration(4ms)));
  BOOST_TEST((service.request(origin + 1ms, 0).after == Duration(5ms)));
  BOOST_TEST((service.request(origin + 1s, 0).after == Duration(2ms)));
}

BOOST_AUTO_TEST_CASE(noise_fails_its_share_of_requests_and_uses_up_quota) {
  ServiceSpec spec = with_quota({.shape = QuotaSpec::Shape::clock_window, .rate = 1000});
  spec.noise = {.share = 0.3, .http = 502};
  Service service(spec, 1);
  const Trace trace = hammer(service, 500us, 10s);
  BOOST_TEST(trace.all().refused == 10'000U);
  BOOST_TEST(trace.all().accepted > 6'800U);
  BOOST_TEST(trace.all().accepted < 7'200U);
}

BOOST_AUTO_TEST_CASE(an_outage_begins_and_ends_as_specified) {
  ServiceSpec spec;
  spec.outages = {{OutageSpec::Kind::silence, 1, 2}, {OutageSpec::Kind::refused, 3, 4}};
  Service service(spec, 1);
  BOOST_TEST((service.request(origin + 999ms, 0).what == What::accepted));
  BOOST_TEST((service.request(origin + 1s, 0).what == What::silence));
  BOOST_TEST(service.connect(origin + 1s).has_value());
  BOOST_TEST((service.request(origin + 2s, 0).what == What::accepted));
  BOOST_TEST((service.request(origin + 3s, 0).what == What::reset));
  BOOST_TEST(!service.connect(origin + 3s).has_value());
  BOOST_TEST(service.connect(origin + 4s).has_value());
}

BOOST_AUTO_TEST_CASE(the_declared_limit_is_the_true_one_times_a_factor) {
  ServiceSpec spec = with_quota({.shape = QuotaSpec::Shape::clock_window, .rate = 10});
  spec.declaration = {DeclarationSpec::Form::all, 2};
  Service service(spec, 1);
  const Reply reply = service.request(origin + 250ms, 0);
  BOOST_REQUIRE(reply.declared.has_value());
  BOOST_TEST(reply.declared->limit == 20);
  BOOST_TEST(reply.declared->remaining == 18);
  BOOST_TEST(reply.declared->reset == 0.75);
}

BOOST_AUTO_TEST_SUITE_END()
