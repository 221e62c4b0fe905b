// The main job: from a file of operations, through the service, into a report.
#include "contains.hpp"
#include "run_checks.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using namespace koobatch::test;

BOOST_AUTO_TEST_SUITE(main_job)

BOOST_AUTO_TEST_CASE(the_demo_succeeds_and_says_where_its_report_is) {
  const Workspace workspace;
  const auto report = workspace.path("demo.report.ndjson");
  const auto finished = run_koobatch({"run", project_file("jobs/demo.ndjson"), "--simulate", "--report", report});
  BOOST_TEST(finished.status == 0);
  BOOST_TEST(finished.out.find("All 1,000 operations succeeded") != std::string::npos, finished.out);
  BOOST_TEST(finished.out.find(report) != std::string::npos);
  BOOST_TEST(finished.out.find('\x1b') == std::string::npos, "no colour when not on a terminal");
}

BOOST_AUTO_TEST_CASE(the_report_holds_a_run_line_one_result_per_operation_and_an_end_line) {
  const Workspace workspace;
  const auto report = workspace.path("r");
  BOOST_TEST(run_koobatch({"run", project_file("jobs/demo.ndjson"), "--simulate", "--report", report}).status == 0);
  const auto lines = read_report(report);
  BOOST_REQUIRE(lines.run.size() == 1U);
  BOOST_REQUIRE(lines.end.size() == 1U);
  BOOST_TEST(lines.results.size() == 1000U);
  std::set<std::uint32_t> seen;
  for (const auto& result : lines.results) seen.insert(result.line);
  BOOST_TEST(seen.size() == 1000U);
  BOOST_TEST(member(lines.end[0], "reason") == "completed");
  BOOST_TEST(member(member(lines.end[0], "counts"), "succeeded") == "1000");
  const auto job = member(lines.run[0], "job");
  BOOST_TEST(member(job, "operations") == "1000");
  BOOST_TEST(member(job, "path") == project_file("jobs/demo.ndjson"));
}

BOOST_AUTO_TEST_CASE(a_csv_job_reaches_the_service_field_by_field) {
  const Workspace workspace;
  Service service;
  workspace.write("token", "secret\n");
  ::chmod(workspace.path("token").c_str(), 0600);
  const auto job = workspace.write("a.csv",
                                   "\xEF\xBB\xBFop,albumId,name,scopeDirList,scopeKind\r\n"
                                   "update_album,1/2,\"two \"\"words\"\"\",,\r\n"
                                   "\r\n"
                                   "update_album,3,,a;b,2\r\n");
  const auto finished = run_koobatch({"run", job, "--endpoint", service.url(), "--token-file", workspace.path("token"),
                                      "--user-id", "7", "--report", workspace.path("r")});
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(service.get("/_sim/state") ==
             "{\"key\":\"album:1/2\",\"name\":\"two \\\"words\\\"\"}\n"
             "{\"key\":\"album:3\",\"scopeDirList\":[\"a\",\"b\"],\"scopeKind\":2}\n");
  const auto lines = read_report(workspace.path("r"));
  BOOST_REQUIRE(lines.results.size() == 2U);
  BOOST_TEST(lines.results[0].line + lines.results[1].line == 2U + 4U);
}

/// A sick service: everything ends well all the same, in order, once.
void check_sick_service(const std::string& threads) {
  constexpr std::size_t operations = 100'000;
  const Workspace workspace;
  const auto job = generate_job(operations, 5'000);
  workspace.write("job.ndjson", job.text);
  Service service({"--fault", "status=503,rate=0.05", "--fault", "reset,rate=0.02", "--fault", "truncate,rate=0.02",
                   "--log", workspace.path("log"), "--seed", "7"});
  const auto finished = run_koobatch(
      {"run", workspace.path("job.ndjson"), "--endpoint", service.url(), "--token-env", "TOKEN", "--user-id", "7",
       "--max-attempts", "12", "--threads", threads, "--report", workspace.path("r"), "--progress", "none"},
      {{"TOKEN", "secret"}});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);

  check_nothing_lost_doubled_or_reordered(service, workspace.path("log"), workspace.path("r"), job, operations);
}

