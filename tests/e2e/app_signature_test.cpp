// Requests signed by an app, against a service that accepts nothing else.
#include "contains.hpp"
#include "faketime.hpp"
#include "loopback_server.hpp"
#include "run_checks.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <boost/asio/read_until.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <set>

using namespace koobatch;
using namespace koobatch::test;

namespace {

constexpr const char* right_secret = "r1ght-0f-70-characters-so-longer-than-a-block-of-sha256-0123456789abcdef";
constexpr const char* wrong_secret = "wr0ng-secret";

struct Fixture {
  Fixture() {
    write_secret("right", right_secret);
    write_secret("wrong", wrong_secret);
  }
  void write_secret(std::string_view name, std::string_view secret) const {
    ::chmod(workspace.write(name, fmt::format("{}\n", secret)).c_str(), 0600);
  }
  std::vector<std::string> service_flags(std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--app-id", "app-1", "--app-secret-file", workspace.path("right"), "--log", log});
    return more;
  }
  std::vector<std::string> as_app(const std::string& id, const std::string& secret) const {
    return {"--app-id", id, "--app-secret-file", workspace.path(secret)};
  }
  Finished run(const std::string& url, const std::vector<std::string>& credentials,
               const std::vector<std::string>& more = {}) const {
    std::vector<std::string> command = {
        "run",  workspace.path("job"), "--format", "ndjson", "--endpoint", url, "--user-id", "7", "--report",
        report, "--progress",          "none",     "-v"};
    command.insert(command.end(), credentials.begin(), credentials.end());
    command.insert(command.end(), more.begin(), more.end());
    return run_koobatch(command, {{"TOKEN", "a-token"}});
  }
  /// Neither secret is in what was printed, recorded or logged.
  void check_kept(const Finished& finished) const {
    for (const std::string_view secret : {right_secret, wrong_secret}) {
      BOOST_TEST(!contains(finished.out + finished.err, secret));
      for (const auto& path : {report, log}) {
        if (std::filesystem::exists(path)) BOOST_TEST(!contains(read_file(path), secret), path);
      }
    }
  }
  /// Stopped by the first answer, resumable, with no result.
  void check_stopped(const Finished& finished) const {
    BOOST_TEST(finished.status == 5, finished.out << finished.err);
    const auto lines = read_report(report);
    BOOST_TEST(lines.results.empty());
    BOOST_REQUIRE(lines.end.size() == 1U);
    BOOST_TEST(member(lines.end[0], "reason") == "aborted");
    check_kept(finished);
  }

