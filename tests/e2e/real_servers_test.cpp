// koobatch behind the servers that stand in front of services: what they refuse, restart and reload costs no operation.
#include "real_server.hpp"
#include "run_checks.hpp"
#include "service.hpp"
#include "windows.hpp"
#include "workspace.hpp"

#include <signal.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

using namespace koobatch::test;

namespace {

/// A job and the simulator behind a real server.
struct Stage {
  Stage(std::size_t count, std::size_t keys, std::vector<std::string> flags = {})
      : operations(count), job(generate_job(count, keys)), service(with_log(std::move(flags))) {
    workspace.write("job.ndjson", job.text);
  }

  std::vector<std::string> with_log(std::vector<std::string> flags) const {
    flags.insert(flags.end(), {"--log", workspace.path("log")});
    return flags;
  }
  std::string upstream() const { return service.url().substr(std::string("http://").size()); }

  /// Runs the job against `url`; `meanwhile` is called once some operations have been applied.
  Finished run(const std::string& url, const std::function<void()>& meanwhile) {
    Process process({KOOBATCH_BINARY, "run", workspace.path("job.ndjson"), "--endpoint", url, "--token-env", "TOKEN",
                     "--user-id", "7", "--report", workspace.path("r"), "--progress", "none", "--retry-base", "10ms"},
                    {{"TOKEN", "secret"}});
    while (std::stoul(member(service.get("/_sim/stats"), "applied")) < operations / 10) ::usleep(1'000);
    meanwhile();
    return process.wait();
  }

  /// When requests arrived at the simulator, in ns.
  std::vector<std::int64_t> arrivals() const {
    std::vector<std::int64_t> times;
    for (const auto& request : read_log(workspace.path("log"))) times.push_back(request.t_ns);
    std::sort(times.begin(), times.end());
    return times;
  }

  void check() {
    check_nothing_lost_doubled_or_reordered(service, workspace.path("log"), workspace.path("r"), job, operations);
  }

  std::size_t operations;
  Workspace workspace;
  GeneratedJob job;
  Service service;
};

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
      const auto finished = stage.run(nginx.url(), [] {});
      BOOST_TEST(finished.status == 0, finished.out << finished.err);
      stage.check();
      const auto end = read_report(stage.workspace.path("r")).end.at(0);
      // In its best three seconds: others may be those of a machine that is busy otherwise.
      const auto used = static_cast<double>(most_within(stage.arrivals(), 3'000'000'000));
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
  const auto finished = stage.run(haproxy.url(), [&] { haproxy.restart(std::chrono::milliseconds(500)); });
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  stage.check();
}

BOOST_AUTO_TEST_CASE(a_server_that_is_reloaded_in_the_middle_costs_no_operation) {
  Stage stage(20'000, 2'000, {"--latency", "2ms"});
  const auto nginx = RealServer::nginx(stage.workspace, stage.upstream(), "", "");
  const auto finished = stage.run(nginx.url(), [&] {
    for (int i = 0; i < 5; ++i) {
      nginx.signal(SIGHUP);
      ::usleep(100'000);
    }
  });
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  stage.check();
}

BOOST_AUTO_TEST_SUITE_END()
