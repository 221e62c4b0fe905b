// The log, as programs read it: every line on standard error is one JSON object, whatever happens.
#include "scripted_server.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include "koobatch/core/clock.hpp"
#include "koobatch/core/trace_id.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace koobatch::test;

namespace dom = simdjson::dom;

namespace {

using Flags = std::vector<std::string>;

/// An entry of the log. What is absent is empty, or 0.
struct Entry {
  std::string level, message, run, trace_id;
  std::uint32_t line = 0;
  std::string text;
};

std::string text_of(dom::object object, std::string_view name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

Entry read_entry(const std::string& line) {
  dom::parser parser;
  dom::object object;
  BOOST_REQUIRE_MESSAGE(parser.parse(line).get(object) == simdjson::SUCCESS, "no JSON object: " << line);
  static const std::set<std::string_view> known = {"time", "level", "message", "run", "line", "trace_id"};
  std::set<std::string_view> names;
  for (const auto& [name, value] : object) {
    BOOST_TEST(known.contains(name), name << " in " << line);
    BOOST_TEST(names.insert(name).second, name << " twice in " << line);
  }
  BOOST_TEST(koobatch::parse_timestamp(text_of(object, "time")).has_value(), line);
  Entry entry{text_of(object, "level"),
              text_of(object, "message"),
              text_of(object, "run"),
              text_of(object, "trace_id"),
              0,
              line};
  if (std::uint64_t number = 0; object["line"].get(number) == simdjson::SUCCESS) {
    entry.line = static_cast<std::uint32_t>(number);
  }
  static const std::set<std::string> levels = {"debug", "info", "warning", "error"};
  BOOST_TEST(levels.contains(entry.level), line);
  BOOST_TEST(!entry.message.empty(), line);
  // An operation's line and its trace ID, which contains the line, come together.
  BOOST_TEST((entry.line == 0) == entry.trace_id.empty(), line);
  if (!entry.trace_id.empty()) BOOST_TEST(koobatch::parse_trace_id(entry.trace_id).value().line == entry.line, line);
  return entry;
}

/// All of standard error.
std::vector<Entry> read_entries(const std::string& err) {
  BOOST_TEST((err.empty() || err.ends_with('\n')), err);
  std::vector<Entry> entries;
  std::istringstream lines(err);
  for (std::string line; std::getline(lines, line);) entries.push_back(read_entry(line));
  return entries;
}

/// Entries whose message contains that text.
std::vector<Entry> about(const std::vector<Entry>& entries, std::string_view part) {
  std::vector<Entry> found;
  std::copy_if(entries.begin(), entries.end(), std::back_inserter(found),
               [&](const Entry& entry) { return entry.message.find(part) != std::string::npos; });
  return found;
}

/// From the entry that announces the start on, every entry names the run; before, none does.
void check_run(const std::vector<Entry>& entries, const std::string& run_id) {
  bool begun = false;
  for (const auto& entry : entries) {
    begun = begun || entry.message.starts_with("begun: ") || entry.message.starts_with("resumed: ");
    BOOST_TEST(entry.run == (begun ? run_id : ""), entry.text);
  }
  BOOST_TEST(begun);
}

struct Fixture {
  Workspace workspace;
  const std::string report = workspace.path("r");

  Finished run(std::size_t operations, const std::string& url, const Flags& more = {}) const {
    Flags flags = {"run",           workspace.write("job.ndjson", renames(operations)),
                   "--endpoint",    url,
                   "--token-env",   "TOKEN",
                   "--user-id",     "7",
                   "--connections", "1",
                   "--retry-base",  "1ms",
                   "--report",      report,
                   "--log-format",  "json"};
    flags.insert(flags.end(), more.begin(), more.end());
    return run_koobatch(flags, {{"TOKEN", "secret"}});
  }
  /// Of the report's first segment.
  std::string run_id() const { return member(read_report(report).run.at(0), "run_id"); }
};

Reply answer(int status, std::string_view body = "{}") {
  return {.bytes = http_answer(status, body)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(logs)

BOOST_FIXTURE_TEST_CASE(a_failed_operation_is_logged_with_its_line_and_its_attempt, Fixture) {
  ScriptedServer server({{.bytes = success()},
                         answer(400, "{\"code\":13000201,\"msg\":\"no \\\"such\\\"\\nfolder\"}"),
                         answer(500),
                         {.then = Reply::Then::reset}});
  const auto finished = run(3, server.url(), {"-v"});
  BOOST_TEST(finished.status == 1, finished.err);
  const auto entries = read_entries(finished.err);
  check_run(entries, run_id());

  const auto rejected = about(entries, "rejected");
  BOOST_REQUIRE(!rejected.empty());
  BOOST_TEST(rejected.front().level == "warning");
  const auto lines = read_report(report);
  const auto result = std::find_if(lines.results.begin(), lines.results.end(),
                                   [](const ReportedResult& r) { return r.status == "rejected"; });
  BOOST_REQUIRE((result != lines.results.end()));
  BOOST_TEST(rejected.front().line == result->line);
  BOOST_TEST(rejected.front().trace_id == member(result->text, "trace_id"));

  const auto repeated = about(entries, "will be repeated");
  BOOST_TEST(repeated.size() == 2U);
  for (const auto& entry : repeated) BOOST_TEST(entry.line == 3U, entry.text);
  BOOST_TEST(entries.back().message == "completed: 2 succeeded, 1 rejected", entries.back().text);
}

BOOST_FIXTURE_TEST_CASE(in_text_format_the_fields_are_at_the_end_of_a_line, Fixture) {
  ScriptedServer server({{.bytes = success()}, answer(400, R"({"code":13000201,"msg":"no"})")});
  const auto finished = run(2, server.url(), {"--log-format", "text"});
  const auto result = read_report(report).results.at(1);
  const auto expected = fmt::format(
      " warning: rename_shared_folder 1001: rejected (HTTP 400, code 13000201: no) [run {}, line 2, trace {}]\n",
      run_id(), member(result.text, "trace_id"));
  BOOST_TEST(finished.err.find(expected) != std::string::npos, finished.err);
}

BOOST_FIXTURE_TEST_CASE(of_many_that_do_not_succeed_the_first_are_logged, Fixture) {
  std::vector<Reply> replies(50, answer(400, R"({"code":13000201,"msg":"no"})"));
  replies.front() = {.bytes = success()};
  ScriptedServer server(replies);
  const auto finished = run(50, server.url());
  const auto entries = read_entries(finished.err);
  BOOST_TEST(about(entries, ": rejected (").size() == 20U);
  BOOST_TEST(about(entries, "more than 20 operations did not succeed").size() == 1U);
  BOOST_TEST(entries.back().message == "completed: 1 succeeded, 49 rejected");
}

BOOST_FIXTURE_TEST_CASE(faults_and_throttling_are_logged_in_json_by_two_threads_too, Fixture) {
  const auto finished = run_koobatch({"run",
                                      workspace.write("job.ndjson", renames(600)),
                                      "--simulate",
                                      "--user-id",
                                      "7",
                                      "--threads",
                                      "2",
                                      "--report",
                                      report,
                                      "--log-format",
                                      "json",
                                      "-v",
                                      "--throttle",
                                      "200/s",
                                      "--fault",
                                      "status=503,rate=0.05",
                                      "--fault",
                                      "reset,rate=0.02",
                                      "--fault",
                                      "status=500,rate=0.02",
                                      "--retry-base",
                                      "1ms"});
  const auto entries = read_entries(finished.err);
  check_run(entries, run_id());
  BOOST_TEST(!about(entries, "the service throttles").empty(), finished.err);
  const auto repeated = about(entries, "will be repeated");
  BOOST_TEST(repeated.size() > 20U);
  std::set<std::string> attempts;
  for (const auto& entry : repeated) BOOST_TEST(attempts.insert(entry.trace_id).second, entry.text);
}

BOOST_FIXTURE_TEST_CASE(an_outage_and_its_end_are_logged, Fixture) {
  std::vector<Reply> replies(10, Reply{.then = Reply::Then::reset});
  replies.front() = {.bytes = success()};
  ScriptedServer server(replies);
  const auto finished = run(3, server.url());
  BOOST_TEST(finished.status == 0, finished.err);
  const auto entries = read_entries(finished.err);
  check_run(entries, run_id());
  BOOST_TEST(about(entries, "the service does not answer").size() == 1U, finished.err);
  BOOST_TEST(about(entries, "the service answers again").size() == 1U, finished.err);
}

BOOST_FIXTURE_TEST_CASE(a_refused_token_names_the_attempt_that_found_out_and_a_resumed_run_its_first_id, Fixture) {
  ScriptedServer server({{.bytes = success()}, answer(401)});
  const auto finished = run(3, server.url());
  BOOST_TEST(finished.status == 5, finished.err);
  const auto entries = read_entries(finished.err);
  check_run(entries, run_id());
  const auto refused = about(entries, "refused the credentials");
  BOOST_REQUIRE(!refused.empty());
  BOOST_TEST(refused.front().level == "error");
  BOOST_TEST(refused.front().line == 2U);
  BOOST_TEST(entries.back().message == "aborted: 1 succeeded, 2 without a result");

  const auto resumed = run_koobatch({"resume", report, "--log-format", "json"}, {{"TOKEN", "secret"}});
  BOOST_TEST(resumed.status == 0, resumed.err);
  check_run(read_entries(resumed.err), run_id());
}

BOOST_FIXTURE_TEST_CASE(a_user_whose_token_is_refused_is_logged_with_the_attempt, Fixture) {
  const auto tokens = workspace.write("tokens.csv", "user_id,token\n7,good\n");
  ::chmod(tokens.c_str(), 0600);
  ScriptedServer server({{.bytes = success()}, answer(401)});
  const auto finished =
      run_koobatch({"run", workspace.write("job.ndjson", renames(3)), "--endpoint", server.url(), "--tokens-file",
                    tokens, "--user-id", "7", "--connections", "1", "--report", report, "--log-format", "json"});
  BOOST_TEST(finished.status == 5, finished.err);
  const auto entries = read_entries(finished.err);
  check_run(entries, run_id());
  const auto refused = about(entries, "refused the token on");
  BOOST_REQUIRE(refused.size() == 1U);
  BOOST_TEST(refused.front().line == 2U);
}

BOOST_FIXTURE_TEST_CASE(an_interruption_is_logged, Fixture) {
  ScriptedServer server;
  Process process(
      {KOOBATCH_BINARY, "run", workspace.write("job.ndjson", renames(500)), "--endpoint", server.url(), "--token-env",
       "TOKEN", "--user-id", "7", "--rate", "10/s", "--report", report, "--log-format", "json"},
      {{"TOKEN", "secret"}});
  while (server.requests() == 0) std::this_thread::yield();
  process.signal(SIGINT);
  const auto finished = process.wait();
  BOOST_TEST(finished.status == 130, finished.err);
  const auto entries = read_entries(finished.err);
  check_run(entries, run_id());
  BOOST_TEST(about(entries, "stopping; waiting up to 10 s").size() == 1U);
  BOOST_TEST(entries.back().message.starts_with("interrupted: "), entries.back().text);
}

BOOST_FIXTURE_TEST_CASE(an_error_before_the_start_is_an_entry_without_a_run, Fixture) {
  const auto check_refused = [&](const Flags& flags, int status, const Process::Environment& environment = {}) {
    const auto finished = run_koobatch(flags, environment);
    BOOST_TEST(finished.status == status, finished.err);
    const auto entries = read_entries(finished.err);
    BOOST_TEST(!entries.empty());
    for (const auto& entry : entries) BOOST_TEST(entry.run == "", entry.text);
  };
  check_refused({"run", project_file("jobs/errors.ndjson"), "--simulate", "--report", report, "--log-format", "json"},
                3);
  check_refused({"run", project_file("jobs/rename.ndjson"), "--log-format=json"}, 2);
  check_refused({"run", "--log-format", "json", "--no-such-flag"}, 2);
  check_refused({"run", "--rate", "fast", "--log-format", "json", "x.ndjson"}, 2);
  check_refused({"fly"}, 2, {{"KOOBATCH_LOG_FORMAT", "json"}});
  check_refused({"resume", workspace.path("none"), "--log-format", "json"}, 2);
  const auto config = workspace.write("c.toml", "log-format = \"json\"\nrate = \"fast\"\n");
  check_refused({"run", "x.ndjson", "--config", config}, 2);
  check_refused({"run", "--no-such-flag"}, 2, {{"KOOBATCH_CONFIG", config}});
}

BOOST_AUTO_TEST_SUITE_END()
