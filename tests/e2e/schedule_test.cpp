// Runs that a timer starts: one at a time, each with its own report, and a command learns how they ended.
#include "becomes.hpp"
#include "scripted_server.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <sstream>

using namespace koobatch::test;
namespace fs = std::filesystem;

namespace {

using Flags = std::vector<std::string>;

struct Fixture {
  Fixture() {
    workspace.write("job.ndjson", R"({"op":"rename_shared_folder","id":"12","fileName":"a","user_id":"7"})"
                                  "\n"
                                  R"({"op":"rename_shared_folder","id":"13","fileName":"b","user_id":"7"})"
                                  "\n");
    fs::create_directory(workspace.path("reports"));
  }

  /// A rehearsal of the job, in the workspace.
  Flags rehearsal(const Flags& flags) const {
    Flags all = {"run", "job.ndjson", "--simulate"};
    all.insert(all.end(), flags.begin(), flags.end());
    return all;
  }
  Finished rehearse(const Flags& flags, const Process::Environment& environment = {}) const {
    return run_koobatch(rehearsal(flags), environment, workspace.path(""));
  }

  /// A process of koobatch in the workspace.
  std::unique_ptr<Process> start(Flags flags, const Process::Environment& environment = {}) const {
    flags.insert(flags.begin(), KOOBATCH_BINARY);
    return std::make_unique<Process>(flags, environment, workspace.path(""));
  }
  /// A run that holds the lock, and keeps it until it is killed: the server does not answer.
  std::unique_ptr<Process> hold_lock(const ScriptedServer& server) const {
    auto process = start(
        {"run", "job.ndjson", "--endpoint", server.url(), "--token-env", "TOKEN", "--report", "held", "--lock", "lock"},
        {{"TOKEN", "secret"}});
    while (server.requests() == 0) ::usleep(5'000);
    return process;
  }

  std::string read(std::string_view name) const { return read_file(workspace.path(name)); }
  bool is_there(std::string_view name) const { return fs::exists(workspace.path(name)); }
  void wait_for(std::string_view name) const {
    while (!is_there(name)) ::usleep(5'000);
  }
  std::set<std::string> reports() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(workspace.path("reports"))) names.insert(entry.path().filename());
    return names;
  }
  /// The output of `env`.
  std::map<std::string, std::string> variables(std::string_view name) const {
    std::map<std::string, std::string> found;
    std::istringstream text(read(name));
    for (std::string line; std::getline(text, line);) {
      const auto equals = std::min(line.find('='), line.size() - 1);
      found[line.substr(0, equals)] = line.substr(equals + 1);
    }
    return found;
  }