  Workspace workspace;
  const std::string report = workspace.path("r");
  const std::string log = workspace.path("log");
};

void check_sick_service(const Fixture& fixture, const std::string& threads) {
  constexpr std::size_t operations = 5'000;
  const auto job = generate_job(operations, 500);
  fixture.workspace.write("job", job.text);
  Service service(fixture.service_flags({"--fault", "status=503,rate=0.05", "--fault", "reset,rate=0.02", "--fault",
                                         "truncate,rate=0.02", "--fault", "status=500,rate=0.02", "--seed", "7"}));
  const auto finished = fixture.run(service.url(), fixture.as_app("app-1", "right"),
                                    {"--max-attempts", "12", "--threads", threads, "--retry-base", "1ms"});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  check_nothing_lost_doubled_or_reordered(service, fixture.log, fixture.report, job, operations);
  BOOST_TEST(read_log(fixture.log).size() > operations, "some were repeated");
  fixture.check_kept(finished);
}

/// Refuses every request with 401, with the request's Authorization as the message.
net::Awaitable<void> refuse_with_authorization(LoopbackServer::SocketPtr socket) {
  std::string bytes;
  const auto [error, size] =
      co_await net::asio::async_read_until(*socket, net::asio::dynamic_buffer(bytes), "\r\n\r\n", net::as_result);
  if (error) co_return;
  const auto from = bytes.find("Authorization: ") + 15;
  const std::string body =
      fmt::format(R"({{"code":13000201,"msg":"got {}"}})", bytes.substr(from, bytes.find("\r\n", from) - from));
  co_await write_all(*socket, fmt::format("HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n"
                                          "Content-Length: {}\r\n\r\n{}",
                                          body.size(), body));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(app_signature, Fixture)

BOOST_AUTO_TEST_CASE(a_sick_service_accepts_every_attempt_of_one_thread) {
  check_sick_service(*this, "1");
}
BOOST_AUTO_TEST_CASE(a_sick_service_accepts_every_attempt_of_two_threads) {
  check_sick_service(*this, "2");
}

BOOST_AUTO_TEST_CASE(albums_whose_ids_need_encoding_are_signed_as_the_service_decodes_them) {
  const std::vector<std::string> ids = {"相册 2025",          "100%", "a%2Fb",           "a/b",
                                        "~!*'();:@&=+$,?#[]", "%",    "\xf0\x9f\x98\x80"};
  std::string job;
  std::set<std::string> keys;
  for (const auto& id : ids) {
    job += fmt::format(R"({{"op":"update_album","albumId":"{}","name":"新名"}})", id) + "\n";
    keys.insert("album:" + id);
  }
  workspace.write("job", job);
  Service service(service_flags());
  const auto finished = run(service.url(), as_app("app-1", "right"));
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  std::set<std::string> changed;
  for (const auto& [key, name] : read_state(service.get("/_sim/state"))) {
    BOOST_TEST(name == "新名");
    changed.insert(key);
  }
  BOOST_TEST(changed == keys, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_wrong_secret_stops_the_run_and_the_right_one_finishes_it) {
  const auto job = generate_job(200, 50);
  workspace.write("job", job.text);
  Service service(service_flags());
  const auto finished = run(service.url(), as_app("app-1", "wrong"));
  check_stopped(finished);
  BOOST_TEST(member(service.get("/_sim/stats"), "requests") == "1", "the first one goes alone");
  BOOST_TEST(member(service.get("/_sim/stats"), "applied") == "0");
  for (const std::string& part : {std::string("refused the app signature (HTTP 401: "), std::string("--app-id app-1"),
                                  workspace.path("wrong"), std::string("the clock"), "koobatch resume " + report}) {
    BOOST_TEST(contains(finished.err, part), part << " is missing in " << finished.err);
  }
  BOOST_TEST(!contains(finished.err, "--authorization"), finished.err);
  // The app is that of the report.
  const auto resumed = run_koobatch({"resume", report, "--app-secret-file", workspace.path("right")});
  BOOST_TEST(resumed.status == 0, resumed.out << resumed.err);
  check_nothing_lost_doubled_or_reordered(service, log, report, job, 200);
  check_kept(resumed);
}

BOOST_AUTO_TEST_CASE(correcting_the_secret_in_its_file_is_all_that_resume_needs) {
  workspace.write("job", generate_job(20, 20).text);
  Service service(service_flags());
  check_stopped(run(service.url(), as_app("app-1", "wrong")));
  write_secret("wrong", right_secret);
  const auto resumed = run_koobatch({"resume", report});
  BOOST_TEST(resumed.status == 0, resumed.out << resumed.err);
  BOOST_TEST(read_report(report).results.size() == 20U);
}

BOOST_AUTO_TEST_CASE(an_app_the_service_does_not_know_stops_the_run) {
  workspace.write("job", generate_job(20, 20).text);
  Service service(service_flags());
  const auto finished = run(service.url(), as_app("app-2", "right"));
  check_stopped(finished);
  BOOST_TEST(contains(finished.err, "no app has this AppId"), finished.err);
  BOOST_TEST(contains(finished.err, "Check that --app-id app-2 is the app's ID"), finished.err);
}

BOOST_AUTO_TEST_CASE(a_service_that_demands_signatures_accepts_no_token) {
  workspace.write("job", generate_job(20, 20).text);
  Service service(service_flags());
  const auto finished = run(service.url(), {"--token-env", "TOKEN"});
  check_stopped(finished);
  BOOST_TEST(!contains(finished.err, "app signature"), finished.err);
}

BOOST_AUTO_TEST_CASE(a_signature_that_an_answer_echoes_is_masked) {
  workspace.write("job", generate_job(20, 20).text);
  const LoopbackServer server(
      [](LoopbackServer::SocketPtr socket, std::size_t) { return refuse_with_authorization(std::move(socket)); });
  const auto finished = run(server.url(), as_app("app-1", "right"));
  check_stopped(finished);
  BOOST_TEST(contains(finished.err, "got HMAC-SHA256 AppId=app-1,SignedHeaders=host;x-date;x-user-id,Signature=***"),
             finished.err);
}

BOOST_AUTO_TEST_CASE(a_clock_a_day_ahead_costs_one_request_which_is_signed_anew) {
  const auto job = generate_job(200, 200);
  workspace.write("job", job.text);
  Service service(service_flags());
  std::vector<std::string> command = {
      "run", workspace.path("job"), "--format", "ndjson",   "--endpoint", service.url(), "--user-id",
      "7",   "--max-attempts",      "1",        "--report", report};
  for (const auto& flag : as_app("app-1", "right")) command.push_back(flag);
  const auto finished = run_koobatch_at("+24h", command);
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  check_nothing_lost_doubled_or_reordered(service, log, report, job, 200);
  BOOST_TEST(read_log(log).size() == 201U);
}

BOOST_AUTO_TEST_CASE(a_rehearsal_verifies_its_signatures) {
  workspace.write("job", generate_job(50, 50).text);
  const auto finished =
      run_koobatch({"run", workspace.path("job"), "--format", "ndjson", "--simulate", "--user-id", "7", "--report",
                    report, "--app-id", "app-1", "--app-secret-file", workspace.path("right")});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST(read_report(report).results.size() == 50U);
  check_kept(finished);
}

BOOST_AUTO_TEST_CASE(a_secret_that_cannot_be_used_is_an_error_before_anything_is_sent) {
  workspace.write("job", generate_job(20, 20).text);
  Service service(service_flags());
  const auto check = [&](const std::string& secret, std::string_view message) {
    const auto finished = run(service.url(), as_app("app-1", secret));
    BOOST_TEST(finished.status == 2);
    BOOST_TEST(contains(finished.err, message), finished.err);
    BOOST_TEST(!std::filesystem::exists(report));
    check_kept(finished);
  };
  check("missing", "No such file");
  write_secret("empty", "");
  check("empty", "the secret is empty");
  write_secret("lines", fmt::format("{}\n{}", right_secret, wrong_secret));
  check("lines", "line break");
  ::chmod(workspace.path("right").c_str(), 0644);
  check("right", "run 'chmod 600 " + workspace.path("right") + "'");
  const auto simulate = run_koobatch({"simulate", "--app-id", "app-1", "--app-secret-file", workspace.path("right")});
  BOOST_TEST(simulate.status == 2);
  BOOST_TEST(contains(simulate.err, "chmod 600"), simulate.err);
  BOOST_TEST(member(service.get("/_sim/stats"), "requests") == "0");
}

BOOST_AUTO_TEST_CASE(a_dry_run_shows_no_signature) {
  workspace.write("job", generate_job(1, 1).text);
  Service service(service_flags());
  const auto finished = run(service.url(), as_app("app-1", "right"), {"--dry-run"});
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(contains(finished.out, "AppId=app-1,SignedHeaders=host;x-date;x-user-id,Signature=***\n"), finished.out);
  BOOST_TEST(member(service.get("/_sim/stats"), "requests") == "0");
  check_kept(finished);
}

BOOST_AUTO_TEST_SUITE_END()
