// koobatch bench: what it sends, what it refuses, and that a server that stalls shows where it should. Nothing here
// checks how fast anything was.
#include "scripted_server.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <sys/stat.h>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

using namespace koobatch::test;
using namespace std::chrono_literals;

namespace {

double number(const std::string& json, const std::string& name) {
  const auto text = member(json, name);
  BOOST_REQUIRE_MESSAGE(!text.empty(), name << " is missing in " << json);
  return std::stod(text);
}

std::string latency(const std::string& json, const std::string& kind) {
  return member(member(json, "latency_ms"), kind);
}

/// The flags that a benchmark against `url` needs.
std::vector<std::string> against(const std::string& url, std::vector<std::string> flags) {
  const std::vector<std::string> allowed = {"bench",       "--endpoint",  url,         "--yes",
                                            "--token-env", "BENCH_TOKEN", "--user-id", "7"};
  flags.insert(flags.begin(), allowed.begin(), allowed.end());
  return flags;
}

const Process::Environment token = {{"BENCH_TOKEN", "very-secret"}};

}  // namespace

BOOST_AUTO_TEST_SUITE(bench)

BOOST_AUTO_TEST_CASE(it_runs_on_the_embedded_service_for_as_long_as_asked_and_leaves_nothing_behind) {
  const Workspace workspace;
  std::filesystem::create_directory(workspace.path("tmp"));
  const auto finished =
      run_koobatch({"bench", "--duration", "2s"}, {{"TMPDIR", workspace.path("tmp")}}, workspace.path("."));
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(finished.out.find("the embedded service") != std::string::npos, finished.out);
  BOOST_TEST(finished.out.find("99.99%") != std::string::npos, finished.out);
  BOOST_TEST(std::filesystem::is_empty(workspace.path("tmp")));
  const std::filesystem::directory_iterator left(workspace.path("."));
  BOOST_TEST(std::distance(begin(left), end(left)) == 1, "only the folder for temporary files");
}

BOOST_AUTO_TEST_CASE(the_json_covers_every_request_and_both_latencies) {
  const auto finished = run_koobatch({"bench", "--operations", "500", "--connections", "4", "--threads", "2", "--rate",
                                      "2000/s", "--fault", "status=503,rate=0.1", "--retry-base", "1ms", "--json"});
  BOOST_TEST(finished.status == 0, finished.err);
  const auto& json = finished.out;
  BOOST_TEST(member(json, "schema") == "1");
  BOOST_TEST(member(json, "simulated") == "true");
  BOOST_TEST(number(json, "rate") == 2000);
  BOOST_TEST(member(json, "operations") == "500");
  BOOST_TEST(member(member(json, "counts"), "succeeded") == "500");
  BOOST_TEST(number(json, "operations_per_second") > 0);
  const double requests = number(json, "requests");
  BOOST_TEST(requests == 500 + number(json, "retries"));
  BOOST_TEST(requests > 500, "one in ten fails");
  BOOST_TEST(member(latency(json, "from_intended_start"), "count") == "500");
  BOOST_TEST(number(latency(json, "service_time"), "count") == requests);
  for (const char* kind : {"from_intended_start", "service_time"}) {
    const auto values = latency(json, kind);
    for (const char* name : {"min", "mean", "p50", "p75", "p90", "p95", "p99", "p99.9", "p99.99", "max"}) {
      BOOST_TEST(number(values, name) > 0, kind << " " << name);
    }
    BOOST_TEST(number(values, "max") >= number(values, "p99.99"));
    BOOST_TEST(number(values, "p99") >= number(values, "p50"));
  }
  BOOST_TEST(member(json, "failed_requests").find(R"("http":503)") != std::string::npos, json);
}

BOOST_AUTO_TEST_CASE(a_real_service_is_left_alone_without_yes) {
  Service service;
  const std::vector<std::string> unconfirmed = {
      "bench", "--endpoint", service.url(), "--token-env", "BENCH_TOKEN", "--user-id", "7", "--operations", "1"};
  const auto refused = run_koobatch(unconfirmed, token);
  BOOST_TEST(refused.status == 2);
  BOOST_TEST(refused.err.find("--yes") != std::string::npos, refused.err);
  BOOST_TEST(member(service.get("/_sim/stats"), "requests") == "0");
  BOOST_TEST(member(service.get("/_sim/stats"), "connections") != "0", "or nobody would have counted");
}

BOOST_AUTO_TEST_CASE(wrong_flags_are_refused_before_anything_is_sent) {
  BOOST_TEST(run_koobatch({"bench", "--operations", "1", "--duration", "1s"}).status == 2);
  BOOST_TEST(run_koobatch({"bench", "--rate", "fast"}).status == 2);
  BOOST_TEST(run_koobatch({"bench", "job.ndjson"}).status == 2);
  BOOST_TEST(run_koobatch({"bench", "--endpoint", "http://127.0.0.1:1", "--yes", "--user-id", "1"}).status == 2,
             "without credentials");
  BOOST_TEST(run_koobatch({"bench", "--duration", "1s", "--report", "/nowhere/r"}).status == 2);
}

