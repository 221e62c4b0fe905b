// The service is never pushed past the configured rate.
#include "service.hpp"
#include "windows.hpp"
#include "workspace.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>

using namespace koobatch::test;

namespace {

/// When each request arrived, in ns, as the simulator saw it.
std::vector<std::int64_t> arrivals(const Workspace& workspace, const std::vector<std::string>& service_flags,
                                   std::size_t operations, std::vector<std::string> run_flags) {
  workspace.write("job.ndjson", generate_job(operations, operations).text);
  auto flags = service_flags;
  flags.insert(flags.end(), {"--log", workspace.path("log")});
  Service service(flags);
  run_flags.insert(run_flags.begin(),
                   {"run", workspace.path("job.ndjson"), "--endpoint", service.url(), "--token-env", "TOKEN",
                    "--user-id", "7", "--report", workspace.path("r"), "--progress", "none"});
  const auto finished = run_koobatch(run_flags, {{"TOKEN", "secret"}});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  service.stop();
  std::vector<std::int64_t> times;
  for (const auto& request : read_log(workspace.path("log"))) times.push_back(request.t_ns);
  std::sort(times.begin(), times.end());
  return times;
}

constexpr std::int64_t ms = 1'000'000;
constexpr std::size_t rate = 2'000;
/// In a window of 100 ms: rate × window + burst (10 ms worth), and 20 ms worth for the receiver's jitter.
constexpr std::size_t allowed = rate / 10 + rate / 100 + rate / 50;

}  // namespace

BOOST_AUTO_TEST_SUITE(pace)

BOOST_AUTO_TEST_CASE(a_rate_of_2000_a_second_is_kept_and_used) {
  const Workspace workspace;
  const auto times = arrivals(workspace, {}, 20'000, {"--rate", "2000/s"});
  BOOST_REQUIRE(times.size() == 20'000U);
  const double took = static_cast<double>(times.back() - times.front()) / 1e9;
  BOOST_TEST(std::abs(took - 10.0) <= 0.1, "20,000 requests took " << took << " s");
  BOOST_TEST(most_within(times, 100 * ms) <= allowed);
}

BOOST_AUTO_TEST_CASE(retries_count_against_the_rate) {
  const Workspace workspace;
  const auto times = arrivals(workspace, {"--fault", "status=503,rate=0.3", "--fault", "reset,rate=0.05"}, 4'000,
                              {"--rate", "2000/s", "--retry-base", "5ms", "--max-attempts", "50", "--threads", "2"});
  BOOST_TEST(times.size() > 5'000U);
  BOOST_TEST(most_within(times, 100 * ms) <= allowed);
}

BOOST_AUTO_TEST_SUITE_END()
