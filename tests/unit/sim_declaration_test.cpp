#include "sim/declaration.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <string>

namespace koobatch::sim {
namespace {

using namespace std::chrono_literals;

/// The fields in the answer to the second request, sent at `at` after the beginning of a window.
std::string fields(std::string_view text, bool debug = false, Duration at = 250ms) {
  const auto settings = parse_throttle(text).value();
  Throttle throttle(settings, TimePoint());
  Throttle::Place place;
  (void)throttle.admit("", TimePoint(at), place);
  const auto verdict = throttle.admit("", TimePoint(at), place);
  std::string out;
  append_quota_fields(out, settings, verdict.quota.value(), debug, WallTime(1'800'000'000s + at));
  return out;
}

std::string refusal(std::string_view text) {
  const auto settings = parse_throttle(text).value();
  Throttle throttle(settings, TimePoint());
  for (;;) {
    Throttle::Place place;
    const auto verdict = throttle.admit("", TimePoint(1h), place);
    if (verdict.refusal == Throttle::Refusal::none) continue;
    std::string out;
    append_refusal_body(out, settings, verdict);
    return out;
  }
}

std::string gateway(std::string_view rest) {
  return fmt::format(
      R"({{"error_code":"APIG.0308","error_msg":"The throttling threshold has been reached: policy {}"}})", rest);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_declaration)

BOOST_AUTO_TEST_CASE(each_form_has_its_fields) {
  BOOST_TEST(fields("300/s,window,declare=ietf") ==
             "RateLimit-Policy: \"service\";q=300;w=1\r\nRateLimit: \"service\";r=298;t=1\r\n");
  BOOST_TEST(fields("300/s,window=10s,declare=ratelimit") ==
             "RateLimit-Limit: 3000\r\nRateLimit-Remaining: 2998\r\nRateLimit-Reset: 10\r\n");
  BOOST_TEST(fields("60/min,sliding,declare=x-ratelimit", false, 20s) ==
             "X-RateLimit-Limit: 60\r\nX-RateLimit-Remaining: 58\r\nX-RateLimit-Reset: 60\r\n");
  BOOST_TEST(fields("60/min,window,declare=x-ratelimit-epoch", false, 20s) ==
             "X-RateLimit-Limit: 60\r\nX-RateLimit-Remaining: 58\r\nX-RateLimit-Reset: 1800000060\r\n");
  BOOST_TEST(fields("300/s,window,declare=apig") == "X-Apig-RateLimit-api: remain:298,limit:300,time:1 second\r\n");
  BOOST_TEST(fields("300/s,window,per-user,declare=apig") ==
             "X-Apig-RateLimit-user: remain:298,limit:300,time:1 second\r\n");
  BOOST_TEST(fields("300/s,window,declare=none") == "");
  BOOST_TEST(fields("300/s,window,declare=message") == "");
}

BOOST_AUTO_TEST_CASE(the_gateways_own_form_may_have_to_be_requested) {
  BOOST_TEST(fields("300/s,window,declare=apig-debug", false) == "");
  BOOST_TEST(fields("300/s,window,declare=apig-debug", true) ==
             "X-Apig-RateLimit-api: remain:298,limit:300,time:1 second\r\n");
}

BOOST_AUTO_TEST_CASE(fields_hold_integers_and_whole_seconds) {
  BOOST_TEST(fields("300/s,window=100ms,declare=apig") ==
             "X-Apig-RateLimit-api: remain:28,limit:300,time:1 second\r\n");
  BOOST_TEST(fields("30/min,bucket=1m,declare=apig") == "X-Apig-RateLimit-api: remain:28,limit:30,time:1 minute\r\n");
  BOOST_TEST(fields("100/min,window,declare=apig") == "X-Apig-RateLimit-api: remain:98,limit:100,time:1 minute\r\n");
  BOOST_TEST(fields("60/min,window=90s,declare=apig") == "X-Apig-RateLimit-api: remain:88,limit:90,time:90 second\r\n");
  BOOST_TEST(fields("1/h,window=2h,declare=apig") == "X-Apig-RateLimit-api: remain:0,limit:2,time:2 hour\r\n");
}

BOOST_AUTO_TEST_CASE(a_false_declaration_is_a_multiple_of_the_true_one) {
  BOOST_TEST(fields("300/s,window,declare=apig,declare-factor=2") ==
             "X-Apig-RateLimit-api: remain:596,limit:600,time:1 second\r\n");
  BOOST_TEST(fields("300/s,window,declare=apig,declare-factor=0") ==
             "X-Apig-RateLimit-api: remain:0,limit:0,time:1 second\r\n");
  BOOST_TEST(fields("1000000/s,window,declare=ratelimit,declare-factor=1e12")
                 .starts_with("RateLimit-Limit: 1000000000000000000\r\n"));
  BOOST_TEST(refusal("30/s,declare-factor=0.5") == gateway("service over ratelimit,limit:15,time:1 second"));
}

BOOST_AUTO_TEST_CASE(a_refusal_states_the_quota_if_it_is_declared_there) {
  BOOST_TEST(refusal("30/s") == gateway("service over ratelimit,limit:30,time:1 second"));
  BOOST_TEST(refusal("0.5/s") == gateway("service over ratelimit,limit:0.5,time:1 second"));
  BOOST_TEST(refusal("30/min,window,per-user") == gateway("user over ratelimit,limit:30,time:1 minute"));
  BOOST_TEST(refusal("30/s,window=100ms") == gateway("service over ratelimit,limit:30,time:1 second"));
  BOOST_TEST(refusal("30/s,declare=none") == gateway("service over ratelimit"));
  BOOST_TEST(refusal("30/s,per-user,declare=ietf") == gateway("user over ratelimit"));
  BOOST_TEST(refusal("30/s,status=503,declare=message") == gateway("service over ratelimit,limit:30,time:1 second"));
}

BOOST_AUTO_TEST_CASE(a_refusal_for_the_number_in_flight_says_so) {
  BOOST_TEST(refusal("concurrency=8") == gateway("service over concurrency,limit:8"));
  BOOST_TEST(refusal("concurrency=8,declare=none,per-user") == gateway("user over concurrency"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace koobatch::sim