BOOST_AUTO_TEST_CASE(it_renames_only_the_given_things_for_the_given_user) {
  const Workspace workspace;
  const auto log = workspace.path("log");
  Service service({"--log", log});
  const auto finished = run_koobatch(
      against(service.url(), {"--operations", "6", "--folder", "f1", "--album", "a1", "--album", "a2"}), token);
  BOOST_TEST(finished.status == 0, finished.err);
  service.stop();
  std::map<std::string, int> seen;
  for (const auto& request : read_log(log)) {
    ++seen[request.key];
    BOOST_TEST(request.user == "7");
  }
  const std::map<std::string, int> expected = {{"folder:f1", 3}, {"album:a1", 2}, {"album:a2", 1}};
  BOOST_TEST((seen == expected), "f1, a1 and a2 in turn");
}

BOOST_AUTO_TEST_CASE(it_signs_requests_if_an_app_is_named_and_the_embedded_service_verifies_that) {
  const Workspace workspace;
  const auto secret = workspace.write("secret", "an app's secret\n");
  ::chmod(secret.c_str(), 0600);
  const auto finished = run_koobatch({"bench", "--operations", "50", "--app-id", "app-1", "--app-secret-file", secret});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
}

BOOST_AUTO_TEST_CASE(its_report_is_like_any_other_if_it_is_kept) {
  const Workspace workspace;
  const auto report = workspace.path("r");
  const auto finished = run_koobatch({"bench", "--operations", "100", "--report", report});
  BOOST_TEST(finished.status == 0, finished.err);
  const auto lines = read_report(report);
  BOOST_TEST(lines.results.size() == 100U);
  BOOST_TEST(run_koobatch({"report", report}).status == 0);
  BOOST_TEST(run_koobatch({"bench", "--operations", "1", "--report", report}).status == 2, "it is never overwritten");
}

BOOST_AUTO_TEST_CASE(a_server_that_stalls_once_shows_in_everything_scheduled_meanwhile) {
  constexpr auto stall = 1s;
  std::vector<Reply> replies(30, Reply{.bytes = success()});
  replies.push_back({.bytes = success(), .before = [stall] { std::this_thread::sleep_for(stall); }});
  const ScriptedServer server(replies);
  const auto finished = run_koobatch(
      against(server.url(), {"--operations", "200", "--rate", "100/s", "--connections", "1", "--json"}), token);
  BOOST_TEST(finished.status == 0, finished.err);
  const auto intended = latency(finished.out, "from_intended_start");
  const auto service = latency(finished.out, "service_time");
  BOOST_TEST(number(service, "max") >= 1000);
  BOOST_TEST(number(service, "p99") < 1000, "one request in two hundred: " << finished.out);
  // A hundred operations should have been sent while it stalled, one every 10 ms: half of all 200 are late, a quarter
  // of them by half of it at least.
  BOOST_TEST(number(intended, "max") >= 1000);
  BOOST_TEST(number(intended, "p75") >= 490, finished.out);
}

BOOST_AUTO_TEST_CASE(a_server_that_hangs_until_the_end_does_not_look_healthy) {
  std::vector<Reply> replies(20, Reply{.bytes = success()});
  replies.push_back({.then = Reply::Then::hang});
  const ScriptedServer server(replies);
  // Once its time is over, it waits 10 s more for the answer that never comes.
  const auto finished = run_koobatch(
      against(server.url(), {"--duration", "2s", "--rate", "100/s", "--connections", "1", "--json"}), token);
  BOOST_TEST(finished.status == 1, finished.err);
  BOOST_TEST(member(finished.out, "operations") == "20");
  BOOST_TEST(member(finished.out, "unanswered") == "1");
  BOOST_TEST(number(finished.out, "never_sent") >= 100, "of 200, 21 were: " << finished.out);
  const auto intended = latency(finished.out, "from_intended_start");
  BOOST_TEST(member(intended, "count") == "21");
  BOOST_TEST(number(intended, "max") >= 10'000);
}

BOOST_AUTO_TEST_CASE(refused_credentials_end_it_without_the_secret_and_without_advice_that_cannot_be_followed) {
  const std::vector<Reply> refusals(10, Reply{.bytes = http_answer(401, R"({"code":401,"msg":"no"})")});
  const ScriptedServer server(refusals);
  const auto finished = run_koobatch(against(server.url(), {"--operations", "10"}), token);
  BOOST_TEST(finished.status == 5);
  BOOST_TEST((finished.out + finished.err).find("very-secret") == std::string::npos);
  BOOST_TEST((finished.out + finished.err).find("koobatch resume") == std::string::npos, finished.err);
}

BOOST_AUTO_TEST_CASE(a_signal_ends_it_with_what_was_measured_so_far) {
  Service service;
  Process process({KOOBATCH_BINARY, "bench", "--endpoint", service.url(), "--yes", "--token-env", "BENCH_TOKEN",
                   "--user-id", "7", "--duration", "10m", "--rate", "200/s"},
                  token);
  while (member(service.get("/_sim/stats"), "applied") == "0") std::this_thread::sleep_for(5ms);
  process.signal(SIGINT);
  const auto finished = process.wait();
  BOOST_TEST(finished.status == 130, finished.err);
  BOOST_TEST(finished.err.find("waiting up to 10 s for requests in flight") != std::string::npos, finished.err);
  BOOST_TEST(finished.out.find("service time") != std::string::npos, finished.out);
}

BOOST_AUTO_TEST_SUITE_END()
