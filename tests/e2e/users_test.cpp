// Users are paced separately: a user who has to wait delays no other.
#include "service.hpp"
#include "windows.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <iterator>

using namespace koobatch::test;

namespace {

/// `count` operations for `user`, each on a separate key.
std::string operations_of(const std::string& user, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    fmt::format_to(std::back_inserter(text),
                   R"({{"op":"rename_shared_folder","id":"{}{}","fileName":"name","user_id":"{}"}})"
                   "\n",
                   user, 1000 + i, user);
  }
  return text;
}

struct Fixture {
  /// The requests that arrived at the service, in order.
  std::vector<LoggedRequest> run(const std::string& job, const std::vector<std::string>& service_flags,
                                 std::vector<std::string> flags) const {
    workspace.write("job.ndjson", job);
    auto all = service_flags;
    all.insert(all.end(), {"--log", workspace.path("log")});
    Service service(all);
    flags.insert(flags.begin(), {"run", workspace.path("job.ndjson"), "--endpoint", service.url(), "--token-env",
                                 "TOKEN", "--report", report, "--progress", "none"});
    const auto finished = run_koobatch(flags, {{"TOKEN", "secret"}});
    BOOST_TEST(finished.status == 0, finished.out << finished.err);
    service.stop();
    auto requests = read_log(workspace.path("log"));
    std::stable_sort(requests.begin(), requests.end(),
                     [](const LoggedRequest& a, const LoggedRequest& b) { return a.t_ns < b.t_ns; });
    return requests;
  }

  Workspace workspace;
  const std::string report = workspace.path("r");
};

/// The most requests of a user in any window of this length.
std::size_t most_within(const std::vector<LoggedRequest>& requests, const std::string& user, std::int64_t window) {
  std::vector<std::int64_t> times;
  for (const auto& request : requests) {
    if (request.user == user) times.push_back(request.t_ns);
  }
  return koobatch::test::most_within(times, window);
}

/// How many requests of `user` arrived before the last one of any other user.
std::size_t before_all_others(const std::vector<LoggedRequest>& requests, const std::string& user) {
  const auto last_other = std::find_if(requests.rbegin(), requests.rend(),
                                       [&](const LoggedRequest& request) { return request.user != user; });
  return static_cast<std::size_t>(
      std::count_if(last_other, requests.rend(), [&](const LoggedRequest& request) { return request.user == user; }));
}

constexpr std::int64_t ms = 1'000'000;

void check_rate_per_user(const Fixture& fixture, const std::string& threads) {
  const auto requests = fixture.run(operations_of("1", 200) + operations_of("2", 10), {},
                                    {"--rate-per-user", "100/s", "--threads", threads, "--connections", "2"});
  BOOST_TEST(requests.size() == 210U);
  // 100 ms worth, the burst of one, and requests sent before but read within them, at most one on each connection.
  BOOST_TEST(most_within(requests, "1", 100 * ms) <= 13U);
  BOOST_TEST(most_within(requests, "2", 100 * ms) <= 13U);
  BOOST_TEST(before_all_others(requests, "1") <= 100U, "the user with few operations is done long before the other");
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(users, Fixture)

BOOST_AUTO_TEST_CASE(a_rate_per_user_is_kept_and_delays_no_other_user_with_one_thread) {
  check_rate_per_user(*this, "1");
}
BOOST_AUTO_TEST_CASE(a_rate_per_user_is_kept_and_delays_no_other_user_with_two_threads) {
  check_rate_per_user(*this, "2");
}

BOOST_AUTO_TEST_CASE(only_the_user_throttled_by_the_service_waits) {
  std::string job = operations_of("1", 30);
  for (int user = 100; user < 200; ++user) job += operations_of(std::to_string(user), 2);
  const auto requests = run(job, {"--throttle-per-user", "20/s"}, {});
  for (const auto& request : requests) BOOST_TEST((request.status == 200 || request.user == "1"));
  BOOST_TEST(std::any_of(requests.begin(), requests.end(), [](const auto& request) { return request.status == 429; }));
  const auto waited = std::count_if(requests.begin(), requests.end(), [](const LoggedRequest& request) {
    return request.user == "1" && request.status == 200;
  });
  BOOST_TEST(waited == 30);
  BOOST_TEST(requests.back().user == "1", "everybody else was done before");

  const auto lines = read_report(report);
  BOOST_TEST(lines.results.size() == 230U);
  const auto pace = member(lines.end.at(0), "pace");
  BOOST_TEST(std::stoi(member(pace, "user_pauses")) > 0, pace);
  BOOST_TEST(member(pace, "pauses") == "0", pace);
  BOOST_TEST(member(pace, "cuts") == "0", pace);
}

BOOST_AUTO_TEST_SUITE_END()
