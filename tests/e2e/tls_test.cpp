// TLS: verified by default, refused before anything is sent otherwise.
#include "certificates.hpp"
#include "contains.hpp"
#include "preload.hpp"
#include "real_server.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <sstream>

using namespace koobatch::test;

namespace {

const std::string here = "DNS:localhost,IP:127.0.0.1";

struct Fixture {
  Fixture() {
    issue_certificate(workspace, "ca", {});
    workspace.write("job.ndjson", generate_job(300, 300).text);
  }

  /// A service with the certificate NAME and those above it, made by `certificate`.
  Service serve(const std::string& name, const Certificate& certificate) const {
    issue_certificate(workspace, name, certificate);
    return serve_file(name, certificate.issuer.empty() ? ".pem" : ".chain.pem");
  }
  Service serve_file(const std::string& name, const std::string& ending) const {
    return Service({"--cert", workspace.path(name + ending), "--key", workspace.path(name + ".key"), "--log",
                    workspace.path("log")});
  }

  Finished run(const std::string& url, std::vector<std::string> flags,
               const Process::Environment& environment = {{"TOKEN", "secret"}}) const {
    flags.insert(flags.begin(), {"run", workspace.path("job.ndjson"), "--endpoint", url, "--token-env", "TOKEN",
                                 "--user-id", "7", "--report", report, "--max-outage", "2s", "--retry-base", "10ms"});
    return run_koobatch(flags, environment);
  }
  Finished run_trusting_the_authority(const std::string& url) const {
    return run(url, {"--cacert", workspace.path("ca.pem")});
  }

  /// The run stopped at the handshake, and said so with all of these words.
  void check_stopped(const Finished& finished, const std::vector<std::string>& words) const {
    BOOST_TEST(finished.status == 5, finished.err);
    for (const auto& word : words) BOOST_TEST(contains(finished.err, word), finished.err << "\ndoes not say: " << word);
    const auto lines = read_report(report);
    BOOST_TEST(lines.results.empty());
    BOOST_REQUIRE(lines.end.size() == 1U);
    BOOST_TEST(member(lines.end.front(), "reason") == "aborted");
  }
  /// The service saw no request.
  void check_refused(Service& service, const Finished& finished, const std::vector<std::string>& words) const {
    check_stopped(finished, words);
    service.stop();
    BOOST_TEST(workspace.read("log").empty());
  }

