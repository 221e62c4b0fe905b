// What did not succeed can be repeated, by a retry or as a separate job, and no newer value is ever undone by it.
#include "contains.hpp"
#include "koobatch/core/trace_id.hpp"
#include "koobatch/report/decoder.hpp"
#include "koobatch/report/record.hpp"
#include "scripted_server.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <signal.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

using namespace koobatch;
using namespace koobatch::test;

namespace {

const Process::Environment token = {{"TOKEN", "secret"}};

/// A report with some results changed, as if the service had behaved differently.
std::string doctored(const std::string& report, const std::map<std::uint32_t, Status>& statuses) {
  std::istringstream lines(report);
  report::Decoder decoder;
  std::string out;
  report::Counts counts;
  for (std::string line; std::getline(lines, line);) {
    const auto type = decoder.type(line).value();
    if (type == report::LineType::result) {
      auto result = decoder.result(line).value();
      if (const auto other = statuses.find(result.line); other != statuses.end()) result.status = other->second;
      ++counts[result.status];
      report::append_line(out, result);
    } else if (type == report::LineType::end) {
      auto end = decoder.end(line).value();
      end.counts = counts;
      report::append_line(out, end);
    } else {
      out += line + "\n";
    }
  }
  return out;
}

/// A finished run of a job, with results changed afterwards, and a service to repeat it against that has seen nothing
/// yet.
struct Trial {
  Trial(const std::string& name, std::string_view text, const std::map<std::uint32_t, Status>& statuses)
      : job(workspace.write(name, text)), service({"--log", workspace.path("log")}) {
    const auto finished = run_koobatch({"run", job, "--simulate", "--user-id", "7", "--report", report, "-q"});
    BOOST_REQUIRE_MESSAGE(finished.status == 0, finished.err);
    workspace.write("x.report.ndjson", doctored(read_file(report), statuses));
  }

  Finished retry(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"retry", report, "--endpoint", service.url(), "--token-env", "TOKEN"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_koobatch(arguments, token);
  }
  /// The lines of the job that the service has seen, in their order.
  std::vector<std::uint32_t> sent() {
    service.stop();
    std::vector<std::uint32_t> lines;
    for (const auto& request : read_log(workspace.path("log"))) lines.push_back(parse_trace_id(request.trace_id)->line);
    return lines;
  }

