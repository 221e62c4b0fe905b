// Right with our clock wrong by a day, and when it jumps: the service, whose clock is right, refuses an X-Date that is
// more than 15 minutes off.
#include "run_checks.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <set>

using namespace koobatch;
using namespace koobatch::test;

namespace {

struct Fixture {
  GeneratedJob make_job(std::size_t operations) const {
    auto job = generate_job(operations, operations);
    workspace.write("job.ndjson", job.text);
    return job;
  }
  /// One attempt has to do, so that a repetition would show if it counted.
  std::vector<std::string> command(std::vector<std::string> wrapper, const std::string& url,
                                   const std::vector<std::string>& flags) const {
    wrapper.insert(wrapper.end(),
                   {KOOBATCH_BINARY, "run", workspace.path("job.ndjson"), "--endpoint", url, "--user-id", "7",
                    "--token-env", "TOKEN", "--max-attempts", "1", "--report", report, "--progress", "none"});
    wrapper.insert(wrapper.end(), flags.begin(), flags.end());
    return wrapper;
  }
  /// Every operation succeeded, with so many requests refused and repeated.
  void check(const Finished& finished, Service& service, const GeneratedJob& job, std::size_t operations,
             std::size_t repeated) const {
    BOOST_TEST(finished.status == 0, finished.out << finished.err);
    check_nothing_lost_doubled_or_reordered(service, log, report, job, operations);
    const auto requests = read_log(log);
    BOOST_TEST(requests.size() == operations + repeated);
    const auto refused = std::count_if(requests.begin(), requests.end(),
                                       [](const LoggedRequest& request) { return request.status == 400; });
    BOOST_TEST(static_cast<std::size_t>(refused) == repeated);
    std::size_t attempts = 0;
    for (const auto& result : read_report(report).results) attempts += result.attempts;
    BOOST_TEST(attempts == requests.size(), "every request is an attempt with a trace ID of its own");
  }
  void check_wrong_clock(const std::string& offset, std::size_t threads) const {
    constexpr std::size_t operations = 500;
    const auto job = make_job(operations);
    Service service({"--log", log});
    Process run(command({"/usr/bin/faketime", "-m", "--exclude-monotonic", "-f", offset}, service.url(),
                        {"--threads", std::to_string(threads)}),
                token);
    check(run.wait(), service, job, operations, 1);
  }

  const Process::Environment token = {
      {"TOKEN", "secret"},
      {"LD_PRELOAD", STEADY_TIMERS_LIBRARY},
      // The sanitizer's runtime then no longer comes first, which harms nothing here.
      {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
  Workspace workspace;
  const std::string report = workspace.path("r");
  const std::string log = workspace.path("log");
};

/// The dates on which results were recorded, by our clock.
std::set<std::string> dates_of_results(const std::string& report) {
  std::set<std::string> dates;
  for (const auto& result : read_report(report).results) dates.insert(member(result.text, "at").substr(0, 10));
  return dates;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(clock_skew, Fixture)

BOOST_AUTO_TEST_CASE(a_clock_a_day_ahead_costs_one_request) {
  check_wrong_clock("+24h", 1);
}
BOOST_AUTO_TEST_CASE(a_clock_a_day_behind_costs_one_request) {
  check_wrong_clock("-24h", 1);
}
BOOST_AUTO_TEST_CASE(a_clock_a_day_ahead_costs_one_request_with_two_threads_too) {
  check_wrong_clock("+24h", 2);
}
BOOST_AUTO_TEST_CASE(a_clock_a_day_behind_costs_one_request_with_two_threads_too) {
  check_wrong_clock("-24h", 2);
}

BOOST_AUTO_TEST_CASE(a_clock_that_jumps_while_running_costs_nothing) {
  constexpr std::size_t operations = 1'500;
  const auto job = make_job(operations);
  Service service({"--log", log});
  const auto set_clock = [&](const std::string& offset) {
    // Put in place whole, for it is read at any time.
    workspace.write("offset.new", offset + "\n");
    std::filesystem::rename(workspace.path("offset.new"), workspace.path("offset"));
  };
  set_clock("+0");
  // Wins over the offset that faketime itself sets, once that is gone.
  Process run(command({"/usr/bin/faketime", "-m", "--exclude-monotonic", "-f", "+0", "env", "-u", "FAKETIME",
                       "FAKETIME_NO_CACHE=1", "FAKETIME_TIMESTAMP_FILE=" + workspace.path("offset")},
                      service.url(), {"--rate", "500/s"}),
              token);
  const auto wait_for_applied = [&](std::size_t count) {
    while (std::stoul(member(service.get("/_sim/stats"), "applied")) < count) ::usleep(5'000);
  };
  wait_for_applied(300);
  set_clock("+24h");
  wait_for_applied(700);
  set_clock("-24h");
  check(run.wait(), service, job, operations, 0);
  BOOST_TEST(dates_of_results(report).size() >= 3U, "the clock did jump");
}

BOOST_AUTO_TEST_SUITE_END()
