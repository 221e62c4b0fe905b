// The embedded service's limits are those that were asked for, and a run gets through each of them.
#include "service.hpp"
#include "windows.hpp"
#include "workspace.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

using namespace koobatch::test;

namespace {

constexpr std::int64_t ms = 1'000'000;

struct Fixture {
  /// Runs that many operations with retries that wait briefly, and returns the requests that arrived at the service.
  std::vector<LoggedRequest> run(std::size_t operations, std::vector<std::string> service_flags) const {
    workspace.write("job.ndjson", generate_job(operations, operations).text);
    service_flags.insert(service_flags.end(), {"--log", workspace.path("log")});
    Service service(service_flags);
    const auto finished = run_koobatch(
        {"run", workspace.path("job.ndjson"), "--endpoint", service.url(), "--token-env", "TOKEN", "--user-id", "7",
         "--retry-base", "10ms", "--retry-cap", "1s", "--report", workspace.path("r"), "--progress", "none"},
        {{"TOKEN", "secret"}});
    BOOST_TEST(finished.status == 0, finished.out << finished.err);
    service.stop();
    return read_log(workspace.path("log"));
  }

  Workspace workspace;
};

/// The times at which accepted requests arrived, in ascending order.
std::vector<std::int64_t> accepted(const std::vector<LoggedRequest>& requests) {
  std::vector<std::int64_t> times;
  for (const auto& request : requests) {
    if (request.status == 200) times.push_back(request.t_ns);
  }
  std::sort(times.begin(), times.end());
  return times;
}

bool any_with(const std::vector<LoggedRequest>& requests, int status) {
  return std::any_of(requests.begin(), requests.end(), [&](const auto& request) { return request.status == status; });
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(limits, Fixture)

BOOST_AUTO_TEST_CASE(a_sliding_quota_is_kept_and_a_run_gets_through_it) {
  const auto requests = run(600, {"--throttle", "300/s,sliding,retry-after=1s"});
  const auto times = accepted(requests);
  BOOST_TEST(times.size() == 600U);
  BOOST_TEST(koobatch::test::most_within(times, 1000 * ms) <= 300U);
  BOOST_TEST(any_with(requests, 429));
}

BOOST_AUTO_TEST_CASE(no_more_are_in_flight_than_allowed_and_the_others_are_refused_as_asked) {
  const auto requests = run(100, {"--latency", "20ms", "--throttle", "concurrency=4,status=503,retry-after=1s"});
  const auto times = accepted(requests);
  BOOST_TEST(times.size() == 100U);
  // Each is in flight for its latency at least.
  BOOST_TEST(koobatch::test::most_within(times, 20 * ms) <= 4U);
  BOOST_TEST(any_with(requests, 503));
}

BOOST_AUTO_TEST_CASE(a_limit_that_cannot_be_parsed_is_refused_with_the_accepted_forms) {
  const auto finished = run_koobatch({"simulate", "--throttle", "300/s,windw"});
  BOOST_TEST(finished.status == 2);
  BOOST_TEST(finished.err.find("--throttle '300/s,windw': 'windw': unknown; known are RATE, RATE@TIME, bucket=TIME") !=
                 std::string::npos,
             finished.err);
}

BOOST_AUTO_TEST_SUITE_END()
