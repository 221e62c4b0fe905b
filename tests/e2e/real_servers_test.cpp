// koobatch behind the servers that stand in front of services: what they refuse, restart and reload costs no operation.
#include "real_server.hpp"
#include "stage.hpp"
#include "windows.hpp"

#include <signal.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

using namespace koobatch::test;

namespace {

/// When requests arrived at the simulator, in ns.
std::vector<std::int64_t> arrivals(const Stage& stage) {
  std::vector<std::int64_t> times;
  for (const auto& request : read_log(stage.log)) times.push_back(request.t_ns);
  std::sort(times.begin(), times.end());
  return times;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(real_servers)

BOOST_AUTO_TEST_CASE(an_undeclared_limit_of_200_a_second_is_found_and_used) {
  // With hardly any requests at once allowed, a machine that is busy otherwise makes some come too close together.
  for (const auto& [burst, share] : {std::pair{"burst=5 nodelay", 0.6}, {"burst=20 nodelay", 0.85}}) {
    BOOST_TEST_CONTEXT("limit_req " << burst) {
      Stage stage(2'000, 2'000);
      const auto nginx = RealServer::nginx(stage.workspace, stage.upstream(),
                                           "limit_req_zone $server_port zone=all:1m rate=200r/s; limit_req_status 429;",
                                           std::string("limit_req zone=all ") + burst + ";");
      const auto finished = stage.run(nginx.url());
      BOOST_TEST(finished.status == 0, finished.out << finished.err);
      stage.check();
      const auto end = stage.end_line();
      // In its best three seconds: others may be those of a machine that is busy otherwise.
      const auto used = static_cast<double>(most_within(arrivals(stage), 3'000'000'000));
      BOOST_TEST(used >= share * 3 * 200, used << " requests in three seconds");
      BOOST_TEST(std::stoul(member(end, "requests")) < 5'000U);
      BOOST_TEST(member(member(end, "pace"), "cuts") != "0");
      BOOST_TEST(finished.err.find("the service throttles (HTTP 429)") != std::string::npos, finished.err);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_proxy_that_is_restarted_in_the_middle_costs_no_operation) {
  Stage stage(20'000, 2'000, {"--latency", "2ms"});
  auto haproxy = RealServer::haproxy(stage.workspace, stage.upstream());
  const auto finished = stage.run(haproxy.url(), {}, [&] { haproxy.restart(std::chrono::milliseconds(500)); });
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  stage.check();
}

BOOST_AUTO_TEST_CASE(a_server_that_is_reloaded_in_the_middle_costs_no_operation) {
  Stage stage(20'000, 2'000, {"--latency", "2ms"});
  const auto nginx = RealServer::nginx(stage.workspace, stage.upstream(), "", "");
  const auto finished = stage.run(nginx.url(), {}, [&] {
    for (int i = 0; i < 5; ++i) {
      nginx.signal(SIGHUP);
      ::usleep(100'000);
    }
  });
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  stage.check();
}

BOOST_AUTO_TEST_SUITE_END()