  Workspace workspace;
};

bool says(const Finished& finished, std::string_view text) {
  return finished.err.find(text) != std::string::npos;
}

const Reply silence{{}, Reply::Then::hang};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(schedule, Fixture)

// --lock

BOOST_AUTO_TEST_CASE(a_run_that_overlaps_another_does_nothing_and_succeeds) {
  const ScriptedServer server({silence, silence});
  const auto holder = hold_lock(server);
  // Its job is not read either.
  const auto second = run_koobatch({"run", "none.ndjson", "--simulate", "--lock", "lock"}, {}, workspace.path(""));
  BOOST_TEST(second.status == 0, second.err);
  BOOST_TEST(second.err == fmt::format("koobatch: process {} holds the lock lock; nothing was done\n", holder->pid()));
  BOOST_TEST(second.out == "");
  BOOST_TEST(!is_there("none.report.ndjson"));
}

BOOST_AUTO_TEST_CASE(the_lock_of_a_run_that_was_killed_is_free) {
  const ScriptedServer server({silence, silence});
  auto holder = hold_lock(server);
  holder->signal(SIGKILL);
  holder->wait();
  BOOST_TEST(read("lock") != "");
  const auto next = rehearse({"--lock", "lock"});
  BOOST_TEST(next.status == 0, next.err);
  BOOST_TEST(is_there("job.report.ndjson"));
  BOOST_TEST(read("lock") == "");
}

BOOST_AUTO_TEST_CASE(a_run_that_waits_for_the_lock_starts_when_it_is_free) {
  const ScriptedServer server({silence, silence});
  auto holder = hold_lock(server);
  const auto next = start(rehearsal({"--lock", "lock", "--lock-wait", "1h"}));
  holder->signal(SIGKILL);
  holder->wait();
  const auto finished = next->wait();
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(read_report(workspace.path("job.report.ndjson")).results.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_run_that_waited_too_long_for_the_lock_fails) {
  const ScriptedServer server({silence, silence});
  const auto holder = hold_lock(server);
  const auto finished = rehearse({"--lock", "lock", "--lock-wait", "150ms"});
  BOOST_TEST(finished.status == 5, finished.err);
  BOOST_TEST(says(finished, fmt::format("process {} holds the lock lock, and kept it for longer than --lock-wait 150ms",
                                        holder->pid())),
             finished.err);
  BOOST_TEST(!is_there("job.report.ndjson"));
}

BOOST_AUTO_TEST_CASE(a_signal_ends_the_wait_for_the_lock) {
  const ScriptedServer server({silence, silence});
  const auto holder = hold_lock(server);
  const auto waiting = start(rehearsal({"--lock", "lock", "--lock-wait", "1h"}));
  waiting->signal(SIGTERM);
  BOOST_TEST(waiting->wait().status == 128 + SIGTERM);
  BOOST_TEST(!is_there("job.report.ndjson"));
}

BOOST_AUTO_TEST_CASE(resume_and_retry_respect_the_lock_too) {
  const ScriptedServer server({silence, silence});
  BOOST_TEST(rehearse({}).status == 0);
  const auto holder = hold_lock(server);
  for (const char* verb : {"resume", "retry"}) {
    const auto second = run_koobatch({verb, "job.report.ndjson", "--lock", "lock"}, {}, workspace.path(""));
    BOOST_TEST(second.status == 0, second.err);
    BOOST_TEST(says(second, "nothing was done"), second.err);
  }
}

BOOST_AUTO_TEST_CASE(a_job_is_not_accepted_as_a_lock) {
  const auto before = read("job.ndjson");
  const auto finished = rehearse({"--lock", "job.ndjson"});
  BOOST_TEST(finished.status == 2);
  BOOST_TEST(says(finished, "--lock job.ndjson: this file is not a lock"), finished.err);
  BOOST_TEST(read("job.ndjson") == before);
}

BOOST_AUTO_TEST_CASE(processes_that_a_command_leaves_running_keep_no_lock) {
  const auto finished = rehearse({"--lock", "lock", "--on-complete", "sh -c 'sleep 1000 >&- 2>&- & echo $! >pid'"});
  BOOST_TEST(finished.status == 0, finished.err);
  const auto left = static_cast<pid_t>(std::stol(read("pid")));
  BOOST_TEST(::kill(left, 0) == 0);
  const auto next = rehearse({"--lock", "lock", "--report", "reports"});
  BOOST_TEST(next.status == 0, next.err);
  BOOST_TEST(reports().size() == 1U);
  ::kill(left, SIGKILL);
}

// --report DIR

BOOST_AUTO_TEST_CASE(runs_of_the_same_second_have_separate_reports) {
  const auto in_that_second = [&](const Flags& flags, const std::string& input = {}) {
    Flags command = {"/usr/bin/faketime", "-m", "--exclude-monotonic", "-f", "2026-11-21 17:00:00", KOOBATCH_BINARY};
    command.insert(command.end(), flags.begin(), flags.end());
    const Process::Environment steady = {
        {"TZ", "UTC"}, {"LD_PRELOAD", STEADY_TIMERS_LIBRARY}, {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
    return std::make_unique<Process>(command, steady, workspace.path(""), input);
  };
  std::vector<std::unique_ptr<Process>> runs;
  for (int i = 0; i < 3; ++i) {
    runs.push_back(in_that_second(rehearsal({"--report", i == 0 ? "reports" : "reports/"})));
    runs.push_back(in_that_second({"run", "-", "--format", "ndjson", "--simulate", "--report", "reports/"},
                                  workspace.path("job.ndjson")));
  }
  for (const auto& run : runs) {
    const auto finished = run->wait();
    BOOST_TEST(finished.status == 0, finished.err);
  }
  const std::string second = "20261121T170000Z";
  std::set<std::string> expected;
  for (const char* number : {"", "-2", "-3"}) {
    expected.insert(fmt::format("job.{}{}.report.ndjson", second, number));
    expected.insert(fmt::format("stdin.{}{}.report.ndjson", second, number));
    expected.insert(fmt::format("stdin.{}{}.report.ndjson.job", second, number));
  }
  BOOST_TEST(reports() == expected, boost::test_tools::per_element());
  for (const auto& name : reports()) {
    if (name.ends_with(".ndjson")) BOOST_TEST(read_report(workspace.path("reports/" + name)).results.size() == 2U);
  }
}

// --on-complete

BOOST_AUTO_TEST_CASE(the_command_learns_of_the_run_once_its_report_is_closed) {
  workspace.write("hook", fmt::format("env >env\n{} report \"$KOOBATCH_REPORT\" --json >summary\n", KOOBATCH_BINARY));
  const auto finished = rehearse({"--report", "reports", "--on-complete", "sh hook"});
  BOOST_TEST(finished.status == 0, finished.err);
  auto told = variables("env");
  const auto report = workspace.path("reports/" + *reports().begin());
  BOOST_TEST(told["KOOBATCH_REPORT"] == report);
  BOOST_TEST(told["KOOBATCH_RUN_ID"] == member(read_report(report).run.at(0), "run_id"));
  BOOST_TEST(told["KOOBATCH_OUTCOME"] == "completed");
  BOOST_TEST(told["KOOBATCH_EXIT_STATUS"] == "0");
  BOOST_TEST(told["KOOBATCH_SUCCEEDED"] == "2");
  for (const char* none : {"REJECTED", "FAILED", "UNKNOWN", "INVALID", "REMAINING"}) {
    BOOST_TEST(told[std::string("KOOBATCH_") + none] == "0", none);
  }
  BOOST_TEST(member(read("summary"), "outcome") == "completed");
}

BOOST_AUTO_TEST_CASE(the_command_learns_of_a_run_that_was_interrupted) {
  workspace.write("job.ndjson", generate_job(1'000, 1'000).text);
  Service service({"--latency", "20ms"});
  const auto run = start({"run", "job.ndjson", "--endpoint", service.url(), "--token-env", "TOKEN", "--user-id", "7",
                          "--rate", "100/s", "--on-complete", "sh -c 'env >env'"},
                         {{"TOKEN", "canary-of-a-variable"}});
  while (member(service.get("/_sim/stats"), "applied") == "0") ::usleep(5'000);
  run->signal(SIGTERM);
  const auto finished = run->wait();
  BOOST_TEST(finished.status == 128 + SIGTERM, finished.err);
  auto told = variables("env");
  BOOST_TEST(told["KOOBATCH_OUTCOME"] == "interrupted");
  BOOST_TEST(told["KOOBATCH_EXIT_STATUS"] == "143");
  BOOST_TEST(std::stoul(told["KOOBATCH_REMAINING"]) + std::stoul(told["KOOBATCH_SUCCEEDED"]) == 1'000U);
  BOOST_TEST(read("env").find("canary") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_command_learns_of_a_run_that_was_stopped) {
  const auto finished =
      rehearse({"--fault", "status=403,rate=1", "--max-errors", "0", "--on-complete", "sh -c 'env >env'"});
  BOOST_TEST(finished.status == 4, finished.err);
  auto told = variables("env");
  BOOST_TEST(told["KOOBATCH_OUTCOME"] == "aborted");
  BOOST_TEST(told["KOOBATCH_EXIT_STATUS"] == "4");
  BOOST_TEST(std::stoul(told["KOOBATCH_REJECTED"]) >= 1U);
}

BOOST_AUTO_TEST_CASE(the_commands_failure_changes_nothing_but_is_reported) {
  const auto check = [&](const std::string& command, const std::string& said) {
    const auto finished = rehearse({"--report", "reports/", "--on-complete", command});
    BOOST_TEST(finished.status == 0, command << finished.err);
    BOOST_TEST(says(finished, said), finished.err);
  };
  check("sh -c 'exit 3'", "--on-complete: 'sh' ended with status 3");
  check("sh -c 'kill -9 $$'", "--on-complete: 'sh' was killed by signal 9");
  check("koobatch-no-such-program now", "--on-complete 'koobatch-no-such-program': cannot be started: No such file");
}

BOOST_AUTO_TEST_CASE(its_exit_is_noticed_even_if_our_parent_ignored_sigchld) {
  Flags command = {"/usr/bin/env", "--ignore-signal=CHLD", KOOBATCH_BINARY};
  const Flags flags = rehearsal({"--on-complete", "sh -c 'exit 3'"});
  command.insert(command.end(), flags.begin(), flags.end());
  const auto finished = Process(command, {}, workspace.path("")).wait();
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(says(finished, "--on-complete: 'sh' ended with status 3"), finished.err);
}

BOOST_AUTO_TEST_CASE(the_commands_output_does_not_get_into_the_summary) {
  const auto finished = rehearse({"--on-complete", "sh -c 'echo one; echo two >&2'"});
  BOOST_TEST(finished.out.find("one") == std::string::npos, finished.out);
  BOOST_TEST(says(finished, "one\n"), finished.err);
  BOOST_TEST(says(finished, "two\n"), finished.err);
}

BOOST_AUTO_TEST_CASE(a_command_that_hangs_is_killed_with_all_it_started) {
  const auto finished =
      rehearse({"--on-complete-timeout", "2s", "--on-complete", "sh -c 'sleep 1000 & echo $$ $! >pids; wait'"});
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(says(finished, "--on-complete: 'sh' did not end within 2 s and was killed"), finished.err);
  int shell = 0;
  int child = 0;
  BOOST_REQUIRE(std::sscanf(read("pids").c_str(), "%d %d", &shell, &child) == 2);
  BOOST_TEST(::kill(shell, 0) != 0);
  // There may be no process to reap it: then it is a zombie.
  const auto stat = fmt::format("/proc/{}/stat", child);
  BOOST_TEST(becomes([&] { return !fs::exists(stat) || read_file(stat).find(" Z ") != std::string::npos; }));
}

BOOST_AUTO_TEST_CASE(a_signal_ends_the_command_and_does_not_change_the_runs_outcome) {
  const auto run = start(rehearsal({"--on-complete", "sh -c 'echo >started; sleep 1000'"}));
  wait_for("started");
  run->signal(SIGTERM);
  const auto finished = run->wait(std::chrono::seconds(60));
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(says(finished, "--on-complete: 'sh' was killed after a signal"), finished.err);
  BOOST_TEST(read_report(workspace.path("job.report.ndjson")).end.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_run_that_never_began_starts_no_command) {
  const Flags hook = {"--on-complete", "sh -c 'echo >started'"};
  const auto check = [&](Flags flags, int status) {
    flags.insert(flags.end(), hook.begin(), hook.end());
    const auto finished = run_koobatch(flags, {}, workspace.path(""));
    BOOST_TEST(finished.status == status, finished.err);
    BOOST_TEST(!is_there("started"));
  };
  workspace.write("empty.ndjson", "");
  workspace.write("bad.ndjson", "{}\n");
  check({"run", "bad.ndjson", "--simulate"}, 3);
  check({"run", "empty.ndjson", "--simulate"}, 0);
  check({"run", "none.ndjson", "--simulate"}, 2);
  check(rehearsal({"--dry-run"}), 0);
  check(rehearsal({"--report", "none/report"}), 2);
  BOOST_TEST(rehearse({}).status == 0);
  check({"resume", "job.report.ndjson"}, 0);
}

BOOST_AUTO_TEST_CASE(the_command_may_retry_the_run) {
  workspace.write("hook", fmt::format("echo >>hooks\n{} retry \"$KOOBATCH_REPORT\" 2>>said\n", KOOBATCH_BINARY));
  const ScriptedServer server({Reply{success()}, Reply{http_answer(500, "{}")}});
  ::chmod(workspace.write("token", "secret").c_str(), 0600);
  const auto finished = run_koobatch(
      {"run", "job.ndjson", "--endpoint", server.url(), "--token-file", "token", "--connections", "1", "--max-attempts",
       "1"},
      {{"KOOBATCH_ON_COMPLETE", "sh hook"}, {"KOOBATCH_LOCK", "lock"}, {"KOOBATCH_REPORT", "reports/a.report.ndjson"}},
      workspace.path(""));
  BOOST_TEST(finished.status == 1, finished.err);
  BOOST_TEST(read("hooks") == "\n");
  BOOST_TEST((reports() == std::set<std::string>{"a.report.ndjson", "a.retry-1.report.ndjson"}), read("said"));
  BOOST_TEST(server.requests() == 3U);
  BOOST_TEST(read("said").find("no option has this name") == std::string::npos, read("said"));
}

BOOST_AUTO_TEST_SUITE_END()
