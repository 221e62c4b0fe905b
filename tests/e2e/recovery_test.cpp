// A run may be killed at any instant, and its disk may fail: resumed, it loses and repeats nothing.
#include "over_http2.hpp"
#include "preload.hpp"
#include "real_server.hpp"
#include "run_checks.hpp"
#include "scripted_server.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include "koobatch/core/units.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <thread>

using namespace koobatch::test;

namespace {

constexpr std::size_t operations = 2'000;
constexpr std::size_t keys = 200;

/// A job, a service with faults, and a run that is killed and resumed.
struct Trial {
  explicit Trial(const std::vector<std::string>& faults = {"--fault", "status=503,rate=0.03", "--fault",
                                                           "reset,rate=0.02", "--fault", "truncate,rate=0.02"},
                 GeneratedJob given = generate_job(operations, keys))
      : job(std::move(given)), service(service_flags(faults)) {
    workspace.write("job.ndjson", job.text);
  }

  std::vector<std::string> service_flags(std::vector<std::string> flags) const {
    flags.emplace_back("--log");
    flags.push_back(workspace.path("log"));
    return flags;
  }

  static Process::Environment environment(const std::string& fault) {
    return fault.empty() ? Process::Environment{{"TOKEN", "secret"}} : with_fault("KOOBATCH_IO_FAULT", fault);
  }

  /// From now on runs reach the service through nginx, which ends a connection after 100 requests.
  void put_nginx_in_front() {
    const auto upstream = service.url().substr(std::string_view("http://").size());
    nginx.reset(new RealServer(RealServer::nginx_http2(workspace, upstream, "keepalive_requests 100;")));
  }

  std::vector<std::string> command() const {
    if (::access(report.c_str(), F_OK) == 0) {
      return {KOOBATCH_BINARY, "resume", report, "--progress", "none", "-q"};
    }
    std::vector<std::string> run = {KOOBATCH_BINARY,
                                    "run",
                                    workspace.path("job.ndjson"),
                                    "--endpoint",
                                    nginx ? nginx->url() : service.url(),
                                    "--token-env",
                                    "TOKEN",
                                    "--user-id",
                                    "7",
                                    "--max-attempts",
                                    "12",
                                    "--retry-base",
                                    "5ms",
                                    "--report",
                                    report,
                                    "--progress",
                                    "none",
                                    "-q"};
    run.insert(run.end(), more.begin(), more.end());
    return run;
  }

  /// Starts or resumes the run, which the fault may kill.
  Finished go(const std::string& fault = {}) const { return Process(command(), environment(fault)).wait(); }

  /// Starts or resumes the run, and kills it after a while, if it is not done by then.
  void go_and_kill(std::chrono::microseconds delay) const {
    Process process(command(), environment({}));
    std::this_thread::sleep_for(delay);
    process.signal(SIGKILL);
    process.wait();
  }

  void resume_to_the_end() const {
    const auto finished = go();
    BOOST_TEST(finished.status == 0, finished.status << ": " << finished.out << finished.err);
  }

  void check() { check_nothing_lost_doubled_or_reordered(service, workspace.path("log"), report, job, operations); }

