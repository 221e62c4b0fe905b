#include "koobatch/sim/throttle_settings.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace koobatch::sim {
namespace {

using namespace std::chrono_literals;

ThrottleSettings parsed(std::string_view text) {
  const auto throttle = parse_throttle(text);
  if (!throttle) BOOST_FAIL(text << " is refused: " << throttle.error().message);
  return *throttle;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_throttle_settings)

BOOST_AUTO_TEST_CASE(a_bare_rate_is_a_bucket_of_a_tenth_of_a_second_and_429_states_it) {
  const auto throttle = parsed("300/s");
  BOOST_TEST_REQUIRE(throttle.rates.size() == 1U);
  BOOST_TEST(throttle.rates[0].rate == 300);
  BOOST_TEST((throttle.rates[0].from == 0s));
  BOOST_TEST(throttle.counting == Counting::bucket);
  BOOST_TEST((throttle.span == 100ms));
  BOOST_TEST(throttle.concurrency == 0U);
  BOOST_TEST(!throttle.per_user);
  BOOST_TEST(throttle.status == 429);
  BOOST_TEST(!throttle.retry_after.has_value());
  BOOST_TEST(throttle.declaration == Declaration::message);
  BOOST_TEST(throttle.declared_factor == 1);
  BOOST_TEST(throttle.limits());
}

BOOST_AUTO_TEST_CASE(none_limits_nothing) {
  BOOST_TEST(!parsed("none").limits());
  BOOST_TEST(!ThrottleSettings().limits());
}

BOOST_AUTO_TEST_CASE(parameters_are_accepted_in_any_order) {
  for (const auto* text :
       {"300/s,window=10s,concurrency=8,per-user,status=503,retry-after=2s,declare=ietf,declare-factor=2",
        "declare-factor=2,declare=ietf,retry-after=2,status=503,per-user,concurrency=8,window=10s,300/s"}) {
    const auto throttle = parsed(text);
    BOOST_TEST(throttle.rates.at(0).rate == 300);
    BOOST_TEST((throttle.counting == Counting::window));
    BOOST_TEST((throttle.span == 10s));
    BOOST_TEST(throttle.concurrency == 8U);
    BOOST_TEST(throttle.per_user);
    BOOST_TEST(throttle.status == 503);
    BOOST_TEST((throttle.retry_after == 2));
    BOOST_TEST(throttle.declaration == Declaration::ietf);
    BOOST_TEST(throttle.declared_factor == 2);
  }
}

BOOST_AUTO_TEST_CASE(a_window_without_a_length_has_the_length_of_the_rates_unit) {
  BOOST_TEST((parsed("300/s,window").span == 1s));
  BOOST_TEST((parsed("60/min,window").span == 1min));
  BOOST_TEST((parsed("1000/h,sliding").span == 1h));
  BOOST_TEST((parsed("sliding,none@0s,60/min@5s").span == 1min));
  BOOST_TEST((parsed("60/min,sliding=1s").span == 1s));
  BOOST_TEST((parsed("300/s,bucket=0.5s").span == 500ms));
  BOOST_TEST((parsed("300/s,bucket=0").span == 0s));
}

BOOST_AUTO_TEST_CASE(rates_apply_from_their_times_on) {
  const auto throttle = parsed("300/s,600/s@5s,none@1m30s,150/s@2m,window");
  BOOST_TEST_REQUIRE(throttle.rates.size() == 4U);
  BOOST_TEST((throttle.rates[0].from == 0s));
  BOOST_TEST(throttle.rates[1].rate == 600);
  BOOST_TEST((throttle.rates[1].from == 5s));
  BOOST_TEST(throttle.rates[2].rate == 0);
  BOOST_TEST((throttle.rates[3].from == 2min));
  BOOST_TEST(parsed("300/s@0s,600/s@5s").rates.size() == 2U);
}

BOOST_AUTO_TEST_CASE(every_form_of_declaration_is_known_and_a_503_declares_nothing_by_default) {
  BOOST_TEST(parsed("300/s,declare=message").declaration == Declaration::message);
  BOOST_TEST(parsed("300/s,declare=none").declaration == Declaration::none);
  BOOST_TEST(parsed("300/s,declare=ratelimit").declaration == Declaration::ratelimit);
  BOOST_TEST(parsed("300/s,declare=x-ratelimit").declaration == Declaration::x_ratelimit);
  BOOST_TEST(parsed("300/s,declare=x-ratelimit-epoch").declaration == Declaration::x_ratelimit_epoch);
  BOOST_TEST(parsed("300/s,declare=apig").declaration == Declaration::apig);
  BOOST_TEST(parsed("300/s,declare=apig-debug").declaration == Declaration::apig_debug);
  BOOST_TEST(parsed("300/s,status=503").declaration == Declaration::none);
  BOOST_TEST(parsed("300/s,status=503,declare=message").declaration == Declaration::message);
}

BOOST_AUTO_TEST_CASE(errors_name_what_is_wrong_and_what_is_accepted) {
  const struct {
    std::string_view text, said;
  } refused[] = {
      {"", "unknown; known are RATE, RATE@TIME, bucket=TIME, window[=TIME]"},
      {"300", "a unit is missing; write for example 500/s or 60/min"},
      {"0/s", "must be more than 0"},
      {"-1/s", "not a rate"},
      {"windw", "unknown; known are"},
      {"300/s,windw", "'windw': unknown; known are"},
      {"300/s,", "'': unknown; known are"},
      {"300/s,400", "'400': a unit is missing"},
      {"300/s,400/s", "'400/s': a second rate needs the time from which it applies: write 400/s@5s"},
      {"300/s@5s", "the first rate must begin at 0s; for no limit until then, write none@0s before it"},
      {"300/s@0s,400/s@5", "'400/s@5': the time '5' after the @: a unit is missing"},
      {"300/s@0s,400/s@", "the time '' after the @: not a duration"},
      {"300/s@0s,400/s@5s,500/s@5s", "'500/s@5s': does not begin later than the rate before it"},
      {"300/s@0s,400/s@5s,500/s@4s", "write rates in the order of their times"},
      {"none,300/s", "'300/s': a second rate needs the time"},
      {"none@0s", "a limit is missing; write for example 300/s or concurrency=8, or just none"},
      {"none,per-user", "a limit is missing"},
      {"per-user,retry-after=1s", "a limit is missing"},
      {"300/s,window,sliding", "'sliding': bucket, window and sliding exclude each other"},
      {"300/s,bucket=1s,window", "exclude each other"},
      {"300/s,window,window=2s", "'window=2s': is given twice"},
      {"300/s,per-user,per-user", "is given twice"},
      {"300/s,bucket", "'bucket': needs a value: write bucket=TIME"},
      {"300/s,bucket=2", "'bucket=2': a unit is missing; write for example 200ms, 5s or 10m"},
      {"300/s,window=0", "must be at least 1ms"},
      {"300/s,window=", "not a duration"},
      {"300/s,per-user=yes", "takes no value"},
      {"concurrency", "needs a value: write concurrency=N"},
      {"concurrency=0", "must be a whole number from 1 to 1000000"},
      {"concurrency=8,window", "apply to a rate: add one, such as 300/s"},
      {"concurrency=8,declare=apig", "apply to a rate"},
      {"none@0s,concurrency=8,bucket=1s", "apply to a rate"},
      {"300/s,status=500", "'status=500': must be 429 or 503"},
      {"300/s,retry-after", "needs a value: write retry-after=TIME"},
      {"300/s,retry-after=1.5s", "must be a whole number of seconds"},
      {"300/s,retry-after=-1", "must be a whole number of seconds"},
      {"300/s,retry-after=soon", "not a duration"},
      {"300/s,declare=rfc", "must be one of message, none, ietf, ratelimit, x-ratelimit, x-ratelimit-epoch, apig"},
      {"300/s,declare-factor=-1", "must be a number from 0 to 1e12"},
      {"300/s,declare-factor=nan", "must be a number from 0 to 1e12"},
      {"300/s,declare-factor=", "must be a number from 0 to 1e12"},
      {"300/s,declare=none,declare-factor=2", "declare-factor has no effect without a declaration: add declare=FORM"},
      {"300/s,status=503,declare-factor=2", "declare-factor has no effect without a declaration"},
      {"1.5/s,window", "1.5 requests in each 1.0s is not a whole number; choose another rate or length"},
      {"0.1/s,sliding", "0.1 requests in each 1.0s is not a whole number"},
      {"300/s@0s,1.5/s@5s,window", "1.5 requests in each 1.0s is not a whole number"},
  };
  for (const auto& [text, said] : refused) {
    const auto throttle = parse_throttle(text);
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST_REQUIRE(!throttle.has_value());
      BOOST_TEST(throttle.error().kind == ErrorKind::usage);
      BOOST_TEST(throttle.error().message.find(said) != std::string::npos, throttle.error().message);
    }
  }
}

BOOST_AUTO_TEST_CASE(rounding_makes_no_quota_unusable) {
  for (const auto* text :
       {"100/min,window", "7/min,window", "999999/h,sliding", "0.3/s,window=10s", "1/min,window=1h"}) {
    BOOST_TEST(parse_throttle(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace koobatch::sim
