// HTTP/2, as real servers speak it: everything that holds for HTTP/1.1 holds there, and connections that end cost
// nothing.
#include "certificates.hpp"
#include "contains.hpp"
#include "real_server.hpp"
#include "scripted_server.hpp"
#include "stage.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <vector>

using namespace koobatch::test;

namespace {

constexpr const char* here = "DNS:localhost,IP:127.0.0.1";

void check_spoke(const Stage& stage, const std::string& version) {
  BOOST_TEST(member(stage.end_line(), "http") == version);
}

const std::vector<std::string> demanded{"--http", "2"};

}  // namespace

BOOST_AUTO_TEST_SUITE(http2)

BOOST_AUTO_TEST_CASE(a_run_without_tls) {
  Stage stage;
  const auto server = RealServer::nghttpx(stage.upstream(), {});
  const auto finished = stage.run(server.url(), {"--http", "2"});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST(contains(finished.out, "over HTTP/2"), finished.out);
  check_spoke(stage, "2");
  stage.check();
}

BOOST_AUTO_TEST_CASE(the_embedded_service_speaks_it_too) {
  for (const bool encrypted : {false, true}) {
    BOOST_TEST_CONTEXT((encrypted ? "TLS" : "plain")) {
      Workspace certificates;
      make_certificate(certificates, "own", here);
      std::vector<std::string> flags{
          "--jitter",        "2ms",     "--fault",           "status=503,rate=0.03", "--fault",
          "reset,rate=0.02", "--fault", "truncate,rate=0.02"};
      if (encrypted) {
        flags.insert(flags.end(), {"--cert", certificates.path("own.pem"), "--key", certificates.path("own.key")});
      }
      Stage stage(5'000, 500, flags);
      const auto finished =
          stage.run(stage.service.url(), {"--http", encrypted ? "auto" : "2", "--insecure", "--max-attempts", "12"});
      BOOST_TEST(finished.status == 0, finished.out << finished.err);
      check_spoke(stage, "2");
      const auto lines = read_report(stage.report);
      BOOST_TEST(lines.results.size() == stage.operations);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_simulated_run_speaks_it_on_request) {
  const Workspace workspace;
  const auto report = workspace.path("r");
  const auto finished = run_koobatch({"run", workspace.write("job.ndjson", renames(1'000)), "--simulate", "--user-id",
                                      "7", "--http", "2", "--report", report, "--progress", "none"});
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(contains(finished.out, "over HTTP/2"), finished.out);
}

BOOST_AUTO_TEST_CASE(over_tls_it_is_spoken_if_the_service_agrees) {
  Stage stage;
  issue_certificate(stage.workspace, "ca", {});
  issue_certificate(stage.workspace, "good", {.issuer = "ca", .hosts = here});
  const auto server = RealServer::nginx_http2(stage.workspace, stage.upstream(), "", "good");
  const auto finished = stage.run(server.url(), {"--cacert", stage.workspace.path("ca.pem")});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST(contains(finished.err, "at most 128 requests in flight over HTTP/2"), finished.err);
  check_spoke(stage, "2");
  stage.check();
}

BOOST_AUTO_TEST_CASE(over_tls_http1_is_spoken_without_a_warning_if_the_service_speaks_nothing_else) {
  Stage stage;
  issue_certificate(stage.workspace, "ca", {});
  issue_certificate(stage.workspace, "good", {.issuer = "ca", .hosts = here});
  const auto server = RealServer::nginx_tls(stage.workspace, stage.upstream(), "good", "", "");
  const auto finished = stage.run(server.url(), {"--cacert", stage.workspace.path("ca.pem")});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST(!contains(finished.err, "HTTP/1.1"), finished.err);
  check_spoke(stage, "1.1");
  stage.check();
}

BOOST_AUTO_TEST_CASE(http1_can_be_demanded) {
  Stage stage(500);
  issue_certificate(stage.workspace, "ca", {});
  issue_certificate(stage.workspace, "good", {.issuer = "ca", .hosts = here});
  const auto server = RealServer::nginx_http2(stage.workspace, stage.upstream(), "", "good");
  const auto finished = stage.run(server.url(), {"--cacert", stage.workspace.path("ca.pem"), "--http", "1.1"});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  check_spoke(stage, "1.1");
}

BOOST_AUTO_TEST_CASE(a_service_without_it_stops_a_run_that_demands_it) {
  Stage stage(100);
  issue_certificate(stage.workspace, "ca", {});
  issue_certificate(stage.workspace, "good", {.issuer = "ca", .hosts = here});
  const auto encrypted = RealServer::nginx_tls(stage.workspace, stage.upstream(), "good", "", "");
  const auto plain = RealServer::nginx(stage.workspace, stage.upstream(), "", "");
  for (const auto& url : {encrypted.url(), plain.url()}) {
    std::filesystem::remove(stage.report);
    const auto finished = stage.run(url, {"--cacert", stage.workspace.path("ca.pem"), "--http", "2"});
    BOOST_TEST(finished.status == 5, finished.err);
    BOOST_TEST(contains(finished.err, "use --http auto"), finished.err);
  }
  BOOST_TEST(member(stage.service.get("/_sim/stats"), "requests") == "0");
}

/// nginx does so after 1,000 requests by default.
BOOST_AUTO_TEST_CASE(connections_that_are_ended_after_some_requests_cost_no_attempt) {
  Stage stage(10'000, 10'000);
  const auto server = RealServer::nginx_http2(stage.workspace, stage.upstream(), "keepalive_requests 100;");
  const auto finished = stage.run(server.url(), {"--http", "2", "--max-attempts", "1"});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST(member(member(stage.end_line(), "pace"), "outages") == "0");
  stage.check();
}

BOOST_AUTO_TEST_CASE(a_server_that_is_reloaded_in_the_middle_costs_no_operation) {
  Stage stage(20'000, 20'000, {"--latency", "2ms"});
  const auto server = RealServer::nginx_http2(stage.workspace, stage.upstream(), "");
  const auto finished = stage.run(server.url(), demanded, [&] {
    for (int i = 0; i < 5; ++i) {
      server.signal(SIGHUP);
      ::usleep(100'000);
    }
  });
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  stage.check();
}

BOOST_AUTO_TEST_CASE(a_server_that_is_restarted_in_the_middle_costs_no_operation) {
  Stage stage(20'000, 2'000, {"--latency", "2ms"});
  auto server = RealServer::nghttpx(stage.upstream(), {});
  const auto finished = stage.run(server.url(), demanded, [&] { server.restart(std::chrono::milliseconds(500)); });
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  stage.check();
}

BOOST_AUTO_TEST_CASE(the_services_limits_are_kept) {
  for (const char* settings :
       {"http2_max_concurrent_streams 1;", "http2_max_concurrent_streams 8;", "http2_body_preread_size 0;"}) {
    BOOST_TEST_CONTEXT(settings) {
      Stage stage(2'000, 2'000);
      const auto server = RealServer::nginx_http2(stage.workspace, stage.upstream(),
                                                  fmt::format("keepalive_requests 100000; {}", settings));
      const auto finished = stage.run(server.url(), {"--http", "2", "--max-attempts", "1"});
      BOOST_TEST(finished.status == 0, finished.out << finished.err);
      BOOST_TEST(member(stage.end_line(), "requests") == "2000");
      stage.check();
    }
  }
}

BOOST_AUTO_TEST_CASE(keys_keep_their_order_with_many_requests_in_flight) {
  Stage stage(20'000, 20, {"--latency", "1ms", "--jitter", "5ms"});
  const auto server = RealServer::nghttpx(stage.upstream(), {});
  const auto finished = stage.run(server.url(), {"--http", "2", "--connections", "4", "--streams", "250"});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  stage.check();
}

BOOST_AUTO_TEST_CASE(a_killed_run_is_resumed) {
  Stage stage(20'000, 2'000, {"--latency", "2ms"});
  const auto server = RealServer::nghttpx(stage.upstream(), {});
  {
    Process process = stage.start(server.url(), demanded);
    stage.wait_for_applied(2'000);
    process.signal(SIGKILL);
    process.wait();
  }
  const auto finished =
      Process({KOOBATCH_BINARY, "resume", stage.report, "--progress", "none"}, {{"TOKEN", "secret"}}).wait();
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST(contains(read_report(stage.report).run.at(1), R"("http":"2")"), "the settings are resumed");
  stage.check();
}

BOOST_AUTO_TEST_CASE(a_run_with_several_threads_has_a_connection_each) {
  Stage stage;
  const auto server = RealServer::nghttpx(stage.upstream(), {});
  const auto finished = stage.run(server.url(), {"--http", "2", "--threads", "3"});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  stage.check();
}

/// HAProxy refuses the stream of a request whose connection to the service was closed, although the service took it.
BOOST_AUTO_TEST_CASE(a_refused_stream_is_no_proof_that_nothing_happened) {
  const Workspace workspace;
  std::string events, folders;
  for (int i = 1; i <= 3; ++i) {
    events += R"({"op":"post_event","id":"e)" + std::to_string(i) + R"(","text":"t"})" + "\n";
    folders += R"({"op":"rename_shared_folder","id":")" + std::to_string(i) + R"(","fileName":"n"})" + "\n";
  }
  for (const bool idempotent : {false, true}) {
    BOOST_TEST_CONTEXT((idempotent ? "renames" : "events")) {
      const ScriptedServer taker({{.bytes = success()}, {.then = Reply::Then::close}});
      const auto haproxy = RealServer::haproxy(workspace, "127.0.0.1:" + std::to_string(taker.port()), " proto h2");
      const auto report = workspace.path(idempotent ? "renames.r" : "events.r");
      const auto finished =
          start_run(workspace.write("job.ndjson", idempotent ? folders : events), haproxy.url(), report,
                    {"--http", "2", "--connections", "1", "--streams", "1", "--max-attempts", "1"})
              .wait();
      const auto lines = read_report(report);
      BOOST_TEST_REQUIRE(lines.results.size() == 3U, finished.err);
      for (const auto& result : lines.results) {
        const bool taken = !idempotent && result.line == 2;
        BOOST_TEST(result.status == (taken ? "unknown" : "succeeded"), result.text);
      }
      BOOST_TEST(taker.requests() == (idempotent ? 4U : 3U));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_interrupted_run_waits_for_its_requests) {
  Stage stage(20'000, 2'000, {"--latency", "50ms"});
  const auto server = RealServer::nghttpx(stage.upstream(), {});
  Process process = stage.start(server.url(), demanded);
  stage.wait_for_applied(1'000);
  process.signal(SIGTERM);
  const auto finished = process.wait();
  BOOST_TEST(finished.status == 128 + SIGTERM, finished.err);
  const auto lines = read_report(stage.report);
  BOOST_TEST(contains(lines.end.at(0), R"("unsettled":[])"), lines.end.at(0));
  BOOST_TEST(std::to_string(lines.results.size()) == member(stage.service.get("/_sim/stats"), "applied"));
}

BOOST_AUTO_TEST_SUITE_END()