  Workspace workspace;
  GeneratedJob job;
  std::string report = workspace.path("x.report.ndjson");
  Service service;
  std::unique_ptr<RealServer> nginx;
  std::vector<std::string> more;  ///< flags for the run
};

std::string drawn_fault(std::mt19937_64& random) {
  const char* const kinds[] = {"kill:send:", "kill:write:", "tear:write:", "kill:sync:"};
  const std::size_t kind = random() % 4;
  // There are about as many sends as operations, over HTTP/2 a quarter of that, and far fewer groups.
  const std::uint64_t sends = over_http2() ? 400 : 1'200;
  const std::uint64_t range = kind == 0 ? sends : 40;
  return kinds[kind] + std::to_string(1 + random() % range);
}

/// Events, which must not be posted twice, with a rename here and there.
GeneratedJob generate_events(std::size_t count) {
  GeneratedJob job;
  for (std::size_t i = 1; i <= count; ++i) {
    job.text += i % 5 == 0 ? fmt::format(R"({{"op":"rename_shared_folder","id":"{}","fileName":"v{}"}})", i % 37, i)
                           : fmt::format(R"({{"op":"post_event","id":"{}","text":"e{}"}})", i % 37, i);
    job.text += '\n';
  }
  return job;
}

bool is_event(std::uint32_t line) {
  return line % 5 != 0;
}

/// Every operation ended once; no event was applied twice, nor sent without its attempt being in the report; and what
/// became of it is not claimed beyond what is known.
void check_no_event_came_twice(Trial& trial, std::size_t count) {
  trial.service.stop();
  const auto lines = read_report(trial.report);
  std::set<std::string> noted;
  for (const auto& note : lines.attempts) noted.insert(member(note, "trace_id"));
  std::map<std::uint32_t, unsigned> applied;
  for (const auto& request : read_log(trial.workspace.path("log"))) {
    if (!is_event(request.line)) continue;
    applied[request.line] += request.applied;
    BOOST_TEST(noted.contains(request.trace_id), "line " << request.line << " was sent without a note");
  }
  BOOST_TEST(lines.results.size() == count);
  std::size_t unknown = 0;
  for (const auto& result : lines.results) {
    if (!is_event(result.line)) continue;
    const unsigned times = applied[result.line];
    BOOST_TEST(times <= 1U, "line " << result.line << " was applied " << times << " times");
    if (result.status == "succeeded") BOOST_TEST(times == 1U, "line " << result.line);
    if (result.status == "failed") BOOST_TEST(times == 0U, "line " << result.line);
    unknown += result.status == "unknown";
  }
  BOOST_TEST(unknown < count / 4);
}

std::size_t rounds() {
  const char* text = std::getenv("KOOBATCH_KILL_ROUNDS");
  return text == nullptr ? 25 : std::stoul(text);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recovery)

BOOST_AUTO_TEST_CASE(kills_at_any_instant_lose_double_and_reorder_nothing) {
  for (std::size_t round = 0; round < rounds(); ++round) {
    BOOST_TEST_CONTEXT("round " << round) {
      std::mt19937_64 random(round + 1);
      Trial trial;
      if (over_http2() && round % 2 == 1) trial.put_nginx_in_front();
      for (int kills = 0; kills < 3; ++kills) {
        if (random() % 3 == 0) {
          trial.go_and_kill(std::chrono::microseconds(5'000 + random() % 100'000));
        } else {
          trial.go(drawn_fault(random));
        }
      }
      trial.resume_to_the_end();
      trial.check();
    }
  }
}

BOOST_AUTO_TEST_CASE(an_event_that_may_have_been_posted_is_not_sent_again_after_a_kill) {
  constexpr std::size_t events = 400;
  for (std::uint64_t round = 0; round < 8; ++round) {
    BOOST_TEST_CONTEXT("round " << round) {
      std::mt19937_64 random(round + 1);
      Trial trial({"--fault", "status=503,rate=0.05", "--fault", "truncate,rate=0.02", "--latency", "1ms"},
                  generate_events(events));
      // Those in flight when it is killed are unknown.
      trial.more = in_flight(16, {});
      trial.go("kill:send:" + std::to_string(1 + random() % 150));
      trial.go(drawn_fault(random));
      trial.go("kill:sync:" + std::to_string(3 + random() % 20));
      const auto finished = trial.go();
      BOOST_TEST(finished.status == 1, finished.status << ": " << finished.err);
      check_no_event_came_twice(trial, events);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_kill_before_the_report_has_its_name_leaves_nothing_to_resume_and_nothing_sent) {
  Trial trial;
  BOOST_TEST(trial.go("kill:sync:1").status == 128 + SIGKILL);
  BOOST_TEST(::access(trial.report.c_str(), F_OK) != 0);
  BOOST_TEST(member(trial.service.get("/_sim/stats"), "requests") == "0");
  trial.resume_to_the_end();
  trial.check();
}

BOOST_AUTO_TEST_CASE(the_first_failed_write_or_sync_stops_the_run_with_the_cause_and_resume_loses_nothing) {
  for (const auto& [fault, cause] : {std::pair{"fail=28:write:3", "No space left on device"},
                                     {"fail=5:write:4", "Input/output error"},
                                     {"fail=122:write:5", "Disk quota exceeded"},
                                     {"once=5:sync:3", "Input/output error"},
                                     {"fail=28:sync:2", "No space left on device"}}) {
    BOOST_TEST_CONTEXT(fault) {
      Trial trial;
      const auto finished = trial.go(fault);
      BOOST_TEST(finished.status == 5, finished.status << ": " << finished.err);
      BOOST_TEST(finished.err.find(cause) != std::string::npos, finished.err);
      BOOST_TEST(finished.err.find(trial.report) != std::string::npos, finished.err);
      const auto told =
          fmt::format("Stopped: {} of ", koobatch::format_count(read_report(trial.report).results.size()));
      BOOST_TEST(finished.out.find(told) != std::string::npos, told << "is not in " << finished.out);
      trial.resume_to_the_end();
      trial.check();
    }
  }
}

BOOST_AUTO_TEST_CASE(an_interrupted_run_whose_last_results_cannot_be_written_says_so_and_resume_loses_nothing) {
  const Workspace workspace;
  const auto report = workspace.path("x.report.ndjson");
  std::atomic<const Process*> running{nullptr};
  // The only answer comes when nothing more is sent, so that its result is the last group.
  const Reply only{.bytes = success(), .before = [&] {
                     running.wait(nullptr);
                     running.load()->signal(SIGTERM);
                     const std::vector<std::string> ask = {"status", report, "--json"};
                     while (run_koobatch(ask).out.find(R"("state":"ending")") == std::string::npos) ::usleep(5'000);
                   }};
  const ScriptedServer server({only});
  {
    // The first sync is that of the `run` line.
    Process process({KOOBATCH_BINARY, "run", workspace.write("job.ndjson", renames(3)), "--endpoint", server.url(),
                     "--token-env", "TOKEN", "--user-id", "7", "--report", report, "--progress", "none", "-v"},
                    with_fault("KOOBATCH_IO_FAULT", "fail=5:sync:2"));
    running = &process;
    running.notify_all();
    const auto finished = process.wait();
    BOOST_TEST(finished.status == 5, finished.err);
    BOOST_TEST(finished.err.find("Input/output error") != std::string::npos, finished.err);
    BOOST_TEST(finished.err.find("info: aborted: ") != std::string::npos, finished.err);
    BOOST_TEST(finished.err.find("info: interrupted: ") == std::string::npos, finished.err);
    BOOST_TEST(finished.out.find("Stopped: ") != std::string::npos, finished.out);
    BOOST_TEST(finished.out.find("Input/output error") != std::string::npos, finished.out);
  }
  BOOST_TEST(server.requests() == 1U);
  BOOST_TEST(run_koobatch({"resume", report, "--progress", "none"}, {{"TOKEN", "secret"}}).status == 0);
  const auto results = read_report(report).results;
  BOOST_TEST(results.size() == 3U);
  for (const auto& result : results) BOOST_TEST(result.status == "succeeded", result.text);
}

BOOST_AUTO_TEST_CASE(every_nth_write_and_sync_may_fail_until_a_run_gets_through) {
  // Few operations, so that there are few groups; each fails in its turn.
  for (const char* call : {"write", "sync"}) {
    bool got_through = false;
    for (int n = 1; !got_through && n < 400; n += n < 20 ? 1 : 17) {
      BOOST_TEST_CONTEXT(call << " " << n) {
        Trial trial(std::vector<std::string>{});
        const auto finished = trial.go(std::string("once=5:") + call + ":" + std::to_string(n));
        got_through = finished.status == 0;
        if (!got_through) trial.resume_to_the_end();
        trial.check();
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_short_write_is_continued) {
  Trial trial;
  BOOST_TEST(trial.go("short:write:3").status == 0);
  trial.check();
}

BOOST_AUTO_TEST_CASE(a_second_process_on_the_same_report_is_kept_out_at_once) {
  Trial trial;
  trial.go("kill:send:100");
  const int held = ::open(trial.report.c_str(), O_RDWR | O_CLOEXEC);
  BOOST_REQUIRE(::flock(held, LOCK_EX | LOCK_NB) == 0);
  // It does not wait: the lock is kept until it has ended.
  const auto refused = trial.go();
  BOOST_TEST(refused.status == 2, refused.err);
  BOOST_TEST(refused.err.find("another") != std::string::npos, refused.err);
  ::close(held);
  trial.resume_to_the_end();
  trial.check();
}

BOOST_AUTO_TEST_CASE(a_finished_run_is_reported_as_finished_and_sends_nothing) {
  Trial trial;
  trial.resume_to_the_end();
  const auto before = trial.workspace.read("x.report.ndjson");
  const auto again = run_koobatch({"resume", trial.report}, Trial::environment({}));
  BOOST_TEST(again.status == 0);
  BOOST_TEST(again.err.find("already") != std::string::npos, again.err);
  BOOST_TEST(trial.workspace.read("x.report.ndjson") == before);
}

BOOST_AUTO_TEST_CASE(a_job_that_changed_is_refused_and_one_that_moved_is_accepted) {
  Trial trial;
  trial.go("kill:send:100");
  trial.workspace.write("job.ndjson", trial.job.text + "\n");
  const auto refused = trial.go();
  BOOST_TEST(refused.status == 2, refused.err);
  BOOST_TEST(refused.err.find("no longer the job of this report") != std::string::npos, refused.err);
  const auto moved = trial.workspace.write("moved.ndjson", trial.job.text);
  const auto resumed = run_koobatch({"resume", trial.report, "--job", moved}, Trial::environment({}));
  BOOST_TEST(resumed.status == 0, resumed.err);
  trial.check();
}

BOOST_AUTO_TEST_CASE(damage_in_the_middle_is_refused_and_names_the_line) {
  Trial trial;
  trial.resume_to_the_end();
  auto text = trial.workspace.read("x.report.ndjson");
  const auto second_line = text.find('\n') + 1;
  text[second_line + 30] ^= 1;
  trial.workspace.write("x.report.ndjson", text);
  const auto refused = trial.go();
  BOOST_TEST(refused.status == 2, refused.err);
  BOOST_TEST(refused.err.find(trial.report + ":2") != std::string::npos, refused.err);
}

BOOST_AUTO_TEST_CASE(an_interrupted_run_resumes_where_it_stopped) {
  Trial trial;
  {
    Process process({KOOBATCH_BINARY, "run", trial.workspace.path("job.ndjson"), "--endpoint", trial.service.url(),
                     "--token-env", "TOKEN", "--user-id", "7", "--rate", "1000/s", "--max-attempts", "12",
                     "--retry-base", "5ms", "--report", trial.report},
                    Trial::environment({}));
    while (member(trial.service.get("/_sim/stats"), "applied") == "0") ::usleep(1'000);
    process.signal(SIGTERM);
    BOOST_TEST(process.wait().status == 143);
  }
  trial.resume_to_the_end();
  trial.check();
  const auto lines = read_report(trial.report);
  BOOST_TEST(lines.run.size() == 2U);
  BOOST_TEST(lines.end.size() == 2U);
  BOOST_TEST(member(lines.run[0], "run_id") == member(lines.run[1], "run_id"));
  BOOST_TEST(member(lines.run[1], "segment") == "2");
  BOOST_TEST(member(lines.run[0], "trace_prefix") != member(lines.run[1], "trace_prefix"));
}

BOOST_AUTO_TEST_SUITE_END()
