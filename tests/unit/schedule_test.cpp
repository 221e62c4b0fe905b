// What runs that a timer starts need: one at a time, reports that do not get in each other's way, and somebody to tell.
#include "koobatch/cli/command_line.hpp"
#include "koobatch/cli/on_complete.hpp"
#include "koobatch/cli/recorded.hpp"
#include "koobatch/cli/schedule_lock.hpp"
#include "koobatch/report/journal_file.hpp"

#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

using namespace koobatch;
using namespace koobatch::cli;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "koobatch-schedule-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  fs::path write(const char* name, std::string_view text) const {
    std::ofstream(path / name) << text;
    return path / name;
  }
  std::string read(const char* name) const {
    std::ostringstream text;
    text << std::ifstream(path / name).rdbuf();
    return text.str();
  }

  fs::path path;
};

Invocation accepted(const std::vector<std::string>& arguments, const Environment& environment = {},
                    const std::string& config = {}) {
  const auto parsed =
      parse_command_line(arguments, environment,
                         {[&](const fs::path&) -> Result<std::string> { return config; },
                          [](const fs::path&) -> Result<Flags> { return parse_recorded(R"({"simulate":"true"})"); }});
  if (!parsed) BOOST_FAIL("refused: " + parsed.error().message);
  return std::get<Invocation>(*parsed);
}

std::string refusal(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {"run", "a.ndjson", "--simulate"});
  const auto settings = finish_run(accepted(flags).options, "a.ndjson", WallTime());
  return settings ? "accepted" : settings.error().message;
}

report::Summary summary() {
  report::Summary made;
  made.report = "reports/../a.report.ndjson";
  made.run.run_id = "00c0ffee";
  made.outcome = report::Outcome::aborted;
  made.counts.by_status = {11, 12, 13, 14, 15};
  made.counts.remaining = 16;
  return made;
}

std::set<std::string> environment_of_command(const std::vector<const char*>& ours, std::string_view token_env = {}) {
  const auto entries = completion_environment({summary(), 4}, ours, token_env);
  const std::set<std::string> unique(entries.begin(), entries.end());
  BOOST_TEST(unique.size() == entries.size());
  return unique;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schedule)

// --lock

BOOST_AUTO_TEST_CASE(of_two_that_name_the_same_lock_one_gets_it) {
  const Folder folder;
  const auto path = folder.path / "lock";
  {
    const auto first = ScheduleLock::try_take(path);
    BOOST_REQUIRE(first.has_value());
    BOOST_TEST(first->has_value());
    const auto second = ScheduleLock::try_take(path);
    BOOST_REQUIRE(second.has_value());
    BOOST_TEST(!second->has_value());
    BOOST_TEST(folder.read("lock") == fmt::format("{}\n", ::getpid()));
    BOOST_TEST(holder_of(path) == fmt::format("process {}", ::getpid()));
  }
  BOOST_TEST(folder.read("lock") == "");
  BOOST_TEST(holder_of(path) == "another process");
  BOOST_TEST(ScheduleLock::try_take(path)->has_value());
}