  Workspace workspace;
  const std::string report = workspace.path("r");
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tls, Fixture)

BOOST_AUTO_TEST_CASE(a_trusted_certificate_is_accepted) {
  make_certificate(workspace, "good", here);
  const Service service = serve_file("good", ".pem");
  BOOST_TEST(service.url().rfind("https://", 0) == 0U);
  const auto finished = run(service.url(), {"--cacert", workspace.path("good.pem")});
  BOOST_TEST(finished.status == 0, finished.err);
}

BOOST_AUTO_TEST_CASE(a_chain_that_leads_to_the_trusted_certificate_is_accepted) {
  issue_certificate(workspace, "intermediate", {.issuer = "ca"});
  const Service service = serve("leaf", {.issuer = "intermediate", .hosts = here});
  const auto finished = run_trusting_the_authority(service.url());
  BOOST_TEST(finished.status == 0, finished.err);
}

BOOST_AUTO_TEST_CASE(an_expired_certificate_is_refused_before_anything_is_sent) {
  Service service = serve("expired", {.issuer = "ca", .hosts = here, .valid_from_day = -10});
  const auto finished = run_trusting_the_authority(service.url());
  check_refused(
      service, finished,
      {fmt::format("the certificate of {} (CN=expired) was refused: certificate has expired, on 20", service.url()),
       "clock"});
}

BOOST_AUTO_TEST_CASE(a_certificate_that_is_not_yet_valid_is_refused_before_anything_is_sent) {
  Service service = serve("early", {.issuer = "ca", .hosts = here, .valid_from_day = 10});
  const auto finished = run_trusting_the_authority(service.url());
  check_refused(service, finished, {"(CN=early) was refused: certificate is not yet valid, only from 20", "clock"});
}

BOOST_AUTO_TEST_CASE(a_certificate_for_another_host_is_refused_before_anything_is_sent) {
  Service service = serve("other", {.issuer = "ca", .hosts = "DNS:elsewhere.example"});
  const auto finished = run_trusting_the_authority(service.url());
  check_refused(service, finished, {"(CN=other) was refused: IP address mismatch", "--endpoint"});
}

BOOST_AUTO_TEST_CASE(a_certificate_for_another_name_is_refused_before_anything_is_sent) {
  Service service = serve("other", {.issuer = "ca", .hosts = "DNS:elsewhere.example,IP:127.0.0.1"});
  const std::string port = service.url().substr(service.url().rfind(':'));
  // A bare machine may not know the name.
  const auto finished = run("https://localhost" + port, {"--cacert", workspace.path("ca.pem")},
                            with_fault("KOOBATCH_LOCALHOST", "127.0.0.1"));
  check_refused(service, finished,
                {fmt::format("the certificate of https://localhost{} (CN=other) was refused: hostname mismatch", port),
                 "--endpoint"});
}

BOOST_AUTO_TEST_CASE(a_self_signed_certificate_is_refused_before_anything_is_sent) {
  Service service = serve("alone", {.issuer = "", .hosts = here});
  const auto finished = run_trusting_the_authority(service.url());
  check_refused(service, finished, {"(CN=alone) was refused: self-signed certificate;", "--cacert"});
}

BOOST_AUTO_TEST_CASE(an_unknown_issuer_is_refused_before_anything_is_sent) {
  Service service = serve("good", {.issuer = "ca", .hosts = here});
  const auto finished = run(service.url(), {});
  check_refused(service, finished,
                {"(CN=good) was refused: unable to get local issuer certificate", "its issuer (CN=ca)", "--cacert"});
}

BOOST_AUTO_TEST_CASE(an_incomplete_chain_is_refused_before_anything_is_sent) {
  issue_certificate(workspace, "intermediate", {.issuer = "ca"});
  issue_certificate(workspace, "leaf", {.issuer = "intermediate", .hosts = here});
  Service service = serve_file("leaf", ".pem");
  const auto finished = run_trusting_the_authority(service.url());
  check_refused(
      service, finished,
      {"(CN=leaf) was refused: unable to get local issuer certificate", "its issuer (CN=intermediate)", "whole chain"});
}

BOOST_AUTO_TEST_CASE(an_expired_certificate_above_a_good_one_is_refused_and_named) {
  issue_certificate(workspace, "intermediate", {.issuer = "ca", .valid_from_day = -10});
  Service service = serve("leaf", {.issuer = "intermediate", .hosts = here});
  const auto finished = run_trusting_the_authority(service.url());
  check_refused(service, finished,
                {"(CN=leaf) was refused: the certificate above it, CN=intermediate: certificate has expired"});
}

BOOST_AUTO_TEST_CASE(a_leaf_cannot_sign_for_others) {
  issue_certificate(workspace, "no-authority", {.issuer = "ca", .hosts = here});
  Service service = serve("forged", {.issuer = "no-authority", .hosts = here});
  const auto finished = run_trusting_the_authority(service.url());
  check_refused(service, finished, {"(CN=forged) was refused: the certificate above it, CN=no-authority: invalid CA"});
}

BOOST_AUTO_TEST_CASE(a_subject_cannot_do_anything_to_the_terminal) {
  Service service = serve("\x1b[2J", {.issuer = "ca", .hosts = here, .valid_from_day = -10});
  const auto finished = run_trusting_the_authority(service.url());
  check_refused(service, finished, {"(CN=\\1B[2J) was refused: certificate has expired"});
}

BOOST_AUTO_TEST_CASE(a_server_without_tls_1_2_is_refused) {
  issue_certificate(workspace, "good", {.issuer = "ca", .hosts = here});
  const auto server = RealServer::openssl(workspace, "good", {"-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"});
  const auto finished = run_trusting_the_authority(server.url());
  check_stopped(finished, {fmt::format("TLS with {} failed: the server offers no TLS 1.2 or later", server.url())});
}

BOOST_AUTO_TEST_CASE(insecure_accepts_any_certificate_says_so_each_time_and_is_recorded) {
  Service service = serve("other", {.issuer = "", .hosts = "DNS:elsewhere.example"});
  const auto finished = run(service.url(), {"--insecure"});
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(contains(finished.err, "--insecure: the service's certificate is not checked"), finished.err);
  BOOST_TEST(member(member(read_report(report).run.at(0), "settings"), "insecure") == "true");
  const auto resumed = run_koobatch({"resume", report, "--token-env", "TOKEN"}, {{"TOKEN", "secret"}});
  BOOST_TEST(resumed.status == 0, resumed.err);
  workspace.write("torn", read_report(report).run.at(0) + "\n");
  const auto torn = run_koobatch({"resume", workspace.path("torn"), "--token-env", "TOKEN"}, {{"TOKEN", "secret"}});
  BOOST_TEST(torn.status == 0, torn.err);
  BOOST_TEST(contains(torn.err, "--insecure: the service's certificate is not checked"), torn.err);
}

/// A plain service behind a server that speaks TLS and asks for a client certificate.
struct ClientFixture : Fixture {
  ClientFixture() {
    issue_certificate(workspace, "good", {.issuer = "ca", .hosts = here});
    issue_certificate(workspace, "client", {.issuer = "ca", .hosts = "DNS:client.example"});
    issue_certificate(workspace, "stranger", {.issuer = "", .hosts = "DNS:client.example"});
  }

  std::string upstream() const { return service.url().substr(std::string("http://").size()); }
  /// Ends the handshake of clients without a certificate with an alert.
  RealServer strict(const std::string& versions) const {
    return RealServer::haproxy_tls(workspace, upstream(), "good",
                                   fmt::format("ca-file {} verify required {}", workspace.path("ca.pem"), versions));
  }
  Finished run_as(const std::string& client, const std::string& url) const {
    return run(url, {"--cacert", workspace.path("ca.pem"), "--cert", workspace.path(client + ".pem"), "--key",
                     workspace.path(client + ".key")});
  }
  void check_nothing_applied() { BOOST_TEST(member(service.get("/_sim/stats"), "applied") == "0"); }

