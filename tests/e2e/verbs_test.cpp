// The commands beside run: what they print, where, and their exit statuses.
#include "service.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <sstream>

using namespace koobatch::test;

BOOST_AUTO_TEST_SUITE(verbs)

BOOST_AUTO_TEST_CASE(validate_needs_neither_user_nor_credentials) {
  const auto readme = run_koobatch({"validate", project_file("jobs/rename.ndjson")});
  BOOST_TEST(readme.status == 0, readme.err);
  const auto finished = run_koobatch({"validate", project_file("jobs/demo.ndjson")});
  BOOST_TEST(finished.status == 0);
  BOOST_TEST(finished.out.find("1,000 operations") != std::string::npos, finished.out);
}

BOOST_AUTO_TEST_CASE(validate_lists_twenty_errors_then_counts) {
  const auto finished = run_koobatch({"validate", project_file("jobs/errors.ndjson")});
  BOOST_TEST(finished.status == 3);
  BOOST_TEST(static_cast<std::size_t>(std::count(finished.err.begin(), finished.err.end(), '\n')) == 21U, finished.err);
}

BOOST_AUTO_TEST_CASE(validate_lists_every_error_with_verbose) {
  const auto job = project_file("jobs/errors.ndjson");
  const auto first = run_koobatch({"validate", job});
  BOOST_TEST(first.err.find("(the first 20 are listed; -v lists all)") != std::string::npos, first.err);
  const auto all = run_koobatch({"validate", "-v", job});
  BOOST_TEST(all.status == 3);
  std::istringstream lines(all.err);
  std::size_t listed = 0;
  std::string last;
  for (std::string line; std::getline(lines, line); last = line) listed += line.starts_with(job + ":");
  BOOST_TEST(last.find(fmt::format("{}: {} errors in ", job, listed - 1)) != std::string::npos, all.err);
  BOOST_TEST(last.find("are listed") == std::string::npos, last);
}

BOOST_AUTO_TEST_CASE(files_with_the_same_name_are_refused_before_anything_is_written) {
  const Workspace workspace;
  const auto report = workspace.path("r");
  run_koobatch({"run", project_file("jobs/rename.ndjson"), "--simulate", "--user-id", "7", "--report", report});
  const auto same = workspace.path("same");
  const auto refused = run_koobatch({"report", report, "--html", same, "--csv", workspace.path("./same")});
  BOOST_TEST(refused.status == 2);
  BOOST_TEST(refused.err.find("--csv and --html name the same file") != std::string::npos, refused.err);
  BOOST_TEST(!std::filesystem::exists(same));
}

BOOST_AUTO_TEST_CASE(dry_run_prints_every_request_masks_the_token_and_sends_nothing) {
  const Workspace workspace;
  Service service;
  const auto job = workspace.write(
      "job.ndjson", R"({"op":"rename_shared_folder","id":"12","fileName":"a","user_id":"7"})"
                    "\n"
                    R"({"op":"update_album","albumId":"a/b","name":"c","user_id":"8","language":"de-DE"})"
                    "\n");
  const auto finished = run_koobatch(
      {"run", job, "--endpoint", service.url(), "--token-env", "TOKEN", "--dry-run", "--report", workspace.path("r")},
      {{"TOKEN", "very-secret"}});
  BOOST_TEST(finished.status == 0, finished.err);
  for (const char* part :
       {"POST", "/koodrive/ose/v1/sharefolder/rename", "/koodrive/ose/v1/a%2Fb/update", R"({"id":"12","fileName":"a"})",
        R"({"name":"c"})", "X-User-Id: 7", "language: de-DE", "X-Date: ", "X-Traceid: ", "***"}) {
    BOOST_TEST(finished.out.find(part) != std::string::npos, part << " is missing in " << finished.out);
  }
  BOOST_TEST((finished.out + finished.err).find("very-secret") == std::string::npos);
  BOOST_TEST(member(service.get("/_sim/stats"), "requests") == "0");
  BOOST_TEST(!std::filesystem::exists(workspace.path("r")));
}

