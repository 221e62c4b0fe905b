// TLS: verified by default, refused before anything is sent otherwise.
#include "certificates.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>

using namespace koobatch::test;

namespace {

struct Fixture {
  Fixture() {
    make_certificate(workspace, "good", "DNS:localhost,IP:127.0.0.1");
    make_certificate(workspace, "other", "DNS:elsewhere.example");
    workspace.write("job.ndjson", generate_job(300, 300).text);
  }

  std::vector<std::string> certificate(const std::string& name) const {
    return {"--cert", workspace.path(name + ".pem"), "--key", workspace.path(name + ".key")};
  }

  Finished run(const Service& service, std::vector<std::string> flags) const {
    flags.insert(flags.begin(), {"run", workspace.path("job.ndjson"), "--endpoint", service.url(), "--token-env",
                                 "TOKEN", "--user-id", "7", "--report", workspace.path("r"), "--max-outage", "2s"});
    return run_koobatch(flags, {{"TOKEN", "secret"}});
  }

  Workspace workspace;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tls, Fixture)

BOOST_AUTO_TEST_CASE(a_trusted_certificate_is_accepted) {
  Service service(certificate("good"));
  BOOST_TEST(service.url().rfind("https://", 0) == 0U);
  const auto finished = run(service, {"--cacert", workspace.path("good.pem")});
  BOOST_TEST(finished.status == 0, finished.err);
}

BOOST_AUTO_TEST_CASE(an_unknown_issuer_is_refused_before_anything_is_sent) {
  Service service(certificate("good"));
  const auto finished = run(service, {});
  BOOST_TEST(finished.status == 5, finished.err);
  BOOST_TEST(finished.err.find("certificate") != std::string::npos, finished.err);
  BOOST_TEST(finished.err.find("--cacert") != std::string::npos, finished.err);
  BOOST_TEST(read_report(workspace.path("r")).results.empty());
}

BOOST_AUTO_TEST_CASE(a_certificate_for_another_host_is_refused) {
  Service service(certificate("other"));
  const auto finished = run(service, {"--cacert", workspace.path("other.pem")});
  BOOST_TEST(finished.status == 5, finished.err);
  BOOST_TEST(finished.err.find("certificate") != std::string::npos, finished.err);
}

BOOST_AUTO_TEST_CASE(insecure_accepts_any_certificate_and_says_so) {
  Service service(certificate("other"));
  const auto finished = run(service, {"--insecure"});
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(finished.err.find("insecure") != std::string::npos, finished.err);
}

BOOST_AUTO_TEST_SUITE_END()
