#include "koobatch/process/on_complete.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <set>

using namespace koobatch;
using namespace koobatch::process;
namespace fs = std::filesystem;

namespace {

const CompletedRun completed = {.report = "reports/../a.report.ndjson",
                                .run_id = "00c0ffee",
                                .outcome = "aborted",
                                .error = "r: disk full",
                                .by_status = {11, 12, 13, 14, 15, 16, 17},
                                .remaining = 18,
                                .exit_status = 4};

std::set<std::string> environment_of_command(const std::vector<const char*>& ours, std::string_view token_env = {}) {
  const auto entries = completion_environment(completed, ours, token_env);
  const std::set<std::string> unique(entries.begin(), entries.end());
  BOOST_TEST(unique.size() == entries.size());
  return unique;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(on_complete)

BOOST_AUTO_TEST_CASE(the_command_is_told_how_the_run_ended) {
  BOOST_TEST(environment_of_command({"PATH=/bin", "EMPTY="}) ==
                 (std::set<std::string>{
                     "PATH=/bin", "EMPTY=", "KOOBATCH_REPORT=" + (fs::current_path() / "a.report.ndjson").string(),
                     "KOOBATCH_RUN_ID=00c0ffee", "KOOBATCH_OUTCOME=aborted", "KOOBATCH_ERROR=r: disk full",
                     "KOOBATCH_EXIT_STATUS=4", "KOOBATCH_SUCCEEDED=11", "KOOBATCH_REJECTED=12", "KOOBATCH_FAILED=13",
                     "KOOBATCH_UNKNOWN=14", "KOOBATCH_INVALID=15", "KOOBATCH_UNCHANGED=16", "KOOBATCH_SKIPPED=17",
                     "KOOBATCH_REMAINING=18"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_command_gets_no_token_and_each_variable_about_the_run_only_once) {
  const auto environment =
      environment_of_command({"KOOBATCH_REPORT=reports/", "KOOBATCH_OUTCOME=completed", "TOKEN=canary"}, "TOKEN");
  BOOST_TEST(environment.contains("KOOBATCH_OUTCOME=aborted"));
  for (const auto& entry : environment) BOOST_TEST(entry.find("canary") == std::string::npos);
  BOOST_TEST(environment.size() == 13U);
}

BOOST_AUTO_TEST_CASE(the_variables_of_the_command_are_known_by_name) {
  for (const auto& entry : environment_of_command({})) {
    BOOST_TEST(is_completion_variable(entry.substr(0, entry.find('='))), entry);
  }
  BOOST_TEST(!is_completion_variable("KOOBATCH_RATE"));
  BOOST_TEST(!is_completion_variable("KOOBATCH_"));
}

// How it ends.

BOOST_AUTO_TEST_CASE(how_the_command_ended_is_reported_with_its_program_alone) {
  const auto end_of = [](const char* words, Duration timeout = std::chrono::hours(1)) {
    const auto result = run_on_complete({"--on-complete", words, timeout, {}}, completed);
    if (!result) BOOST_FAIL("not started: " + result.error().message);
    return *result;
  };
  BOOST_TEST(end_of("true").end == CommandEnd::succeeded);
  const auto failed = end_of("sh -c 'exit 3' s3cret");
  BOOST_TEST(failed.end == CommandEnd::failed);
  BOOST_TEST(failed.how == "ended with status 3");
  BOOST_TEST(failed.program == "--on-complete: 'sh'");
  BOOST_TEST(end_of("sleep 86400", std::chrono::milliseconds(1)).end == CommandEnd::timed_out);
}

BOOST_AUTO_TEST_CASE(a_command_that_cannot_be_started_is_an_error_of_the_option) {
  const auto result = run_on_complete({"--on-complete", "/none/program s3cret", std::chrono::hours(1), {}}, completed);
  BOOST_REQUIRE(result.has_error());
  BOOST_TEST(result.error().message.find("--on-complete") != std::string::npos, result.error().message);
  BOOST_TEST(result.error().message.find("s3cret") == std::string::npos, result.error().message);
}

BOOST_AUTO_TEST_SUITE_END()
