// What stands around the process: its terminal, the names and bytes of its files, its environment, and what the system
// denies it. None of it may cost an operation its result, or say something that is not so.
#include "contains.hpp"
#include "preload.hpp"
#include "scripted_server.hpp"
#include "service.hpp"
#include "terminal.hpp"
#include "workspace.hpp"

#include "koobatch/core/shell_argument.hpp"
#include "koobatch/core/terminal_text.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <filesystem>

using namespace koobatch::test;
using koobatch::harmless;
using koobatch::shell_argument;

namespace {

constexpr std::size_t operations = 200;
const Process::Environment token = {{"TOKEN", "s3cret"}};

struct Fixture {
  /// Slow enough to be ended long before it is through.
  std::vector<std::string> slow_run(const ScriptedServer& server) const {
    return {KOOBATCH_BINARY, "run",      job,    "--endpoint", server.url(), "--user-id", "7", "--token-env",
            "TOKEN",         "--report", report, "--rate",     "50/s",       "--burst",   "1", "--progress",
            "none"};
  }
  void check_resumed_to_the_end() const {
    const ScriptedServer service;
    const auto resumed =
        run_koobatch({"resume", report, "--endpoint", service.url(), "--rate", "none", "--progress", "none"}, token);
    BOOST_TEST(resumed.status == 0, resumed.err);
    const auto lines = read_report(report);
    BOOST_TEST(lines.results.size() == operations);
  }
  Finished shell(const std::string& command, const Process::Environment& environment = {}) const {
    return Process({"/bin/bash", "-c", command}, environment, workspace.path(".")).wait();
  }
  /// Runs a job of this name, in the folder of this test, on the embedded service.
  Finished simulated(std::vector<std::string> arguments, const Process::Environment& environment = {}) const {
    arguments.insert(arguments.begin() + 1, {"--simulate", "--user-id", "7", "--progress", "none"});
    return run_koobatch(arguments, environment, workspace.path("."));
  }

  Workspace workspace;
  std::string job = workspace.write("job.ndjson", renames(operations));
  const std::string report = workspace.path("r");
};

/// These tests may themselves run under nohup, and what they start would inherit that.
class HangupsNotIgnored {
 public:
  HangupsNotIgnored() : before_(::signal(SIGHUP, SIG_DFL)) {}
  ~HangupsNotIgnored() { ::signal(SIGHUP, before_); }
  HangupsNotIgnored(const HangupsNotIgnored&) = delete;
  HangupsNotIgnored& operator=(const HangupsNotIgnored&) = delete;

