// The service is never pushed past the configured rate, and the rate is used. The bounds hold on a machine that is busy
// otherwise, too: what arrives late is still on its way on some connection, and some moments are free of disturbances.
#include "service.hpp"
#include "windows.hpp"
#include "workspace.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

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
                    "--user-id", "7", "--connections", "4", "--report", workspace.path("r"), "--progress", "none"});
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
/// In a window of 100 ms: rate × window + burst (10 ms worth), and what was sent before it and is read within it, at
/// most one request on each connection.
constexpr std::size_t allowed = rate / 10 + rate / 100 + 4;

/// The numbers of these ascending times within windows of this length, one after the other, without the first and the
/// last second; ascending.
std::vector<std::size_t> counts_within(const std::vector<std::int64_t>& times, std::int64_t window) {
  std::vector<std::size_t> counts;
  auto next = times.begin();
  for (auto from = times.front() + 1000 * ms; from + window <= times.back() - 1000 * ms; from += window) {
    const auto first = std::lower_bound(next, times.end(), from);
    next = std::lower_bound(first, times.end(), from + window);
    counts.push_back(static_cast<std::size_t>(next - first));
  }
  std::sort(counts.begin(), counts.end());
  return counts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pace)

BOOST_AUTO_TEST_CASE(a_rate_of_2000_a_second_is_kept) {
  const Workspace workspace;
  const auto times = arrivals(workspace, {}, 10'000, {"--rate", "2000/s"});
  BOOST_REQUIRE(times.size() == 10'000U);
  BOOST_TEST(most_within(times, 100 * ms) <= allowed);
  BOOST_TEST(most_within(times, 1000 * ms) <= allowed + rate * 9 / 10);
}

BOOST_AUTO_TEST_CASE(a_rate_is_used_within_one_percent) {
  const Workspace workspace;
  // A rate that any machine can send; bench/ has those that are hard to send.
  const auto times = arrivals(workspace, {}, 2'000, {"--rate", "200/s"});
  BOOST_REQUIRE(times.size() == 2'000U);
  const auto counts = counts_within(times, 500 * ms);
  BOOST_REQUIRE(counts.size() >= 10U);
  // What keeps a busy machine from its work shows in some moments, a rate that is not used in all of them.
  BOOST_TEST(counts[counts.size() - counts.size() / 10 - 1] >= 99U);
  BOOST_TEST(counts[counts.size() / 2] <= 101U);
}

BOOST_AUTO_TEST_CASE(retries_count_against_the_rate) {
  const Workspace workspace;
  const auto times = arrivals(workspace, {"--fault", "status=503,rate=0.3", "--fault", "reset,rate=0.05"}, 4'000,
                              {"--rate", "2000/s", "--retry-base", "5ms", "--max-attempts", "50", "--threads", "2"});
  BOOST_TEST(times.size() > 5'000U);
  BOOST_TEST(most_within(times, 100 * ms) <= allowed);
}

BOOST_AUTO_TEST_SUITE_END()
