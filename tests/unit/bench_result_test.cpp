#include "cli/running/bench_result.hpp"
#include "contains.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <string>

using namespace koobatch;
using namespace koobatch::cli;
using namespace std::chrono_literals;
using koobatch::test::contains;

namespace {

/// 90 quick operations, 9 that had to wait for one that took a second, and that one.
struct Sample {
  engine::RunSettings settings;
  engine::RunResult result;
  observe::Snapshot counters;

  Sample() {
    settings.endpoint = http::parse_endpoint("http://127.0.0.1:8080").value();
    settings.simulated = true;
    settings.connections = 1;
    settings.pace.rate = 10;
    result.summary.run.version = "1.2.3";
    result.summary.seconds = 10;
    result.summary.operations_per_second = 10;
    result.summary.counts[Status::succeeded] = 100;
    result.summary.counts.remaining = 4'000'000'000;
    for (int i = 0; i < 99; ++i) result.measurements.service.record(2ms);
    result.measurements.service.record(1s);
    for (int i = 0; i < 90; ++i) result.measurements.from_due.record(2ms);
    for (int i = 1; i <= 10; ++i) result.measurements.from_due.record(i * 100ms);
    counters.requests = 103;
    counters.retries = 3;
  }
  void fail_attempt(int http, std::string_view text) {
    report::ResultRecord attempt;
    attempt.status = Status::failed;
    attempt.http = http;
    attempt.error = text;
    result.measurements.failures.add(attempt);
  }
  std::string text() const { return bench_text({settings, result, counters}); }
  std::string json() const { return bench_json({settings, result, counters}); }
};

}  // namespace

#define CHECK_SAYS(text, part) BOOST_TEST(contains(text, part), "said: " << (text))

BOOST_AUTO_TEST_SUITE(bench_result)

BOOST_AUTO_TEST_CASE(the_text_sets_both_latencies_side_by_side) {
  const auto text = Sample().text();
  CHECK_SAYS(text, "✔ 100 operations in 10.00 s: 10/s\n");
  CHECK_SAYS(text, "http://127.0.0.1:8080, the embedded service\n");
  CHECK_SAYS(text, "1 on 1 thread\n");
  CHECK_SAYS(text, "target rate  10/s\n");
  CHECK_SAYS(text, "103, repeated 3, throttled 0, unanswered 0\n");
  CHECK_SAYS(text, "from intended start");
  CHECK_SAYS(text, "\n  most                  1000.000          1000.000\n");
  BOOST_TEST(!contains(text, "did not succeed"));
  BOOST_TEST(!contains(text, "4,000,000,000"), "what a job without an end has left means nothing");
}

BOOST_AUTO_TEST_CASE(the_json_has_both_latencies_in_milliseconds_up_to_the_last_of_ten_thousand) {
  const auto json = Sample().json();
  BOOST_TEST(json.starts_with(R"({"schema":1,"version":"1.2.3","endpoint":"http://127.0.0.1:8080","simulated":true,)"));
  CHECK_SAYS(json, R"("rate":10.000)");
  CHECK_SAYS(json, R"("operations":100,"operations_per_second":10.0,)");
  CHECK_SAYS(json, R"("counts":{"succeeded":100,"rejected":0,"failed":0,"unknown":0,"invalid":0})");
  CHECK_SAYS(json, R"("from_intended_start":{"count":100,"min":2.000,)");
  CHECK_SAYS(json, R"("service_time":{"count":100,"min":2.000,)");
  for (const char* name : {"mean", "p50", "p75", "p90", "p95", "p99", "p99.9", "p99.99", "max"}) {
    CHECK_SAYS(json, fmt::format("\"{}\":", name));
  }
  CHECK_SAYS(json, R"("failed_requests":[])");
  BOOST_TEST(!contains(json, "4000000000"));
}

BOOST_AUTO_TEST_CASE(what_went_wrong_is_counted_by_kind_the_most_frequent_first) {
  Sample sample;
  sample.fail_attempt(0, "refused");
  sample.fail_attempt(503, "busy");
  sample.fail_attempt(503, "busy");
  CHECK_SAYS(sample.json(), R"("failed_requests":[{"count":2,"http":503,"text":"busy"},{"count":1,"text":"refused"}])");
  CHECK_SAYS(sample.text(), "          2 × HTTP 503: busy\n          1 × no answer: refused\n");
}

BOOST_AUTO_TEST_CASE(text_from_the_service_is_harmless_to_a_terminal) {
  Sample sample;
  sample.fail_attempt(500, "\x1b[31m\xff");
  BOOST_TEST(!contains(sample.text(), "\x1b"));
  BOOST_TEST(!contains(sample.json(), "\x1b"));
  BOOST_TEST(!contains(sample.json(), "\xff"));
}

BOOST_AUTO_TEST_CASE(operations_due_and_never_sent_are_reported) {
  Sample sample;
  BOOST_TEST(!contains(sample.text(), "never sent"));
  sample.result.measurements.never_sent = 1'234;
  CHECK_SAYS(sample.text(), "target rate  10/s; 1,234 operations never sent that were due\n");
  CHECK_SAYS(sample.json(), R"("never_sent":1234)");
}

BOOST_AUTO_TEST_CASE(an_operation_that_was_sent_and_has_no_result_is_not_a_success) {
  Sample sample;
  BOOST_TEST((BenchResult{sample.settings, sample.result, sample.counters}.succeeded()));
  ++sample.counters.requests;
  BOOST_TEST(!(BenchResult{sample.settings, sample.result, sample.counters}.succeeded()));
  CHECK_SAYS(sample.text(), "✘ 100 operations");
}

BOOST_AUTO_TEST_CASE(a_benchmark_that_was_stopped_says_why) {
  Sample sample;
  sample.result.error = fatal_error("the service is gone");
  sample.result.summary.counts[Status::unknown] = 2;
  CHECK_SAYS(sample.text(), "✘ 102 operations");
  CHECK_SAYS(sample.text(), "stopped: the service is gone\n");
  CHECK_SAYS(sample.text(), "unknown      2\n");
  CHECK_SAYS(sample.json(), R"("error":"the service is gone")");
}

BOOST_AUTO_TEST_CASE(a_benchmark_that_was_interrupted_does_not_look_complete) {
  Sample sample;
  CHECK_SAYS(sample.json(), R"("outcome":"completed")");
  const BenchResult interrupted{sample.settings, sample.result, sample.counters, true};
  BOOST_TEST(bench_text(interrupted).starts_with("■ Interrupted: 100 operations in 10.00 s: 10/s\n"));
  CHECK_SAYS(bench_json(interrupted), R"("outcome":"interrupted")");
  sample.result.error = fatal_error("the service is gone");
  CHECK_SAYS(bench_text(interrupted), "✘ 100 operations");
  CHECK_SAYS(bench_json(interrupted), R"("outcome":"aborted","error":"the service is gone")");
}

BOOST_AUTO_TEST_CASE(a_benchmark_in_which_nothing_was_done_has_no_latencies_and_no_success) {
  Sample sample;
  sample.result = {};
  sample.counters = {};
  CHECK_SAYS(sample.text(), "✘ 0 operations");
  CHECK_SAYS(sample.json(), R"("service_time":{"count":0})");
}

BOOST_AUTO_TEST_SUITE_END()