BOOST_AUTO_TEST_CASE(trace_decodes_and_finds_the_result) {
  const Workspace workspace;
  const auto report = workspace.path("r");
  BOOST_TEST(run_koobatch({"run", project_file("jobs/demo.ndjson"), "--simulate", "--report", report}).status == 0);
  const auto lines = read_report(report);
  const auto& result = lines.results.at(17);
  const auto trace = member(result.text, "trace_id");
  const auto decoded = run_koobatch({"trace", trace});
  BOOST_TEST(decoded.status == 0);
  BOOST_TEST(decoded.out.find(std::to_string(result.line)) != std::string::npos, decoded.out);
  const auto found = run_koobatch({"trace", trace, report});
  BOOST_TEST(found.status == 0);
  BOOST_TEST(found.out.find(member(lines.run[0], "run_id")) != std::string::npos, found.out);
  BOOST_TEST(found.out.find("succeeded") != std::string::npos, found.out);
}

BOOST_AUTO_TEST_CASE(report_sums_up_for_people_and_for_programs) {
  const Workspace workspace;
  const auto report = workspace.path("r");
  const auto run = run_koobatch({"run", project_file("jobs/demo.ndjson"), "--simulate", "--report", report});
  const auto text = run_koobatch({"report", report});
  BOOST_TEST(text.status == 0);
  BOOST_TEST(text.out.find("All 1,000 operations succeeded") != std::string::npos, text.out);
  const auto json = run_koobatch({"report", report, "--json"});
  BOOST_TEST(json.status == 0);
  BOOST_TEST(member(json.out, "schema") == "1");
  BOOST_TEST(member(member(json.out, "counts"), "succeeded") == "1000");
}

// The summary of a run is in its report; the output of other commands exists nowhere else.
BOOST_AUTO_TEST_CASE(output_that_cannot_be_written_is_an_error_where_it_is_what_was_asked_for) {
  const Workspace workspace;
  const auto report = workspace.path("r");
  const auto into_a_full_disk = [&](const std::string& command) {
    const auto finished =
        Process({"/bin/sh", "-c", fmt::format("exec {} {} >/dev/full", KOOBATCH_BINARY, command)}).wait();
    BOOST_TEST(finished.err.find("standard output: cannot be written: No space left") != std::string::npos,
               finished.err);
    return finished.status;
  };
  const auto job = project_file("jobs/rename.ndjson");
  BOOST_TEST(into_a_full_disk(fmt::format("run {} --simulate --user-id 42 --report {}", job, report)) == 0);
  BOOST_TEST(read_report(report).end.size() == 1U);
  BOOST_TEST(into_a_full_disk("bench --operations 10") == 5);
  BOOST_TEST(into_a_full_disk("validate " + job) == 5);
  BOOST_TEST(into_a_full_disk("report " + report) == 5);
}

BOOST_AUTO_TEST_CASE(report_refuses_a_file_that_is_not_a_report) {
  const Workspace workspace;
  BOOST_TEST(run_koobatch({"report", workspace.path("none")}).status == 2);
  BOOST_TEST(run_koobatch({"report", workspace.write("x", "hello\n")}).status == 2);
}

BOOST_AUTO_TEST_CASE(settings_come_from_flags_then_environment_then_configuration_file) {
  const Workspace workspace;
  const auto config = workspace.write("c.toml", "max-attempts = 7\nretry-base = \"11ms\"\nconnections = 3\n");
  const auto report = workspace.path("r");
  const auto finished = run_koobatch({"run", project_file("jobs/demo.ndjson"), "--simulate", "--config", config,
                                      "--connections", "5", "--report", report},
                                     {{"KOOBATCH_MAX_ATTEMPTS", "9"}, {"KOOBATCH_CONNECTIONS", "4"}});
  BOOST_TEST(finished.status == 0, finished.err);
  const auto settings = member(read_report(report).run.at(0), "settings");
  BOOST_TEST(member(settings, "connections") == "5");
  BOOST_TEST(member(settings, "max-attempts") == "9");
  BOOST_TEST(member(settings, "retry-base") == "11ms");
}