  Workspace workspace;
  std::string job;
  std::string report = workspace.path("x.report.ndjson");
  std::string retry_report = workspace.path("x.retry-1.report.ndjson");
  Service service;
};

using Lines = std::vector<std::uint32_t>;

constexpr std::string_view five_operations = R"({"op":"update_album","albumId":"a","name":"one","scopeKind":1})"
                                             "\n"
                                             R"({"op":"update_album","albumId":"a","name":"two"})"
                                             "\n\n"
                                             R"( { "op":"rename_shared_folder",  "id":"f","fileName":"x1"} )"
                                             "\r\n"
                                             R"({"op":"rename_shared_folder","id":"f","fileName":"x2"})"
                                             "\n"
                                             R"({"op":"rename_shared_folder","id":"g","fileName":"y1"})";

/// No request on a key was sent after the service had confirmed a newer operation on it. For operations of one field.
void check_nothing_undone(const std::string& log) {
  std::map<std::string, std::uint32_t> confirmed;
  std::size_t undone = 0;
  for (const auto& request : read_log(log)) {
    const auto line = parse_trace_id(request.trace_id)->line;
    auto& newest = confirmed[request.key];
    if (line < newest) ++undone;
    if (request.status == 200) newest = std::max(newest, line);
  }
  BOOST_TEST(undone == 0U);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(retry)

BOOST_AUTO_TEST_CASE(retries_of_retries_end_with_the_last_value_of_every_key_and_never_undo_one) {
  const Workspace workspace;
  const auto generated = generate_job(2'000, 200);
  const auto job = workspace.write("job.ndjson", generated.text);
  Service service({"--fault", "status=500,rate=0.3", "--log", workspace.path("log")});
  std::string report = workspace.path("x.report.ndjson");
  auto finished = run_koobatch({"run", job, "--endpoint", service.url(), "--token-env", "TOKEN", "--user-id", "7",
                                "--max-attempts", "1", "--report", report, "-q"},
                               token);
  int retries = 0;
  std::size_t superseded = 0;
  for (; finished.status == 1 && retries < 40; ++retries) {
    const auto next = workspace.path("x.retry-" + std::to_string(retries + 1) + ".report.ndjson");
    finished = run_koobatch({"retry", report, "-q"}, token);
    const auto lines = read_report(next);
    BOOST_REQUIRE(lines.run.size() == 1U);
    const auto parent = member(lines.run[0], "parent");
    BOOST_TEST(member(parent, "run_id") == member(read_report(report).run[0], "run_id"));
    BOOST_TEST(member(parent, "report") == report);
    superseded += std::stoul(member(parent, "superseded"));
    report = next;
  }
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(retries >= 2);
  BOOST_TEST(superseded > 0U);
  BOOST_TEST((read_state(service.get("/_sim/state")) == generated.last));
  service.stop();
  check_nothing_undone(workspace.path("log"));
}

BOOST_AUTO_TEST_CASE(only_what_failed_or_is_unknown_is_repeated_in_file_order_and_what_is_superseded_is_counted) {
  Trial trial("job.ndjson", five_operations,
              {{4, Status::failed}, {5, Status::unknown}, {6, Status::rejected}, {2, Status::failed}});
  const auto finished = trial.retry();
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(contains(finished.out, "All 3 operations succeeded"), finished.out);
  BOOST_TEST(contains(finished.out, "retry of"), finished.out);
  auto sent = trial.sent();
  std::erase(sent, 2U);
  BOOST_TEST(sent == (Lines{4, 5}), boost::test_tools::per_element());
  const auto lines = read_report(trial.retry_report);
  BOOST_TEST(lines.results.size() == 3U);
  BOOST_TEST(member(member(lines.run[0], "parent"), "superseded") == "0");
}

BOOST_AUTO_TEST_CASE(what_newer_operations_have_set_is_neither_repeated_nor_undone) {
  Trial trial("job.ndjson", five_operations, {{1, Status::unknown}, {4, Status::failed}});
  const auto finished = trial.retry();
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(contains(finished.err, "1 operation to repeat, 1 of them without"), finished.err);
  BOOST_TEST(contains(finished.err, "1 left out"), finished.err);
  BOOST_TEST(contains(finished.out, "1 operation, superseded"), finished.out);
  const auto state = trial.service.get("/_sim/state");
  BOOST_TEST(contains(state, "scopeKind"), state);
  BOOST_TEST(!contains(state, "one"), state);
  BOOST_TEST(trial.sent() == Lines{1}, boost::test_tools::per_element());
  BOOST_TEST(member(member(read_report(trial.retry_report).run[0], "parent"), "superseded") == "1");
  const auto json = run_koobatch({"report", trial.retry_report, "--json"});
  BOOST_TEST(member(member(json.out, "parent"), "superseded") == "1");
}

BOOST_AUTO_TEST_CASE(a_killed_retry_resumes_with_its_own_operations_and_no_others) {
  std::string text;
  std::map<std::uint32_t, Status> statuses;
  for (std::uint32_t line = 1; line <= 300; ++line) {
    text += R"({"op":"rename_shared_folder","id":"f)" + std::to_string(line) + R"(","fileName":"v"})" + "\n";
    if (line % 3 == 0) statuses[line] = line % 2 == 0 ? Status::failed : Status::unknown;
  }
  Trial trial("job.ndjson", text, statuses);
  {
    Process process({KOOBATCH_BINARY, "retry", trial.report, "--endpoint", trial.service.url(), "--token-env", "TOKEN",
                     "--rate", "100/s", "-q"},
                    token);
    while (std::stoi(member(trial.service.get("/_sim/stats"), "applied")) < 20) ::usleep(1'000);
    process.signal(SIGKILL);
    process.wait();
  }
  const auto resumed = run_koobatch({"resume", trial.retry_report, "--rate", "1000/s"}, token);
  BOOST_TEST(resumed.status == 0, resumed.err);
  BOOST_TEST(contains(resumed.out, "All 100 operations succeeded"), resumed.out);
  const auto lines = read_report(trial.retry_report);
  BOOST_TEST(lines.run.size() == 2U);
  std::set<std::uint32_t> repeated;
  for (const auto& result : lines.results) repeated.insert(result.line);
  BOOST_TEST(repeated.size() == 100U);
  BOOST_TEST(lines.results.size() == 100U);
  for (const auto line : trial.sent()) BOOST_TEST(statuses.count(line) == 1U);
}

BOOST_AUTO_TEST_CASE(what_may_have_been_applied_before_never_ends_as_certainly_not_applied) {
  Trial trial("job.ndjson", five_operations, {{2, Status::failed}, {5, Status::unknown}, {6, Status::failed}});
  // The service accepts one: if it accepted nothing that would be an outage, which no operation is charged for.
  std::vector<Reply> replies(2'000, Reply{.bytes = http_answer(503, "{}")});
  replies.front() = Reply{.bytes = success()};
  const ScriptedServer refusing(replies);
  const auto refused = run_koobatch(
      {"retry", trial.report, "--endpoint", refusing.url(), "--token-env", "TOKEN", "--deadline", "300ms", "-q"},
      token);
  BOOST_TEST(refused.status == 1, refused.err);
  const auto results = read_report(trial.retry_report).results;
  const std::map<std::uint32_t, std::string> expected = {{2, "succeeded"}, {5, "unknown"}, {6, "failed"}};
  BOOST_REQUIRE(results.size() == expected.size());
  for (const auto& result : results) BOOST_TEST(result.status == expected.at(result.line), result.text);
}

BOOST_AUTO_TEST_CASE(a_run_that_is_not_finished_is_not_retried) {
  Trial trial("job.ndjson", five_operations, {{1, Status::failed}});
  auto text = trial.workspace.read("x.report.ndjson");
  text.erase(text.rfind('\n', text.size() - 2) + 1);  // as if it had been killed before its last line
  trial.workspace.write("x.report.ndjson", text);
  const auto refused = trial.retry();
  BOOST_TEST(refused.status == 2);
  BOOST_TEST(contains(refused.err, "koobatch resume"), refused.err);
  BOOST_TEST(trial.sent().empty());
}

BOOST_AUTO_TEST_CASE(a_job_that_changed_is_refused_and_one_that_moved_is_accepted) {
  Trial trial("job.ndjson", five_operations, {{6, Status::failed}});
  trial.workspace.write("job.ndjson", std::string(five_operations) + "\n");
  const auto refused = trial.retry();
  BOOST_TEST(refused.status == 2);
  BOOST_TEST(contains(refused.err, "no longer the job of this report"), refused.err);
  BOOST_TEST(run_koobatch({"report", trial.report, "--failed", trial.workspace.path("m")}).status == 2);
  const auto moved = trial.workspace.write("moved.ndjson", five_operations);
  const auto retried = trial.retry({"--job", moved, "--report", trial.workspace.path("new")});
  BOOST_TEST(retried.status == 0, retried.err);
  BOOST_TEST(member(read_report(trial.workspace.path("new")).run[0], "parent") != "");
  BOOST_TEST(run_koobatch({"report", trial.report, "--job", moved, "--failed", trial.workspace.path("m")}).status == 0);
}

BOOST_AUTO_TEST_CASE(with_nothing_to_repeat_nothing_is_sent_and_no_report_is_created) {
  Trial trial("job.ndjson", five_operations, {{1, Status::rejected}});
  const auto finished = trial.retry();
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(contains(finished.err, "nothing to repeat"), finished.err);
  BOOST_TEST(!std::filesystem::exists(trial.retry_report));
  BOOST_TEST(trial.sent().empty());
}

BOOST_AUTO_TEST_CASE(an_existing_report_is_not_overwritten) {
  Trial trial("job.ndjson", five_operations, {{6, Status::failed}});
  const auto before = read_file(trial.report);
  BOOST_TEST(trial.retry({"--report", trial.report}).status == 2);
  BOOST_TEST(read_file(trial.report) == before);
  BOOST_TEST(trial.sent().empty());
}

BOOST_AUTO_TEST_CASE(the_job_of_what_did_not_succeed_has_its_lines_as_they_were) {
  Trial trial("job.ndjson", five_operations,
              {{1, Status::unknown}, {4, Status::rejected}, {5, Status::failed}, {6, Status::rejected}});
  const auto mend = trial.workspace.path("mend.ndjson");
  const auto written = run_koobatch({"report", trial.report, "--failed", mend});
  BOOST_TEST(written.status == 0, written.err);
  BOOST_TEST(contains(written.err, "4 operations, 1 of them without"), written.err);
  BOOST_TEST(read_file(mend) == R"({"op":"update_album","albumId":"a","scopeKind":1})"
                                "\n"
                                R"( { "op":"rename_shared_folder",  "id":"f","fileName":"x1"} )"
                                "\r\n"
                                R"({"op":"rename_shared_folder","id":"f","fileName":"x2"})"
                                "\n"
                                R"({"op":"rename_shared_folder","id":"g","fileName":"y1"})");
  BOOST_TEST((std::filesystem::status(mend).permissions() == (std::filesystem::perms(0600))));
  const auto run = run_koobatch({"run", mend, "--simulate", "--user-id", "7", "--report", trial.workspace.path("m")});
  BOOST_TEST(run.status == 0, run.err);
  const auto before = read_file(mend);
  const auto again = run_koobatch({"report", trial.report, "--failed", mend});
  BOOST_TEST(again.status == 2);
  BOOST_TEST(contains(again.err, "exists already"), again.err);
  BOOST_TEST(read_file(mend) == before);
}

BOOST_AUTO_TEST_CASE(invalid_operations_are_to_be_corrected_in_the_job_itself) {
  const Workspace workspace;
  const auto job = workspace.write("job.ndjson", R"({"op":"rename_shared_folder","id":"f","fileName":"bad*"})"
                                                 "\n"
                                                 R"({"op":"rename_shared_folder","id":"g","fileName":"good"})"
                                                 "\n");
  const auto report = workspace.path("r");
  run_koobatch({"run", job, "--simulate", "--user-id", "7", "--skip-invalid", "--report", report, "-q"});
  const auto written = run_koobatch({"report", report, "--failed", workspace.path("mend")});
  BOOST_TEST(written.status == 0, written.err);
  BOOST_TEST(contains(written.err, "1 invalid operation is not in it: correct them in " + job), written.err);
}

BOOST_AUTO_TEST_CASE(the_job_of_what_did_not_succeed_leaves_out_what_is_superseded) {
  Trial trial("job.ndjson", five_operations, {{4, Status::rejected}, {6, Status::unknown}});
  const auto mend = trial.workspace.path("mend.ndjson");
  const auto written = run_koobatch({"report", trial.report, "--failed", mend});
  BOOST_TEST(contains(written.err, "1 operation; 1 left out"), written.err);
  BOOST_TEST(read_file(mend) == R"({"op":"rename_shared_folder","id":"g","fileName":"y1"})");
}

BOOST_AUTO_TEST_CASE(a_csv_job_keeps_its_header_and_its_quotes) {
  Trial trial("job.csv",
              "op,albumId,name,coverImageUrl\n"
              "update_album,a,\"first\nof two, lines\",http://c/1\n"
              "\n"
              "update_album,b,\"kept\",http://c/2\n"
              "update_album,a,newer,\n"
              "update_album,c,\"plain\nlines\",\n",
              {{2, Status::failed}, {7, Status::unknown}});
  const auto mend = trial.workspace.path("mend.csv");
  const auto written = run_koobatch({"report", trial.report, "--failed", mend});
  BOOST_TEST(written.status == 0, written.err);
  BOOST_TEST(read_file(mend) ==
             "op,albumId,name,coverImageUrl\n"
             "update_album,a,,http://c/1\n"
             "update_album,c,\"plain\nlines\",\n");
  BOOST_TEST(trial.retry().status == 0);
  BOOST_TEST(read_report(trial.retry_report).results.size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