BOOST_AUTO_TEST_CASE(the_file_of_a_lock_is_for_its_owner_only) {
  const Folder folder;
  const auto lock = ScheduleLock::try_take(folder.path / "lock");
  struct stat status {};
  BOOST_REQUIRE(::stat((folder.path / "lock").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0600U);
}

BOOST_AUTO_TEST_CASE(what_a_killed_process_left_of_a_lock_does_not_count) {
  const Folder folder;
  BOOST_TEST(ScheduleLock::try_take(folder.write("lock", "4711\n"))->has_value());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_lock_is_refused_and_left_as_it_is) {
  const Folder folder;
  for (const char* text : {"{\"op\":1}\n", "x", "12345678901234567890123456\n", "1\n2\n"}) {
    const auto taken = ScheduleLock::try_take(folder.write("job", text));
    BOOST_REQUIRE(taken.has_error());
    BOOST_TEST((taken.error().kind == ErrorKind::usage));
    BOOST_TEST(taken.error().message.find("is no lock") != std::string::npos, taken.error().message);
    BOOST_TEST(folder.read("job") == text);
  }
}

BOOST_AUTO_TEST_CASE(links_folders_and_places_that_are_not_there_are_no_locks) {
  const Folder folder;
  fs::create_symlink(folder.write("target", ""), folder.path / "link");
  for (const char* name : {"link", ".", "none/lock"}) {
    const auto taken = ScheduleLock::try_take(folder.path / name);
    BOOST_REQUIRE(taken.has_error());
    BOOST_TEST((taken.error().kind == ErrorKind::usage));
    BOOST_TEST(taken.error().message.find("; name a") != std::string::npos, taken.error().message);
  }
}

BOOST_AUTO_TEST_CASE(waiting_for_a_lock_is_ended_by_whoever_may_end_it) {
  const Folder folder;
  const auto path = folder.path / "lock";
  const auto holder = ScheduleLock::try_take(path);
  unsigned asked = 0;
  const auto taken = wait_for_lock(path, 24h, [&] { return ++asked == 1; });
  BOOST_REQUIRE(taken.has_value());
  BOOST_TEST(!taken->has_value());
  BOOST_TEST(asked == 1U);
}

BOOST_AUTO_TEST_CASE(a_lock_that_is_given_up_is_taken_by_who_waits) {
  const Folder folder;
  const auto path = folder.path / "lock";
  auto holder = std::make_unique<Result<std::optional<ScheduleLock>>>(ScheduleLock::try_take(path));
  const auto taken = wait_for_lock(path, 24h, [&] {
    holder.reset();
    return false;
  });
  BOOST_TEST(taken->has_value());
}

// Reports

BOOST_AUTO_TEST_CASE(a_number_tells_reports_of_the_same_second_apart) {
  using report::numbered_name;
  BOOST_TEST(numbered_name("d/a.20261121T170000Z.report.ndjson", 1) == "d/a.20261121T170000Z.report.ndjson");
  BOOST_TEST(numbered_name("d/a.20261121T170000Z.report.ndjson", 2) == "d/a.20261121T170000Z-2.report.ndjson");
  BOOST_TEST(numbered_name("d.report.ndjson/a", 12) == "d.report.ndjson/a-12");
}

BOOST_AUTO_TEST_CASE(a_report_nobody_named_takes_the_first_free_name) {
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

BOOST_AUTO_TEST_CASE(a_folder_that_is_there_needs_no_slash) {
  const Folder folder;
  const WallTime now = WallTime() + 24h;
  BOOST_TEST(report_path(folder.path, "jobs/a.ndjson", now) == folder.path / "a.19700102T000000Z.report.ndjson");
  BOOST_TEST(report_path(folder.path / "file", "jobs/a.ndjson", now) == folder.path / "file");
  const auto none = [](const fs::path&) { return false; };
  BOOST_TEST(retry_report_path(folder.path, "a.report.ndjson", none) == folder.path / "a.retry-1.report.ndjson");
}

BOOST_AUTO_TEST_CASE(only_a_report_nobody_named_gets_a_number) {
  const Folder folder;
  const auto numbered = [&](const std::string& report) {
    const auto options = accepted({"run", "a.ndjson", "--simulate", "--report", report}).options;
    return finish_run(options, "a.ndjson", WallTime()).value().report_numbered;
  };
  BOOST_TEST(numbered(folder.path));
  BOOST_TEST(numbered("elsewhere/"));
  BOOST_TEST(!numbered(folder.path / "file"));
}

// --on-complete

BOOST_AUTO_TEST_CASE(the_command_is_told_how_the_run_ended) {
  BOOST_TEST(environment_of_command({"PATH=/bin", "EMPTY="}) ==
                 (std::set<std::string>{
                     "PATH=/bin", "EMPTY=", "KOOBATCH_REPORT=" + (fs::current_path() / "a.report.ndjson").string(),
                     "KOOBATCH_RUN_ID=00c0ffee", "KOOBATCH_OUTCOME=aborted", "KOOBATCH_EXIT_STATUS=4",
                     "KOOBATCH_SUCCEEDED=11", "KOOBATCH_REJECTED=12", "KOOBATCH_FAILED=13", "KOOBATCH_UNKNOWN=14",
                     "KOOBATCH_INVALID=15", "KOOBATCH_REMAINING=16"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_command_gets_no_token_and_what_is_said_of_the_run_only_once) {
  const auto environment =
      environment_of_command({"KOOBATCH_REPORT=reports/", "KOOBATCH_OUTCOME=completed", "TOKEN=canary"}, "TOKEN");
  BOOST_TEST(environment.contains("KOOBATCH_OUTCOME=aborted"));
  for (const auto& entry : environment) BOOST_TEST(entry.find("canary") == std::string::npos);
  BOOST_TEST(environment.size() == 10U);
}

BOOST_AUTO_TEST_CASE(a_koobatch_the_command_starts_takes_neither_what_is_told_nor_the_schedule_for_its_own) {
  const Environment told = {{"KOOBATCH_OUTCOME", "completed"}, {"KOOBATCH_EXIT_STATUS", "1"},
                            {"KOOBATCH_REPORT", "old"},        {"KOOBATCH_LOCK", "l"},
                            {"KOOBATCH_ON_COMPLETE", "mail"},  {"KOOBATCH_RATE", "7/s"}};
  const auto invocation = accepted({"retry", "r", "--config", "c"}, told, "lock-wait = \"1h\"\nthreads = 2\n");
  BOOST_TEST(invocation.options.report == "");
  BOOST_TEST(invocation.options.schedule.lock == "");
  BOOST_TEST((invocation.options.schedule.lock_wait == 0s));
  BOOST_TEST(invocation.options.schedule.on_complete == "");
  BOOST_TEST(invocation.options.run.pace.rate == 7);
  BOOST_TEST(invocation.options.run.threads == 2U);
  BOOST_TEST(invocation.warnings.empty());
  BOOST_TEST(accepted({"retry", "r", "--lock", "other"}, told).options.schedule.lock == "other");
}

BOOST_AUTO_TEST_CASE(elsewhere_a_variable_of_such_a_name_is_a_setting_or_a_slip) {
  const auto invocation =
      accepted({"run", "a.ndjson", "--simulate"}, {{"KOOBATCH_REPORT", "r"}, {"KOOBATCH_RUN_ID", "1"}});
  BOOST_TEST(invocation.options.report == "r");
  BOOST_TEST(invocation.warnings.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_the_command_is_told_is_known_by_name) {
  for (const auto& entry : environment_of_command({})) {
    BOOST_TEST(is_completion_variable(entry.substr(0, entry.find('='))), entry);
  }
  BOOST_TEST(!is_completion_variable("KOOBATCH_RATE"));
  BOOST_TEST(!is_completion_variable("KOOBATCH_"));
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
  const auto options = accepted({"run", "a.ndjson", "--simulate", "--lock", "l", "--lock-wait", "1m", "--on-complete",
                                 "mail s3cret", "--on-complete-timeout", "1h"})
                           .options;
  BOOST_TEST(options.schedule.lock == "l");
  BOOST_TEST((options.schedule.lock_wait == 1min));
  BOOST_TEST(options.schedule.on_complete == "mail s3cret");
  BOOST_TEST((options.schedule.on_complete_timeout == 1h));
  BOOST_TEST(options.run.recorded == R"({"simulate":"true"})");
}

BOOST_AUTO_TEST_CASE(a_run_that_goes_on_may_have_a_schedule_of_its_own) {
  for (const char* verb : {"resume", "retry"}) {
    const auto options = accepted({verb, "r", "--lock", "l"}, {{"KOOBATCH_ON_COMPLETE", "mail"}}).options;
    BOOST_TEST(options.schedule.lock == "l");
    BOOST_TEST(options.schedule.on_complete == "mail");
  }
}

BOOST_AUTO_TEST_SUITE_END()