BOOST_AUTO_TEST_CASE(verbose_lists_the_settings_in_force_with_where_they_come_from) {
  const Workspace workspace;
  const auto config = workspace.write("c.toml", "# ours\nretry-base = \"11ms\"\n[run]\nburst = 9\n");
  const std::vector<std::string> command = {"run",
                                            project_file("jobs/demo.ndjson"),
                                            "--simulate",
                                            "--config",
                                            config,
                                            "--rate",
                                            "9000/s",
                                            "--report",
                                            workspace.path("r"),
                                            "--connections",
                                            "3"};
  auto verbose = command;
  verbose.emplace_back("-v");
  const auto told = run_koobatch(verbose, {{"KOOBATCH_AUTHORIZATION", "s3cret {token}"}});
  BOOST_TEST(told.status == 0, told.err);
  const std::string lines = "\n" + told.err;
  for (const std::string& line : {std::string("connections = 3 (command line)"), "retry-base = 11ms (" + config + ":2)",
                                  "burst = 9 (" + config + ":4)",
                                  std::string("authorization = (set) (environment variable KOOBATCH_AUTHORIZATION)"),
                                  std::string("retry-cap = 20s (default)")}) {
    BOOST_TEST(lines.find("\n" + line + "\n") != std::string::npos, line << " is missing in " << told.err);
  }
  BOOST_TEST(told.err.find("s3cret") == std::string::npos);
  BOOST_TEST(told.out.find("(default)") == std::string::npos);
  auto again = command;
  again.at(8) = workspace.path("r2");
  BOOST_TEST(run_koobatch(again).err.find("(default)") == std::string::npos);
  const auto resumed = run_koobatch({"resume", workspace.path("r"), "-v"});
  BOOST_TEST(resumed.err.find("connections = 3 (the report)\n") != std::string::npos, resumed.err);
}

BOOST_AUTO_TEST_CASE(a_configuration_file_that_cannot_be_used_is_named_with_the_place) {
  const Workspace workspace;
  const auto config = workspace.write("c.toml", "threads = 2\n[bench]\nrates = '5/s'\n");
  const auto said = run_koobatch({"validate", project_file("jobs/rename.ndjson"), "--config", config});
  BOOST_TEST(said.status == 2);
  BOOST_TEST(said.err.find("koobatch: " + config + ":3:1: unknown setting 'rates'; did you mean 'rate'?\n") == 0U,
             said.err);
  const auto gone = run_koobatch({"validate", "x.csv"}, {{"KOOBATCH_CONFIG", workspace.path("none")}});
  BOOST_TEST(gone.status == 2);
  BOOST_TEST(gone.err.find("koobatch: KOOBATCH_CONFIG " + workspace.path("none") + ": cannot be read: ") == 0U,
             gone.err);
}

// The places where every command could leak it: on standard error, in a log as JSON, among the settings in force.
BOOST_AUTO_TEST_CASE(a_secret_that_is_in_the_wrong_place_of_a_configuration_file_is_not_repeated) {
  const Workspace workspace;
  const auto job = project_file("jobs/rename.ndjson");
  for (const char* text : {"token = s3cret", "authorization = 's3cret'", "token-env = ['s3cret'",
                           "[run]\nrate = {a = 's3cret'}", "token-command = 's3cret' x", "user-id = \"s3cret\\q\""}) {
    const auto config = workspace.write("c.toml", text);
    for (const char* format : {"text", "json"}) {
      const auto said = run_koobatch({"run", job, "--simulate", "--config", config, "--log-format", format, "-v"});
      BOOST_TEST(said.status == 2, text);
      BOOST_TEST(said.err.find(config + ":") != std::string::npos, said.err);
      BOOST_TEST((said.out + said.err).find("s3cret") == std::string::npos, text << ": " << said.err);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