 private:
  void (*before_)(int);
};

void wait_for_requests(const ScriptedServer& server, std::size_t count) {
  for (int i = 0; server.requests() < count; ++i) {
    BOOST_TEST_REQUIRE(i < 12'000, "the run sends nothing");
    ::usleep(5'000);
  }
}

/// What a shell, a terminal and a spreadsheet might do to it: blanks, quotes, a line break, escapes, other scripts.
const std::vector<std::string> odd_names = {"a b'\"$(id).ndjson", "a\nb.ndjson", "e\x1b[31mv.ndjson",
                                            "名前\u202e.ndjson", "-x.ndjson"};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(surroundings, Fixture)

// The terminal goes away ---------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_hangup_drains_the_run_and_closes_its_report_however_often_it_comes) {
  const HangupsNotIgnored usual;
  const ScriptedServer server;
  Process process(slow_run(server), token);
  wait_for_requests(server, 10);
  for (int i = 0; i < 3; ++i) process.signal(SIGHUP);
  const auto finished = process.wait();
  BOOST_TEST(finished.status == 128 + SIGHUP, finished.err);
  BOOST_TEST(contains(finished.err, "the terminal is gone: stopping; waiting up to 10 s"), finished.err);
  const auto lines = read_report(report);
  BOOST_TEST_REQUIRE(lines.end.size() == 1U);
  BOOST_TEST(member(lines.end[0], "reason") == "interrupted");
  BOOST_TEST(lines.results.size() == server.requests());
  check_resumed_to_the_end();
}

BOOST_AUTO_TEST_CASE(a_run_that_was_started_to_ignore_hangups_continues) {
  const ScriptedServer server;
  std::string command = "trap '' HUP; exec";
  for (const auto& word : slow_run(server)) command += " " + word;
  Process process({"/bin/bash", "-c", command}, token);
  wait_for_requests(server, 10);
  process.signal(SIGHUP);
  const auto finished = process.wait();
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(server.requests() == operations);
}

BOOST_AUTO_TEST_CASE(a_hangup_ends_the_embedded_service_as_other_signals_do) {
  const HangupsNotIgnored usual;
  Process service({KOOBATCH_BINARY, "simulate"});
  service.read_line();
  service.signal(SIGHUP);
  BOOST_TEST(service.wait().status == 0);
}

// Names --------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_job_of_any_name_is_run_validated_reported_and_traced_and_nothing_raw_is_printed) {
  for (const auto& name : odd_names) {
    BOOST_TEST_CONTEXT(harmless(name)) {
      workspace.write(name, renames(3));
      const auto valid = run_koobatch({"validate", "--", name}, {}, workspace.path("."));
      BOOST_TEST(valid.status == 0, valid.err);
      BOOST_TEST(valid.out == harmless(name) + ": 3 operations, all valid\n");
      const auto run = simulated({"run", "--", name});
      BOOST_TEST(run.status == 0, run.err);
      const std::string its_report = name.substr(0, name.size() - 7) + ".report.ndjson";
      const auto lines = read_report(workspace.path(its_report));
      BOOST_TEST_REQUIRE(lines.results.size() == 3U);
      const auto shown = run_koobatch({"report", "--", its_report}, {}, workspace.path("."));
      BOOST_TEST(shown.status == 0, shown.err);
      const auto trace = member(lines.results[0].text, "trace_id");
      const auto traced = run_koobatch({"trace", trace, "--", its_report}, {}, workspace.path("."));
      BOOST_TEST(traced.status == 0, traced.err);
      for (std::string text : {valid.out, run.out, run.err, shown.out, traced.out}) {
        std::erase(text, '\n');
        BOOST_TEST(harmless(text) == text);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_command_that_is_proposed_can_be_typed_as_it_is_shown) {
  for (const auto& name : odd_names) {
    const auto printed = shell("printf %s " + shell_argument(name));
    BOOST_TEST(printed.out == (name.starts_with('-') ? "./" + name : name));
    BOOST_TEST(harmless(shell_argument(name)) == shell_argument(name));
  }
  BOOST_TEST(shell("printf %s " + shell_argument("\xff'7\\1\x7f")).out == "\xff'7\\1\x7f");
}

BOOST_AUTO_TEST_CASE(a_job_whose_name_is_not_utf8_is_run_and_said_to_need_its_name_again) {
  const std::string name = "n\xff.ndjson";
  workspace.write(name, renames(3));
  const ScriptedServer server(
      std::vector<Reply>(3, Reply{.bytes = http_answer(403, R"({"code":13000410,"msg":"no"})")}));
  const auto run = run_koobatch({"run", name, "--endpoint", server.url(), "--user-id", "7", "--token-env", "TOKEN",
                                 "--report", report, "--progress", "none"},
                                token, workspace.path("."));
  BOOST_TEST(run.status == 1, run.err);
  BOOST_TEST(contains(run.err, "its name is not UTF-8, so the report cannot record it"), run.err);
  BOOST_TEST(run_koobatch({"report", report, "--failed", workspace.path("mend.csv")}).status == 2);
  const auto mend =
      run_koobatch({"report", report, "--job", name, "--failed", workspace.path("mend.csv")}, {}, workspace.path("."));
  BOOST_TEST(mend.status == 0, mend.err);
  BOOST_TEST(workspace.read("mend.csv").starts_with("op,id,fileName\r\nrename_shared_folder,"));
}

BOOST_AUTO_TEST_CASE(a_report_named_like_the_job_is_refused) {
  const auto before = workspace.read("job.ndjson");
  const auto refused = simulated({"run", "job.ndjson", "--report", "./job.ndjson"});
  BOOST_TEST(refused.status == 2);
  BOOST_TEST(contains(refused.err, "--report ./job.ndjson: is the job itself; name another file"), refused.err);
  BOOST_TEST(workspace.read("job.ndjson") == before);
}

// The environment ----------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(locale_and_time_zone_change_nothing) {
  workspace.write("turkish.csv", "op,id,fileName\nrename_shared_folder,1757156480072657793,I\u0131i\u0130\n");
  BOOST_TEST(simulated({"run", "turkish.csv", "--report", "first"}).status == 0);
  const auto expected = run_koobatch({"report", workspace.path("first"), "--json"}, {{"LC_ALL", "C"}, {"TZ", "UTC"}});
  BOOST_TEST(expected.status == 0, expected.err);
  for (const std::string locale : {"tr_TR.UTF-8", "de_DE.UTF-8", "ar_EG.UTF-8", "no such locale", ""}) {
    for (const std::string zone : {"Asia/Kathmandu", "America/St_Johns", "no/such", ""}) {
      const Process::Environment there = {{"LC_ALL", locale}, {"LANG", locale}, {"TZ", zone}};
      BOOST_TEST_CONTEXT(locale << " " << zone) {
        BOOST_TEST(run_koobatch({"report", workspace.path("first"), "--json"}, there).out == expected.out);
        const auto again = workspace.path("again-" + zone.substr(0, 2) + locale.substr(0, 2));
        BOOST_TEST(simulated({"run", "turkish.csv", "--report", again, "--rate", "500.5/s"}, there).status == 0);
        const auto started = member(read_report(again).run.at(0), "started");
        BOOST_TEST(started.substr(0, 13) >=
                   member(read_report(workspace.path("first")).run.at(0), "started").substr(0, 13));
        BOOST_TEST(started.ends_with("Z"));
        std::filesystem::remove(again);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_proxy_in_the_environment_is_reported_as_unused) {
  const auto dry = run_koobatch({"run", job, "--endpoint", "https://koo.example", "--user-id", "7", "--dry-run"},
                                {{"HTTPS_PROXY", "http://me:s3cret@proxy:1"}, {"no_proxy", "localhost"}});
  BOOST_TEST(dry.status == 0, dry.err);
  BOOST_TEST(contains(dry.err, "HTTPS_PROXY is set, but only --proxy makes koobatch use one"), dry.err);
  BOOST_TEST(!contains(dry.err, "s3cret"));
}

// The streams --------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_reader_that_closes_the_pipe_early_is_not_a_failure) {
  BOOST_TEST(simulated({"run", "job.ndjson", "--report", report}).status == 0);
  for (const std::string arguments : {"report r", "report r --json", "run job.ndjson --simulate --user-id 7 --dry-run",
                                      "generate man", "run --help", "status r"}) {
    const auto piped =
        shell(fmt::format("{} {} 2>err | head -c 1 >/dev/null; exit ${{PIPESTATUS[0]}}", KOOBATCH_BINARY, arguments));
    BOOST_TEST(piped.status == 0, arguments << ": " << workspace.read("err"));
  }
}

BOOST_AUTO_TEST_CASE(an_output_that_cannot_be_written_is_a_failure_that_says_so) {
  BOOST_TEST(simulated({"run", "job.ndjson", "--report", report}).status == 0);
  const auto full = shell(fmt::format("{} report r >/dev/full", KOOBATCH_BINARY));
  BOOST_TEST(full.status == 5);
  BOOST_TEST(contains(full.err, "standard output: cannot be written: No space left on device"), full.err);
  for (const std::string flag : {"--csv", "--html", "--failed"}) {
    // Nothing failed, so --failed would write nothing.
    if (flag == "--failed") continue;
    const auto limited = shell(fmt::format("ulimit -f 1; {} report r {} out", KOOBATCH_BINARY, flag));
    BOOST_TEST(limited.status == 5, flag << limited.err);
    BOOST_TEST(contains(limited.err, "out: write failed: File too large"), limited.err);
    BOOST_TEST(!std::filesystem::exists(workspace.path("out")));
  }
}

BOOST_AUTO_TEST_CASE(no_file_is_named_like_standard_output) {
  BOOST_TEST(simulated({"run", "job.ndjson", "--report", report}).status == 0);
  for (const std::string flag : {"--csv", "--html", "--failed"}) {
    BOOST_TEST(run_koobatch({"report", report, flag, "-"}, {}, workspace.path(".")).status == 2);
  }
  BOOST_TEST(simulated({"run", "job.ndjson", "--report", "-"}).status == 2);
  BOOST_TEST(!std::filesystem::exists(workspace.path("-")));
}

// What the system denies ---------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(if_no_thread_can_be_started_nothing_is_sent_and_the_run_can_be_resumed) {
  const ScriptedServer server;
  // Signals, the writer, two workers and who resolves names for each, the feeder.
  for (int n = 1; n <= 7; ++n) {
    BOOST_TEST_CONTEXT("thread " << n) {
      ::unlink(report.c_str());
      const auto before = server.requests();
      const auto finished = run_koobatch({"run", job, "--endpoint", server.url(), "--user-id", "7", "--token-env",
                                          "TOKEN", "--report", report, "--threads", "2", "--progress", "none"},
                                         with_fault("KOOBATCH_IO_FAULT", fmt::format("fail={}:thread:{}", EAGAIN, n)));
      BOOST_TEST(finished.status == 5, finished.err);
      BOOST_TEST(contains(finished.err, "no further thread can be started"), finished.err);
      BOOST_TEST(server.requests() == before);
      BOOST_TEST(std::filesystem::exists(report) == (n > 1));
      if (n > 1) check_resumed_to_the_end();
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