  Service service;
};

const std::array versions = {"ssl-max-ver TLSv1.2", "ssl-min-ver TLSv1.3"};

BOOST_FIXTURE_TEST_CASE(a_client_certificate_that_is_demanded_is_shown, ClientFixture) {
  for (const char* version : versions) {
    BOOST_TEST_CONTEXT(version) {
      std::filesystem::remove(report);
      const auto finished = run_as("client", strict(version).url());
      BOOST_TEST(finished.status == 0, finished.err);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(without_the_client_certificate_demanded_the_run_stops_and_says_so, ClientFixture) {
  for (const char* version : versions) {
    BOOST_TEST_CONTEXT(version) {
      std::filesystem::remove(report);
      const auto server = strict(version);
      check_stopped(run_trusting_the_authority(server.url()),
                    {server.url() + " demands a client certificate: give --cert and --key"});
      check_nothing_applied();
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_client_certificate_that_is_refused_stops_the_run, ClientFixture) {
  for (const char* version : versions) {
    BOOST_TEST_CONTEXT(version) {
      std::filesystem::remove(report);
      const auto server = strict(version);
      check_stopped(run_as("stranger", server.url()), {server.url() + " refused the client certificate", "--cert"});
      check_nothing_applied();
    }
  }
}

/// nginx sends an answer instead of an alert.
BOOST_FIXTURE_TEST_CASE(a_demand_for_a_client_certificate_in_http_is_a_rejection, ClientFixture) {
  const auto nginx =
      RealServer::nginx_tls(workspace, upstream(), "good", "",
                            fmt::format("ssl_client_certificate {}; ssl_verify_client on;", workspace.path("ca.pem")));
  BOOST_TEST(run_as("client", nginx.url()).status == 0);
  std::filesystem::remove(report);
  const auto finished = run_trusting_the_authority(nginx.url());
  BOOST_TEST(finished.status == 4, finished.err);
  BOOST_TEST(contains(finished.err, "asked for a client certificate and got none (--cert, --key)"), finished.err);
  BOOST_TEST(contains(finished.err, "HTTP 400, text/html, '400 No required SSL certificate was sent'"), finished.err);
  BOOST_TEST(read_report(report).results.empty(), "with a certificate they are sent again");
}

/// A prompt for it would read from the job.
BOOST_AUTO_TEST_CASE(a_key_with_a_passphrase_is_refused_without_asking_for_it) {
  issue_certificate(workspace, "client", {.issuer = "ca", .hosts = "DNS:client.example"});
  const auto locked = Process({"/usr/bin/openssl", "pkey", "-in", workspace.path("client.key"), "-aes256", "-passout",
                               "pass:1234", "-out", workspace.path("locked.key")})
                          .wait();
  BOOST_REQUIRE(locked.status == 0);
  const auto finished = run_koobatch(
      {"run", "-", "--format", "ndjson", "--endpoint", "https://127.0.0.1:1", "--token-env", "TOKEN", "--user-id", "7",
       "--report", report, "--cert", workspace.path("client.pem"), "--key", workspace.path("locked.key")},
      {{"TOKEN", "secret"}}, {}, workspace.write("passphrase", "1234\n1234\n"));
  BOOST_TEST(finished.status == 2, finished.err);
  BOOST_TEST(contains(finished.err, "protected by a passphrase"), finished.err);
  BOOST_TEST(!contains(finished.err, "Enter"), finished.err);
}

BOOST_AUTO_TEST_CASE(connections_after_the_first_resume_its_session) {
  issue_certificate(workspace, "good", {.issuer = "ca", .hosts = here});
  const Service service;
  for (const char* version : {"TLSv1.2", "TLSv1.3"}) {
    BOOST_TEST_CONTEXT(version) {
      std::filesystem::remove(report);
      std::filesystem::remove(workspace.path("sessions"));
      {
        const auto nginx = RealServer::nginx_tls(
            workspace, service.url().substr(std::string("http://").size()), "good",
            "keepalive_requests 10; log_format session '$connection $ssl_session_reused';",
            fmt::format("ssl_protocols {}; access_log {} session;", version, workspace.path("sessions")));
        const auto finished =
            run(nginx.url(), {"--cacert", workspace.path("ca.pem"), "--connections", "4", "--threads", "1"});
        BOOST_TEST(finished.status == 0, finished.err);
      }
      std::istringstream log(workspace.read("sessions"));
      std::map<std::string, std::string> reused;
      for (std::string connection, mark; log >> connection >> mark;) reused[connection] = mark;
      const auto whole = std::count_if(reused.begin(), reused.end(), [](const auto& c) { return c.second == "."; });
      BOOST_TEST(reused.size() >= 30U);
      BOOST_TEST(whole == 1,
                 "only the first connection makes a whole handshake, not " << whole << " of " << reused.size());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
