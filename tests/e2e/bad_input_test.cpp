// Bad input gets a clear error with the right exit status, and nothing is sent or lost.
#include "service.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <boost/test/unit_test.hpp>

#include <filesystem>

using namespace koobatch::test;

namespace {

constexpr const char* valid_line = R"({"op":"rename_shared_folder","id":"1","fileName":"a","user_id":"7"})";

struct Case {
  std::string name;
  std::vector<std::string> arguments;
  int status;
  std::string message;  ///< must be part of standard error
};

void check(const Case& expected) {
  BOOST_TEST_CONTEXT(expected.name) {
    const auto finished = run_koobatch(expected.arguments);
    BOOST_TEST(finished.status == expected.status, "status " << finished.status << ": " << finished.err);
    BOOST_TEST(finished.err.find(expected.message) != std::string::npos, "said: " << finished.err);
  }
}

struct Fixture {
  Workspace workspace;
  std::string job = workspace.write("job.ndjson", std::string(valid_line) + "\n");
  std::string report = workspace.path("r");
  std::string token = [this] {
    const auto path = workspace.write("token", "secret\n");
    ::chmod(path.c_str(), 0600);
    return path;
  }();
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(bad_input, Fixture)

BOOST_AUTO_TEST_CASE(wrong_flags_are_usage_errors) {
  check({"no command", {}, 2, "koobatch --help"});
  check({"unknown command", {"frobnicate"}, 2, "frobnicate"});
  check({"unknown flag", {"run", job, "--simulate", "--frobnicate"}, 2, "--frobnicate"});
  check({"bad number", {"run", job, "--simulate", "--connections", "many"}, 2, "--connections"});
  check({"no connections", {"run", job, "--simulate", "--connections", "0"}, 2, "--connections"});
  check({"more threads than connections",
         {"run", job, "--simulate", "--threads", "4", "--connections", "2"},
         2,
         "--threads"});
  check({"rate without unit", {"run", job, "--simulate", "--rate", "500"}, 2, "500/s"});
  check({"duration without unit", {"run", job, "--simulate", "--timeout", "30"}, 2, "--timeout"});
  check({"negative rate", {"run", job, "--simulate", "--rate", "-1/s"}, 2, "--rate"});
  check({"too many attempts", {"run", job, "--simulate", "--max-attempts", "201"}, 2, "200"});
  check({"bad fault", {"run", job, "--simulate", "--fault", "explode,rate=1"}, 2, "explode"});
  check({"neither endpoint nor simulator", {"run", job}, 2, "--simulate"});
  check(
      {"both", {"run", job, "--simulate", "--endpoint", "http://127.0.0.1:1", "--token-file", token}, 2, "--simulate"});
  check({"endpoint with a path",
         {"run", job, "--endpoint", "https://127.0.0.1/x", "--token-file", token},
         2,
         "--endpoint"});
  check({"bad trace ID", {"trace", "0101"}, 2, "58"});
}

BOOST_AUTO_TEST_CASE(credentials_are_needed_and_kept_from_the_open_network) {
  check({"none", {"run", job, "--endpoint", "https://127.0.0.1:1", "--report", report}, 2, "--token-file"});
  check({"http",
         {"run", job, "--endpoint", "http://koobatch.invalid", "--token-file", token, "--report", report},
         2,
         "https"});
  check({"missing file",
         {"run", job, "--endpoint", "https://127.0.0.1:1", "--token-file", "/nonexistent", "--report", report},
         2,
         "/nonexistent"});
  check({"unset variable",
         {"run", job, "--endpoint", "https://127.0.0.1:1", "--token-env", "KB_NOT_SET", "--report", report},
         2,
         "--token-env: there is no such environment variable"});
  ::chmod(token.c_str(), 0644);
  check({"readable by others",
         {"run", job, "--endpoint", "https://127.0.0.1:1", "--token-file", token, "--report", report},
         2,
         "chmod 600"});
  ::chmod(token.c_str(), 0600);
  workspace.write("token", "two\nlines\n");
  check({"two lines",
         {"run", job, "--endpoint", "https://127.0.0.1:1", "--token-file", token, "--report", report},
         2,
         "line break"});
  workspace.write("token", "\n");
  check({"empty",
         {"run", job, "--endpoint", "https://127.0.0.1:1", "--token-file", token, "--report", report},
         2,
         "empty"});
  BOOST_TEST(!std::filesystem::exists(report));
}

BOOST_AUTO_TEST_CASE(a_job_that_cannot_be_read_is_a_usage_error) {
  check({"missing", {"run", workspace.path("none.ndjson"), "--simulate", "--report", report}, 2, "none.ndjson"});
  std::filesystem::create_directory(workspace.path("folder.ndjson"));
  check({"folder", {"run", workspace.path("folder.ndjson"), "--simulate", "--report", report}, 2, "folder"});
  const auto unknown = workspace.write("job.txt", valid_line);
  check({"unknown extension", {"run", unknown, "--simulate", "--report", report}, 2, "--format"});
  BOOST_TEST(run_koobatch({"run", unknown, "--format", "ndjson", "--simulate", "--report", report}).status == 0);
}

BOOST_AUTO_TEST_CASE(an_invalid_job_sends_nothing_and_lists_its_errors) {
  const auto bad = workspace.write(
      "bad.ndjson", std::string(valid_line) + "\n" +
                        R"({"op":"rename_shared_folder","id":"1","fileName":"a*b","user_id":"7"})" + "\n");
  Service service;
  const auto finished =
      run_koobatch({"run", bad, "--endpoint", service.url(), "--token-file", token, "--report", report});
  BOOST_TEST(finished.status == 3);
  BOOST_TEST(finished.err.find(bad + ":2: fileName: contains '*', which is not allowed (< > | : * ? \" /)") !=
                 std::string::npos,
             finished.err);
  BOOST_TEST(!std::filesystem::exists(report));
  BOOST_TEST(member(service.get("/_sim/stats"), "requests") == "0");
  check({"no user",
         {"run", workspace.write("anonymous.ndjson", R"({"op":"rename_shared_folder","id":"1","fileName":"a"})"),
          "--simulate", "--report", report},
         3,
         "user"});
}

BOOST_AUTO_TEST_CASE(skip_invalid_records_the_invalid_and_runs_the_rest) {
  const auto finished = run_koobatch({"run", project_file("jobs/errors.ndjson"), "--simulate", "--user-id", "7",
                                      "--skip-invalid", "--report", report});
  BOOST_TEST(finished.status == 1, finished.err);
  std::size_t invalid = 0;
  std::size_t succeeded = 0;
  const auto lines = read_report(report);
  for (const auto& result : lines.results) {
    if (result.status == "invalid") {
      ++invalid;
      BOOST_TEST(!result.error.empty());
      BOOST_TEST(result.attempts == 0U);
    }
    if (result.status == "succeeded") ++succeeded;
  }
  BOOST_TEST(invalid > 50U);
  BOOST_TEST(succeeded > 0U);
  BOOST_TEST(invalid + succeeded == lines.results.size());
  BOOST_REQUIRE(lines.end.size() == 1U);
  BOOST_TEST(member(member(lines.end[0], "counts"), "remaining") == "0");
}

BOOST_AUTO_TEST_CASE(skip_invalid_refuses_a_job_whose_errors_may_hide_operations) {
  const auto csv = workspace.write("job.csv",
                                   "op,id,fileName\nrename_shared_folder,1,a\nrename_shared_folder,2,\"b\n"
                                   "rename_shared_folder,3,c\n");
  check({"unclosed quote",
         {"run", csv, "--simulate", "--user-id", "7", "--skip-invalid", "--report", report},
         3,
         "--skip-invalid cannot"});
  BOOST_TEST(!std::filesystem::exists(report));
}

BOOST_AUTO_TEST_CASE(an_empty_job_is_reported_and_is_not_a_failure) {
  for (const char* text : {"", "\n \n", "\xEF\xBB\xBF"}) {
    const auto finished =
        run_koobatch({"run", workspace.write("empty.ndjson", text), "--simulate", "--report", report});
    BOOST_TEST(finished.status == 0, finished.err);
    BOOST_TEST((finished.out + finished.err).find("no operations") != std::string::npos, finished.out << finished.err);
    BOOST_TEST(!std::filesystem::exists(report));
  }
}

BOOST_AUTO_TEST_CASE(an_existing_report_is_never_overwritten) {
  workspace.write("r", "precious\n");
  check({"existing report", {"run", job, "--simulate", "--report", report}, 2, "koobatch resume"});
  BOOST_TEST(workspace.read("r") == "precious\n");
  check({"no such folder", {"run", job, "--simulate", "--report", workspace.path("none/r")}, 2, "none"});
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_refuses_ends_the_run_after_the_outage_limit_with_nothing_finalised) {
  check({"refused",
         {"run", job, "--endpoint", "http://127.0.0.1:1", "--token-file", token, "--max-outage", "1s", "--report",
          report},
         5,
         "Connection refused"});
  const auto lines = read_report(report);
  BOOST_TEST(lines.results.empty());
  BOOST_REQUIRE(lines.end.size() == 1U);
  BOOST_TEST(member(lines.end[0], "reason") == "aborted");
  BOOST_TEST(member(member(lines.end[0], "counts"), "remaining") == "1");
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_does_not_resolve_ends_the_run_after_the_outage_limit) {
  check({"unresolvable",
         {"run", job, "--endpoint", "https://koobatch.invalid", "--token-file", token, "--max-outage", "1s", "--report",
          report},
         5,
         "koobatch.invalid"});
}

BOOST_AUTO_TEST_CASE(refused_credentials_stop_the_run_and_name_the_form_that_was_sent) {
  check({"401", {"run", job, "--simulate", "--fault", "status=401,rate=1", "--report", report}, 5, "Bearer+{token}"});
  BOOST_TEST(read_report(report).results.empty());
}

BOOST_AUTO_TEST_CASE(skip_invalid_refuses_a_job_whose_rows_a_stray_quote_joins) {
  std::string text = "op,id,fileName,ref\n";
  for (int row = 1; row <= 1000; ++row) {
    text += fmt::format("rename_shared_folder,{},{}a,\n", row, row == 10 || row == 901 ? "\"" : "");
  }
  // The partner of the stray quote stands at the end of its cell, so that the joined row is well-formed.
  const auto partner = text.find("901,\"a,");
  text.replace(partner, 7, "901,a\",");
  const auto csv = workspace.write("job.csv", text);
  const auto refused = run_koobatch({"run", csv, "--simulate", "--user-id", "7", "--skip-invalid", "--report", report});
  BOOST_TEST(refused.status == 3, refused.err);
  BOOST_TEST(refused.err.find(csv + ":11: cell 3 opens a quote, and the lines 12 to 902 in it look like rows") !=
                 std::string::npos,
             refused.err);
  BOOST_TEST(
      refused.err.find("--skip-invalid cannot tell which operations a quote out of place hides") != std::string::npos,
      refused.err);
  BOOST_TEST(!std::filesystem::exists(report));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_a_job_is_recognised_for_what_it_is) {
  check({"xz",
         {"run",
          workspace.write("a.csv",
                          "\xfd"
                          "7zXZ" +
                              std::string(1, '\0')),
          "--simulate"},
         3,
         "an xz archive"});
  check({"workbook",
         {"run", workspace.write("a.xlsx", "PK\x03\x04 [Content_Types].xml"), "--simulate"},
         3,
         "such as an Excel workbook (.xlsx); a job is text: save the sheet as CSV"});
  check({"workbook to validate",
         {"validate", workspace.path("a.xlsx")},
         3,
         "such as an Excel workbook (.xlsx); a job is text: save the sheet as CSV"});
  check({"CSV as NDJSON",
         {"run", workspace.write("b.ndjson", "op,id,fileName\nrename_shared_folder,1,a\n"), "--simulate"},
         3,
         "is CSV, by its first line"});
  check({"NDJSON as CSV",
         {"run", workspace.write("b.csv", valid_line), "--simulate"},
         3,
         "is NDJSON, by its first line"});
}

BOOST_AUTO_TEST_SUITE_END()
