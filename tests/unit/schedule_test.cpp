// What runs started by a timer need: reports that do not get in each other's way, and their own settings.
#include "cli/command_line.hpp"
#include "cli/commands/retry.hpp"
#include "cli/commands/run.hpp"
#include "cli/running/job_files.hpp"
#include "cli/settings/recorded.hpp"
#include "koobatch/report/journal_file.hpp"
#include "temporary_folder.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <filesystem>

using namespace koobatch;
using namespace koobatch::cli;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

using Folder = test::TemporaryFolder;

Invocation accepted(const std::vector<std::string>& arguments, const Environment& environment = {},
                    const std::string& config = {}) {
  const auto parsed =
      parse_command_line(arguments, environment,
                         {[&](const fs::path&) -> Result<std::string> { return config; },
                          [](const fs::path&) -> Result<Flags> { return parse_recorded(R"({"simulate":"true"})"); }});
  if (!parsed) BOOST_FAIL("refused: " + parsed.error().message);
  return std::get<Invocation>(*parsed);
}

Result<engine::RunSettings> prepared(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {"run", "a.ndjson", "--simulate"});
  const auto invocation = accepted(flags);
  return prepare_run(*invocation.find<RunCommandSettings>(), invocation.call, WallTime());
}

std::string refusal(std::vector<std::string> flags) {
  const auto settings = prepared(std::move(flags));
  return settings ? "accepted" : settings.error().message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schedule)

// Reports

BOOST_AUTO_TEST_CASE(a_number_tells_reports_of_the_same_second_apart) {
  using report::numbered_name;
  BOOST_TEST(numbered_name("d/a.20261121T170000Z.report.ndjson", 1) == "d/a.20261121T170000Z.report.ndjson");
  BOOST_TEST(numbered_name("d/a.20261121T170000Z.report.ndjson", 2) == "d/a.20261121T170000Z-2.report.ndjson");
  BOOST_TEST(numbered_name("d.report.ndjson/a", 12) == "d.report.ndjson/a-12");
}

BOOST_AUTO_TEST_CASE(a_report_without_a_given_name_takes_the_first_free_one) {
  const Folder folder;
  folder.write("a.report.ndjson", "older");
  folder.write("a-2.report.ndjson", "old");
  auto path = folder.path / "a.report.ndjson";
  BOOST_TEST(report::create_numbered_report(path, "first\n").has_value());
  BOOST_TEST(path == folder.path / "a-3.report.ndjson");
  BOOST_TEST(folder.read("a-3.report.ndjson") == "first\n");
  BOOST_TEST(folder.read("a.report.ndjson") == "older");
}

BOOST_AUTO_TEST_CASE(a_report_that_cannot_be_created_is_not_tried_under_other_names) {
  const Folder folder;
  auto path = folder.path / "none" / "a.report.ndjson";
  BOOST_TEST(report::create_numbered_report(path, "first\n").has_error());
  BOOST_TEST(path == folder.path / "none" / "a.report.ndjson");
}

BOOST_AUTO_TEST_CASE(an_existing_folder_needs_no_slash) {
  const Folder folder;
  const WallTime now = WallTime() + 24h;
  BOOST_TEST(report_path(folder.path, "jobs/a.ndjson", now) == folder.path / "a.19700102T000000Z.report.ndjson");
  BOOST_TEST(report_path(folder.path / "file", "jobs/a.ndjson", now) == folder.path / "file");
  const auto none = [](const fs::path&) { return false; };
  BOOST_TEST(further_report_path(folder.path, "a.report.ndjson", "retry", none) ==
             folder.path / "a.retry-1.report.ndjson");
}

BOOST_AUTO_TEST_CASE(only_a_report_without_a_given_name_gets_a_number) {
  const Folder folder;
  const auto numbered = [&](const std::string& report) {
    return prepared({"--report", report}).value().report_numbered;
  };
  BOOST_TEST(numbered(folder.path));
  BOOST_TEST(numbered("elsewhere/"));
  BOOST_TEST(!numbered(folder.path / "file"));
}

BOOST_AUTO_TEST_CASE(a_koobatch_that_the_command_starts_ignores_its_variables_and_the_schedule) {
  const Environment told = {{"KOOBATCH_OUTCOME", "completed"}, {"KOOBATCH_EXIT_STATUS", "1"},
                            {"KOOBATCH_REPORT", "old"},        {"KOOBATCH_LOCK", "l"},
                            {"KOOBATCH_ON_COMPLETE", "mail"},  {"KOOBATCH_RATE", "7/s"}};
  const auto invocation = accepted({"retry", "r", "--config", "c"}, told, "lock-wait = \"1h\"\nthreads = 2\n");
  const auto* settings = invocation.find<RetrySettings>();
  BOOST_TEST(settings->report == "");
  BOOST_TEST(settings->running.schedule.lock == "");
  BOOST_TEST((settings->running.schedule.lock_wait == 0s));
  BOOST_TEST(settings->running.schedule.on_complete == "");
  BOOST_TEST(settings->running.pace.rate == 7);
  BOOST_TEST(settings->running.sending.connections.threads == 2U);
  BOOST_TEST(invocation.warnings.empty());
  BOOST_TEST(accepted({"retry", "r", "--lock", "other"}, told).find<Schedule>()->lock == "other");
}

BOOST_AUTO_TEST_CASE(elsewhere_a_variable_of_such_a_name_is_a_setting_or_a_mistake) {
  const auto invocation =
      accepted({"run", "a.ndjson", "--simulate"}, {{"KOOBATCH_REPORT", "r"}, {"KOOBATCH_RUN_ID", "1"}});
  BOOST_TEST(invocation.find<RunCommandSettings>()->report == "r");
  BOOST_TEST(invocation.warnings.size() == 1U);
}

// Options

BOOST_AUTO_TEST_CASE(what_cannot_be_meant_is_refused) {
  BOOST_TEST(refusal({"--lock", "l", "--lock-wait", "1h"}) == "accepted");
  BOOST_TEST(refusal({"--lock-wait", "1s"}) == "--lock-wait needs --lock: the file to wait for");
  BOOST_TEST(refusal({"--on-complete", "mail 'x"}) == "--on-complete: a ' is never closed");
  BOOST_TEST(refusal({"--on-complete", "a && b"}) ==
             "--on-complete: '&&' is for a shell, and no shell is used; write sh -c '…'");
}

BOOST_AUTO_TEST_CASE(a_schedule_is_the_schedulers_and_is_not_recorded) {
  const auto invocation = accepted({"run", "a.ndjson", "--simulate", "--lock", "l", "--lock-wait", "1m",
                                    "--on-complete", "mail s3cret", "--on-complete-timeout", "1h"});
  const auto* schedule = invocation.find<Schedule>();
  BOOST_TEST(schedule->lock == "l");
  BOOST_TEST((schedule->lock_wait == 1min));
  BOOST_TEST(schedule->on_complete == "mail s3cret");
  BOOST_TEST((schedule->on_complete_timeout == 1h));
  BOOST_TEST(invocation.call.to_record == R"({"simulate":"true"})");
}

BOOST_AUTO_TEST_CASE(a_resumed_run_may_have_its_own_schedule) {
  for (const char* command : {"resume", "retry"}) {
    const auto invocation = accepted({command, "r", "--lock", "l"}, {{"KOOBATCH_ON_COMPLETE", "mail"}});
    BOOST_TEST(invocation.find<Schedule>()->lock == "l");
    BOOST_TEST(invocation.find<Schedule>()->on_complete == "mail");
  }
}

BOOST_AUTO_TEST_SUITE_END()
