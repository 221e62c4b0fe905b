// HTTP/2 behind servers that CI does not install: tests/run full does.
#include "real_server.hpp"
#include "stage.hpp"

#include <signal.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <vector>

using namespace koobatch::test;

namespace {

namespace utf = boost::unit_test;

boost::test_tools::assertion_result have_servers(utf::test_unit_id) {
  const bool found = std::filesystem::exists("/usr/bin/h2o") && std::filesystem::exists("/usr/sbin/apache2");
  boost::test_tools::assertion_result result(found);
  result.message() << "Apache and h2o are not installed: .ci/install servers";
  return result;
}

const std::vector<std::string> demanded{"--http", "2"};

}  // namespace

BOOST_AUTO_TEST_SUITE(more_servers, *utf::precondition(have_servers))

BOOST_AUTO_TEST_CASE(apache_may_end_connections_that_are_idle_and_costs_no_attempt) {
  Stage stage(4, 4);
  const auto server = RealServer::apache(stage.workspace, stage.upstream(), "KeepAliveTimeout 1");
  const auto finished =
      stage.run(server.url(), {"--http", "2", "--rate", "40/min", "--burst", "1", "--max-attempts", "1"});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST(member(stage.end_line(), "requests") == "4");
  stage.check();
}

BOOST_AUTO_TEST_CASE(apache_may_serve_few_streams_and_be_reloaded) {
  Stage stage(5'000, 500, {"--latency", "2ms"});
  const auto server = RealServer::apache(stage.workspace, stage.upstream(), "H2MaxSessionStreams 5");
  const auto finished = stage.run(server.url(), demanded, [&] {
    for (int i = 0; i < 2; ++i) {
      server.signal(SIGUSR1);
      ::usleep(300'000);
    }
  });
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  stage.check();
}

BOOST_AUTO_TEST_CASE(h2o_may_be_restarted) {
  Stage stage(5'000, 500, {"--latency", "10ms"});
  auto server = RealServer::h2o(stage.workspace, stage.upstream());
  const auto finished = stage.run(server.url(), demanded, [&] { server.restart(std::chrono::milliseconds(300)); });
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST(member(stage.end_line(), "http") == "2");
  stage.check();
}

BOOST_AUTO_TEST_SUITE_END()
