// --proxy: a tunnel through an HTTP proxy, which learns the target and nothing else.
#include "certificates.hpp"
#include "connect_proxy.hpp"
#include "contains.hpp"
#include "real_server.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

using namespace koobatch::test;

namespace {

struct Fixture {
  Fixture() {
    issue_certificate(workspace, "ca", {});
    workspace.write("job.ndjson", generate_job(300, 300).text);
  }

  Service serve(const std::string& name, const std::string& hosts) const {
    issue_certificate(workspace, name, {.issuer = "ca", .hosts = hosts});
    return Service({"--cert", workspace.path(name + ".pem"), "--key", workspace.path(name + ".key"), "--log",
                    workspace.path("log")});
  }

  Finished run(const std::string& url, const std::string& proxy, std::vector<std::string> flags = {}) const {
    flags.insert(flags.begin(),
                 {"run", workspace.path("job.ndjson"), "--endpoint", url, "--proxy", proxy, "--token-env", "TOKEN",
                  "--user-id", "7", "--report", report, "--max-outage", "1s", "--retry-base", "10ms"});
    return run_koobatch(flags, {{"TOKEN", "s3cret-token"}});
  }
  Finished run_trusting_the_authority(const std::string& url, const std::string& proxy) const {
    return run(url, proxy, {"--cacert", workspace.path("ca.pem")});
  }

  void check_all_succeeded(const Finished& finished) const {
    BOOST_TEST(finished.status == 0, finished.err);
    BOOST_TEST(read_report(report).results.size() == 300U);
  }
  /// There was no way through, and the run ended as if the service were down.
  void check_no_way(const Finished& finished, const std::string& words) const {
    BOOST_TEST(finished.status == 5, finished.err);
    BOOST_TEST(contains(finished.err, words), finished.err);
    BOOST_TEST(contains(finished.err, "koobatch resume"), finished.err);
    BOOST_TEST(read_report(report).results.empty());
  }

  Workspace workspace;
  const std::string report = workspace.path("r");
};

/// Everything sent to the proxy itself is the same request for a tunnel.
void check_heads(const ConnectProxy& proxy, const std::string& authority) {
  const auto heads = proxy.heads();
  BOOST_TEST(!heads.empty());
  for (const auto& head : heads) {
    BOOST_TEST(head == fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n", authority));
  }
}

std::string port_of(const std::string& url) {
  return url.substr(url.rfind(':') + 1);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(proxy, Fixture)

BOOST_AUTO_TEST_CASE(a_tunnel_is_asked_for_and_the_token_stays_hidden) {
  const Service service = serve("good", "DNS:localhost");
  const ConnectProxy proxy;
  const std::string port = port_of(service.url());
  check_all_succeeded(run_trusting_the_authority("https://localhost:" + port, proxy.url()));
  check_heads(proxy, "localhost:" + port);
  BOOST_TEST(!contains(proxy.seen(), "s3cret-token"));
  BOOST_TEST(!contains(proxy.seen(), "Authorization"));
  BOOST_TEST(member(member(read_report(report).run.at(0), "settings"), "proxy") == proxy.url());
}

BOOST_AUTO_TEST_CASE(the_proxy_resolves_the_services_name_and_tls_verifies_it) {
  const Service service = serve("good", "DNS:koo.example");
  const ConnectProxy proxy;
  const std::string authority = "koo.example:" + port_of(service.url());
  check_all_succeeded(run_trusting_the_authority("https://" + authority, proxy.url()));
  check_heads(proxy, authority);
}

BOOST_AUTO_TEST_CASE(a_certificate_that_names_the_proxy_is_not_accepted_for_the_service) {
  Service service = serve("wrong", "DNS:localhost,IP:127.0.0.1");
  const ConnectProxy proxy;
  const auto finished = run_trusting_the_authority("https://koo.example:" + port_of(service.url()), proxy.url());
  BOOST_TEST(finished.status == 5, finished.err);
  BOOST_TEST(contains(finished.err, "(CN=wrong) was refused: hostname mismatch"), finished.err);
  service.stop();
  BOOST_TEST(workspace.read("log").empty());
}

BOOST_AUTO_TEST_CASE(plain_http_goes_through_a_tunnel_too) {
  const Service service;
  const ConnectProxy proxy;
  check_all_succeeded(run(service.url(), proxy.url()));
  check_heads(proxy, "127.0.0.1:" + port_of(service.url()));
  for (const auto& head : proxy.heads()) BOOST_TEST(!contains(head, "s3cret-token"));
}

BOOST_AUTO_TEST_CASE(a_resumed_run_uses_the_same_proxy) {
  const Service service = serve("good", "DNS:localhost");
  const ConnectProxy proxy;
  check_all_succeeded(run_trusting_the_authority("https://localhost:" + port_of(service.url()), proxy.url()));
  workspace.write("begun", read_report(report).run.at(0) + "\n");
  const std::size_t before = proxy.heads().size();
  const auto resumed =
      run_koobatch({"resume", workspace.path("begun"), "--token-env", "TOKEN"}, {{"TOKEN", "s3cret-token"}});
  BOOST_TEST(resumed.status == 0, resumed.err);
  BOOST_TEST(proxy.heads().size() > before);
}

BOOST_AUTO_TEST_CASE(a_proxy_that_refuses_is_a_failure_to_connect_that_names_proxy_and_target) {
  for (const char* status : {"403 Forbidden", "407 Proxy Authentication Required", "502 Bad Gateway"}) {
    BOOST_TEST_CONTEXT(status) {
      std::filesystem::remove(report);
      const ConnectProxy proxy({.refusal = fmt::format("HTTP/1.1 {}\r\nContent-Length: 0\r\n\r\n", status)});
      const auto finished = run("https://koo.example", proxy.url());
      check_no_way(finished,
                   fmt::format("the proxy {} did not connect to https://koo.example: HTTP {}", proxy.url(), status));
      check_heads(proxy, "koo.example:443");
      BOOST_TEST(!contains(proxy.seen(), "s3cret-token"));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_proxy_that_is_dead_is_a_failure_to_connect_that_names_it) {
  const std::string proxy = fmt::format("http://127.0.0.1:{}", free_port());
  check_no_way(run("https://koo.example", proxy), fmt::format("cannot connect to the proxy {}", proxy));
}

BOOST_AUTO_TEST_CASE(a_proxy_whose_answer_never_ends_is_given_up) {
  const ConnectProxy proxy({.refusal = "HTTP/1.1 200 OK\r\nX: " + std::string(1'000'000, 'x')});
  check_no_way(run("https://koo.example", proxy.url()), "its answer has a header of more than 16 KiB");
}

BOOST_AUTO_TEST_CASE(a_proxy_that_is_silent_is_given_up_after_the_connect_timeout) {
  const ConnectProxy proxy({.hang = true});
  const auto finished = run("https://koo.example", proxy.url(), {"--connect-timeout", "200ms"});
  check_no_way(finished, fmt::format("cannot connect to https://koo.example through the proxy {}: no connection within "
                                     "0.2 s",
                                     proxy.url()));
}

BOOST_AUTO_TEST_CASE(a_proxy_with_a_password_is_refused_without_repeating_it) {
  const auto finished = run("https://koo.example", "http://me:s3cret@127.0.0.1:1");
  BOOST_TEST(finished.status == 2, finished.err);
  BOOST_TEST(contains(finished.err, "--proxy 'http://***@127.0.0.1:1'"), finished.err);
  BOOST_TEST(!contains(finished.err, "s3cret"), finished.err);
}

BOOST_AUTO_TEST_SUITE_END()
