// Everything succeeds when our clock is wrong by a day, when it jumps, and when the clocks of the service's nodes
// differ: the service refuses an X-Date that is more than 15 minutes old or in its future.
#include "run_checks.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
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
  /// One attempt must suffice, so that a repetition would show if it counted.
  std::vector<std::string> command(std::vector<std::string> wrapper, const std::string& url,
                                   const std::vector<std::string>& flags) const {
    wrapper.insert(wrapper.end(), {KOOBATCH_BINARY, "run", workspace.path("job.ndjson"), "--endpoint", url, "--user-id",
                                   "7", "--max-attempts", "1", "--report", report, "--progress", "none"});
    wrapper.insert(wrapper.end(), flags.begin(), flags.end());
    const auto is_credential = [](const std::string& flag) { return flag == "--app-id" || flag == "--tokens-file"; };
    if (std::none_of(flags.begin(), flags.end(), is_credential)) {
      wrapper.insert(wrapper.end(), {"--token-env", "TOKEN"});
    }
    return wrapper;
  }
  /// Every operation succeeded, with this many requests refused and repeated.
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

  /// All operations succeed despite the service, with at most this many requests refused. Returns how many were.
  std::size_t check_nodes(const std::vector<std::string>& service_flags, const std::vector<std::string>& flags,
                          std::size_t most_refused, const std::string& our_offset = {}) const {
    constexpr std::size_t operations = 300;
    const auto job = make_job(operations);
    auto all = service_flags;
    all.insert(all.end(), {"--log", log, "--seed", std::to_string(++seed)});
    Service service(all);
    std::filesystem::remove(report);
    std::vector<std::string> wrapper;
    if (!our_offset.empty()) wrapper = {"/usr/bin/faketime", "-m", "--exclude-monotonic", "-f", our_offset};
    Process run(command(wrapper, service.url(), flags), token);
    const auto finished = run.wait();
    std::size_t refused = 0;
    BOOST_TEST_CONTEXT(fmt::format("service {}, run {} {}", fmt::join(all, " "), fmt::join(flags, " "), our_offset)) {
      BOOST_TEST(finished.status == 0, finished.out << finished.err);
      check_nothing_lost_doubled_or_reordered(service, log, report, job, operations);
      for (const auto& request : read_log(log)) refused += request.status == 400;
      BOOST_TEST(refused <= most_refused);
    }
    return refused;
  }

  mutable std::uint64_t seed = 0;
  const Process::Environment token = {{"TOKEN", "secret"},
                                      {"LD_PRELOAD", STEADY_TIMERS_LIBRARY},
                                      // The sanitizer's runtime then no longer comes first, which does no harm here.
                                      {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
  Workspace workspace;
  const std::string report = workspace.path("r");
  const std::string log = workspace.path("log");
};

/// How far nodes' clocks may be off, in either direction.
constexpr std::array<const char*, 8> offsets = {"+2s", "-2s", "+5m", "-5m", "+20m", "-20m", "+2h", "-2h"};

std::vector<std::string> nodes(const std::string& offset, const std::string& rate, const std::string& more = {}) {
  return {"--fault", "date=" + offset + ",rate=" + rate + more};
}

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
BOOST_AUTO_TEST_CASE(a_clock_a_day_ahead_costs_one_request_also_with_two_threads) {
  check_wrong_clock("+24h", 2);
}
BOOST_AUTO_TEST_CASE(a_clock_a_day_behind_costs_one_request_also_with_two_threads) {
  check_wrong_clock("-24h", 2);
}

BOOST_AUTO_TEST_CASE(a_clock_that_jumps_while_running_costs_nothing) {
  constexpr std::size_t operations = 1'500;
  const auto job = make_job(operations);
  Service service({"--log", log});
  const auto set_clock = [&](const std::string& offset) {
    // Put in place in one step, because it may be read at any time.
    workspace.write("offset.new", offset + "\n");
    std::filesystem::rename(workspace.path("offset.new"), workspace.path("offset"));
  };
  set_clock("+0");
  // Takes precedence over the offset that faketime itself sets, once that is gone.
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

BOOST_AUTO_TEST_CASE(one_answer_in_ten_with_a_date_two_seconds_ahead_costs_nothing) {
  check_nodes(nodes("+2s", "0.1"), {}, 0);
  check_nodes(nodes("+2s", "0.1"), {"--threads", "2"}, 0);
  check_nodes(nodes("+2s", "0.1"), {}, 3, "+24h");
}

BOOST_AUTO_TEST_CASE(answers_whose_dates_are_wrong_change_nothing_that_was_accepted) {
  for (const char* const offset : offsets) {
    for (const char* const rate : {"0.1", "0.5"}) {
      check_nodes(nodes(offset, rate), {}, 0);
      check_nodes(nodes(offset, rate, ",per=connection"), {"--threads", "2"}, 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(answers_whose_dates_are_wrong_cost_few_requests_even_if_our_clock_is_wrong) {
  for (const char* const offset : offsets) {
    check_nodes(nodes(offset, "0.5"), {}, 25, "+24h");
    check_nodes(nodes(offset, "0.5", ",per=connection"), {"--threads", "2"}, 50, "-24h");
    check_nodes(nodes(offset, "0.5", ",per=connection"), {"--connections", "1"}, 25, "+24h");
  }
}

BOOST_AUTO_TEST_CASE(nodes_that_judge_by_their_own_clocks_cost_a_request_or_two_a_connection) {
  for (const char* const offset : offsets) {
    for (const char* const rate : {"0.1", "0.5"}) {
      const auto flags = nodes(offset, rate, ",per=connection,judge=node");
      check_nodes(flags, {}, 64);
      check_nodes(flags, {"--threads", "2"}, 64);
      check_nodes(flags, {"--rate", "2000/s"}, 64);
      check_nodes(flags, {}, 64, "-24h");
    }
  }
}

BOOST_AUTO_TEST_CASE(nodes_that_change_from_answer_to_answer_and_judge_by_their_own_clocks_accept_all_in_the_end) {
  for (const char* const offset : offsets) {
    const std::size_t most = offset == std::string("+2s") || offset == std::string("-2s") ? 10 : 900;
    check_nodes(nodes(offset, "0.1", ",judge=node"), {}, most);
    check_nodes(nodes(offset, "0.5", ",judge=node"), {"--threads", "2"}, most);
    check_nodes(nodes(offset, "0.5", ",judge=node"), {}, 900, "+24h");
  }
}

BOOST_AUTO_TEST_CASE(answers_without_a_date_or_with_an_invalid_one_do_no_harm) {
  for (const char* const kind : {"none", "garbage"}) {
    check_nodes(nodes(kind, "1"), {}, 0);
    check_nodes(nodes(kind, "0.3"), {}, 5, "+24h");
  }
  auto mixed = nodes("none", "0.3");
  const auto ahead = nodes("+2h", "0.3", ",per=connection,judge=node");
  mixed.insert(mixed.end(), ahead.begin(), ahead.end());
  check_nodes(mixed, {}, 300);
}

BOOST_AUTO_TEST_CASE(an_app_signature_whose_x_date_was_refused_is_made_anew) {
  ::chmod(workspace.write("secret", "s3cret-of-the-app\n").c_str(), 0600);
  const std::vector<std::string> app = {"--app-id", "app-1", "--app-secret-file", workspace.path("secret")};
  for (const std::string& more :
       {std::string(",per=connection,judge=node"), std::string(",judge=node"), std::string()}) {
    for (const char* const offset : {"+2s", "-20m", "+2h"}) {
      auto flags = nodes(offset, "0.5", more);
      flags.insert(flags.end(), app.begin(), app.end());
      check_nodes(flags, app, 900);
    }
  }
}

BOOST_AUTO_TEST_CASE(tokens_of_users_survive_nodes_whose_clocks_differ) {
  ::chmod(workspace.write("tokens", "user_id,token\n7,secret\n").c_str(), 0600);
  const std::vector<std::string> tokens = {"--tokens-file", workspace.path("tokens")};
  for (const char* const offset : {"+2s", "-20m", "+2h"}) {
    auto flags = nodes(offset, "0.5", ",judge=node");
    flags.insert(flags.end(), tokens.begin(), tokens.end());
    check_nodes(flags, tokens, 900);
  }
}

BOOST_AUTO_TEST_CASE(an_operation_that_the_service_never_accepts_is_rejected_after_few_requests) {
  std::string job;
  for (int i = 0; i < 50; ++i) {
    job += fmt::format(R"({{"op":"rename_shared_folder","id":"{}","fileName":"n{}"}})", i, i) + "\n";
  }
  workspace.write("job.ndjson", job);
  for (const std::string& more : {std::string(",judge=node"), std::string()}) {
    auto flags = nodes("+2h", "0.5", more);
    flags.insert(flags.end(), {"--fault", "status=400,rate=0.5", "--log", log, "--seed", "3"});
    Service service(flags);
    std::filesystem::remove(report);
    Process run(command({}, service.url(), {}), token);
    const auto finished = run.wait();
    BOOST_TEST(finished.status == 1, finished.out << finished.err);
    const auto results = read_report(report).results;
    BOOST_TEST(results.size() == 50U);
    for (const auto& result : results) {
      BOOST_TEST((result.status == "succeeded" || result.status == "rejected"));
      BOOST_TEST(result.attempts <= 41U);
    }
    service.stop();
    BOOST_TEST(read_log(log).size() <= 50U * 5);
  }
}

BOOST_AUTO_TEST_SUITE_END()