BOOST_AUTO_TEST_CASE(a_sick_service_loses_doubles_and_reorders_nothing_with_one_thread) {
  check_sick_service("1");
}
BOOST_AUTO_TEST_CASE(a_sick_service_loses_doubles_and_reorders_nothing_with_two_threads) {
  check_sick_service("2");
}

BOOST_AUTO_TEST_CASE(the_first_request_of_a_run_is_sent_alone) {
  const Workspace workspace;
  workspace.write("job.ndjson", generate_job(200, 200).text);
  Service service({"--latency", "100ms", "--log", workspace.path("log")});
  const auto finished = run_koobatch({"run", workspace.path("job.ndjson"), "--endpoint", service.url(), "--token-env",
                                      "TOKEN", "--user-id", "7", "--report", workspace.path("r")},
                                     {{"TOKEN", "secret"}});
  BOOST_TEST(finished.status == 0, finished.err);
  service.stop();
  std::vector<std::int64_t> times;
  for (const auto& request : read_log(workspace.path("log"))) times.push_back(request.t_ns);
  std::sort(times.begin(), times.end());
  BOOST_REQUIRE(times.size() == 200U);
  BOOST_TEST(times[1] - times[0] >= 100'000'000, "the second waits for the first's answer");
}

BOOST_AUTO_TEST_CASE(a_refused_operation_is_rejected_and_the_exit_status_says_so) {
  const Workspace workspace;
  workspace.write("job.ndjson", generate_job(50, 50).text);
  const auto finished = run_koobatch({"run", workspace.path("job.ndjson"), "--simulate", "--fault", "status=403,rate=1",
                                      "--user-id", "7", "--report", workspace.path("r")});
  BOOST_TEST(finished.status == 1, finished.err);
  const auto lines = read_report(workspace.path("r"));
  BOOST_TEST(lines.results.size() == 50U);
  for (const auto& result : lines.results) {
    BOOST_TEST(result.status == "rejected");
    BOOST_TEST(result.http == 403);
    BOOST_TEST(result.attempts == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_lost_answer_is_unknown_not_failed_when_attempts_run_out) {
  const Workspace workspace;
  workspace.write("job.ndjson", generate_job(20, 20).text);
  // The service answers often enough not to count as down.
  const auto finished = run_koobatch({"run", workspace.path("job.ndjson"), "--simulate", "--fault", "status=500,rate=1",
                                      "--user-id", "7", "--max-attempts", "2", "--retry-base", "1ms", "--max-outage",
                                      "1s", "--report", workspace.path("r")});
  // Nothing but 500 is an outage: the run stops, resumable, and operations that were tried stay unfinished or unknown.
  BOOST_TEST(finished.status == 5, finished.err);
  BOOST_TEST(finished.err.find("has failed every request for 1 s (--max-outage): HTTP 500") != std::string::npos,
             finished.err);
  const auto lines = read_report(workspace.path("r"));
  for (const auto& result : lines.results) BOOST_TEST(result.status == "unknown");
  BOOST_REQUIRE(lines.end.size() == 1U);
  BOOST_TEST(member(lines.end[0], "reason") == "aborted");
}

BOOST_AUTO_TEST_CASE(too_many_errors_stop_the_run_which_can_be_resumed) {
  const Workspace workspace;
  workspace.write("job.ndjson", generate_job(2'000, 2'000).text);
  const auto report = workspace.path("a report");
  const auto stopped =
      run_koobatch({"run", workspace.path("job.ndjson"), "--simulate", "--fault", "status=403,rate=0.5", "--user-id",
                    "7", "--max-errors", "20", "--report", report});
  BOOST_TEST(stopped.status == 4, stopped.err);
  BOOST_TEST(stopped.err.find("--max-errors 20") != std::string::npos, stopped.err);
  BOOST_TEST(stopped.err.find(fmt::format("'koobatch resume '{}' --max-errors N'", report)) != std::string::npos,
             stopped.err);
  BOOST_TEST(stopped.out.find("resume with  koobatch resume") == std::string::npos, stopped.out);
  const auto lines = read_report(report);
  BOOST_TEST(lines.results.size() < 2'000U);
  BOOST_TEST(member(lines.end.at(0), "reason") == "aborted");
  BOOST_TEST(member(lines.end.at(0), "next_step") == R"({"command":"resume","settings":{"max-errors":"N"}})");
  const auto shown = run_koobatch({"report", report, "--json"});
  BOOST_TEST(contains(shown.out, R"("next_step":{"command":"resume","settings":{"max-errors":"N"}})"), shown.out);
  // The embedded service of the resumed run is as sick as the first; this time errors are allowed.
  const auto resumed = run_koobatch({"resume", report, "--max-errors", "100%"});
  BOOST_TEST(resumed.status == 1, resumed.err);
  BOOST_TEST(read_report(report).results.size() == 2'000U);
}

BOOST_AUTO_TEST_CASE(a_run_stopped_by_its_last_operation_is_finished_and_not_to_be_resumed) {
  const Workspace workspace;
  workspace.write("job.ndjson", generate_job(10, 10).text);
  const auto report = workspace.path("r");
  const auto stopped = run_koobatch({"run", workspace.path("job.ndjson"), "--simulate", "--fault", "status=403,rate=1",
                                     "--user-id", "7", "--max-errors", "9", "--report", report});
  BOOST_TEST(stopped.status == 4, stopped.err);
  BOOST_TEST(contains(stopped.err, "10 of 10 operations did not succeed, more than --max-errors 9 allows; see '"),
             stopped.err);
  BOOST_TEST(!contains(stopped.err, "koobatch resume"), stopped.err);
  BOOST_TEST(!contains(stopped.out, "koobatch resume"), stopped.out);
  const auto resumed = run_koobatch({"resume", report, "--max-errors", "100%"});
  BOOST_TEST(resumed.status == 1, resumed.err);
  BOOST_TEST(contains(resumed.err, "nothing to resume"), resumed.err);
}

BOOST_AUTO_TEST_CASE(resuming_is_advised_only_if_the_requests_in_flight_at_a_stop_leave_something) {
  const Workspace workspace;
  workspace.write("job.ndjson", generate_job(3, 3).text);
  const auto report = workspace.path("r");
  // The first goes alone; the second exceeds the limit while the third is in flight.
  const auto stopped = run_koobatch({"run", workspace.path("job.ndjson"), "--simulate", "--latency", "500ms", "--fault",
                                     "status=403,rate=1", "--user-id", "7", "--max-errors", "1", "--report", report});
  BOOST_TEST(stopped.status == 4, stopped.err);
  const auto end = read_report(report).end.at(0);
  const bool left = member(member(end, "counts"), "remaining") != "0";
  BOOST_TEST(contains(end, "\"next_step\":") == left, end);
  BOOST_TEST(contains(stopped.err, "koobatch resume") == left, stopped.err);
  BOOST_TEST(contains(stopped.out, "koobatch resume") == left, stopped.out);
}

BOOST_AUTO_TEST_CASE(a_run_whose_first_operations_are_all_rejected_alike_stops_unless_errors_were_allowed) {
  const Workspace workspace;
  workspace.write("job.ndjson", generate_job(2'000, 2'000).text);
  const auto report = workspace.path("r");
  const auto stopped = run_koobatch({"run", workspace.path("job.ndjson"), "--simulate", "--fault", "status=403,rate=1",
                                     "--user-id", "7", "--report", report});
  BOOST_TEST(stopped.status == 4, stopped.err);
  BOOST_TEST(stopped.err.find("the first 100 operations were all rejected with the same answer (HTTP 403, code "
                              "13000410: No permission.)") != std::string::npos,
             stopped.err);
  const auto lines = read_report(report);
  BOOST_TEST(lines.results.size() >= 100U);
  BOOST_TEST(lines.results.size() < 2'000U);
  BOOST_TEST(member(lines.end.at(0), "reason") == "aborted");

  const auto resumed = run_koobatch({"resume", report, "--max-errors", "100%"});
  BOOST_TEST(resumed.status == 1, resumed.err);
  BOOST_TEST(read_report(report).results.size() == 2'000U);
}

BOOST_AUTO_TEST_CASE(a_run_that_may_have_errors_continues_though_all_operations_are_rejected) {
  const Workspace workspace;
  workspace.write("job.ndjson", generate_job(300, 300).text);
  const auto finished = run_koobatch({"run", workspace.path("job.ndjson"), "--simulate", "--fault", "status=403,rate=1",
                                      "--user-id", "7", "--max-errors", "100%", "--report", workspace.path("r")});
  BOOST_TEST(finished.status == 1, finished.err);
  BOOST_TEST(read_report(workspace.path("r")).results.size() == 300U);
}

BOOST_AUTO_TEST_CASE(throttling_slows_a_run_down_and_fails_nothing) {
  const Workspace workspace;
  workspace.write("job.ndjson", generate_job(600, 600).text);
  const auto finished =
      run_koobatch({"run", workspace.path("job.ndjson"), "--simulate", "--throttle", "300/s", "--retry-base", "50ms",
                    "--retry-cap", "1s", "--user-id", "7", "--report", workspace.path("r")});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
}

BOOST_AUTO_TEST_CASE(an_interrupted_run_drains_and_closes_its_report) {
  const Workspace workspace;
  workspace.write("job.ndjson", generate_job(1'000, 1'000).text);
  Service service({"--latency", "50ms"});
  Process run({KOOBATCH_BINARY, "run", workspace.path("job.ndjson"), "--endpoint", service.url(), "--token-env",
               "TOKEN", "--user-id", "7", "--rate", "100/s", "--report", workspace.path("r")},
              {{"TOKEN", "secret"}});
  // The report exists from the start, and the service has seen requests when its stats say so.
  while (member(service.get("/_sim/stats"), "applied") == "0") ::usleep(10'000);
  run.signal(SIGINT);
  const auto finished = run.wait();
  BOOST_TEST(finished.status == 130, finished.err);
  const auto lines = read_report(workspace.path("r"));
  BOOST_REQUIRE(lines.end.size() == 1U);
  BOOST_TEST(member(lines.end[0], "reason") == "interrupted");
  const auto counts = member(lines.end[0], "counts");
  BOOST_TEST(std::stoul(member(counts, "remaining")) + lines.results.size() == 1'000U);
  BOOST_TEST(member(lines.end[0], "unsettled") == "[]", "requests in flight were answered");
  BOOST_TEST(member(service.get("/_sim/stats"), "applied") == std::to_string(lines.results.size()));
}

BOOST_AUTO_TEST_CASE(an_immediate_exit_says_how_to_resume) {
  const Workspace workspace;
  workspace.write("job.ndjson", generate_job(1'000, 1'000).text);
  // Requests stay in flight for longer than the test waits.
  Service service({"--latency", "1h"});
  const auto report = workspace.path("a report");
  Process run({KOOBATCH_BINARY, "run", workspace.path("job.ndjson"), "--endpoint", service.url(), "--token-env",
               "TOKEN", "--user-id", "7", "--timeout", "2h", "--report", report},
              {{"TOKEN", "secret"}});
  while (member(service.get("/_sim/stats"), "requests") == "0") ::usleep(10'000);
  run.signal(SIGINT);
  // The second would merge with the first if it arrived before that was handled.
  while (run_koobatch({"status", report}).out.find("ending") == std::string::npos) ::usleep(10'000);
  run.signal(SIGINT);
  const auto finished = run.wait();
  BOOST_TEST(finished.status == 130, finished.err);
  BOOST_TEST(finished.err.find(fmt::format("exited immediately; continue with 'koobatch resume '{}''", report)) !=
                 std::string::npos,
             finished.err);
}

BOOST_AUTO_TEST_SUITE_END()
