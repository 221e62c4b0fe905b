// Many users, each with a separate token: only users whose tokens are refused are stopped.
#include "run_checks.hpp"
#include "scripted_server.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <thread>

using namespace koobatch::test;
using namespace std::chrono_literals;

namespace {

/// In every token, and so nowhere else.
constexpr std::string_view canary = "cAnArY";

std::string token_of(int user, std::string_view revision) {
  return fmt::format("{}-{}-{}", canary, revision, user);
}

/// user -> the revision of its token; empty: it has none.
using Revisions = std::function<std::string_view(int user)>;

std::string tokens_of(int users, const Revisions& revision_of) {
  std::string text = "user_id,token\n";
  for (int user = 0; user < users; ++user) {
    const auto revision = revision_of(user);
    if (!revision.empty()) fmt::format_to(std::back_inserter(text), "{},{}\n", user, token_of(user, revision));
  }
  return text;
}

std::string rename_of(std::string_view folder, std::string_view name, int user) {
  return fmt::format(R"({{"op":"rename_shared_folder","id":"{}","fileName":"{}","user_id":"{}"}})"
                     "\n",
                     folder, name, user);
}

std::size_t occurrences(const std::string& text, std::string_view what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

/// A job with its users and keys by line: line i + 1 is at [i].
struct UsersJob {
  GeneratedJob job;
  std::vector<int> users;
  std::vector<std::string> keys;

  void add(const std::string& folder, int user) {
    users.push_back(user);
    keys.push_back("folder:" + folder);
    const std::string name = fmt::format("v{}", users.size());
    job.text += rename_of(folder, name, user);
    job.last[keys.back()] = name;
  }
};

/// All users in turn, again and again, on separate folders and on some that ten of them share.
UsersJob make_job(int users, int rounds) {
  UsersJob job;
  for (int round = 0; round < rounds; ++round) {
    for (int user = 0; user < users; ++user) {
      const bool shared = round % 3 == 2 && user / 10 % 4 == 0;
      job.add(shared ? fmt::format("shared{}", user / 10) : fmt::format("own{}", user), user);
    }
  }
  return job;
}

struct Fixture {
  /// Puts a file in place in one step.
  std::string place(std::string_view name, std::string_view content) const {
    const auto path = workspace.write("new", content);
    ::chmod(path.c_str(), 0600);
    std::filesystem::rename(path, workspace.path(name));
    return workspace.path(name);
  }

  std::vector<std::string> command(const Service& service, const std::vector<std::string>& more = {}) const {
    return command_to(service.url(), more);
  }
  std::vector<std::string> command_to(const std::string& url, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all = {"run",           workspace.path("job.ndjson"),
                                    "--endpoint",    url,
                                    "--tokens-file", workspace.path("tokens"),
                                    "--report",      report,
                                    "--progress",    "none"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Finished resume(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all = {"resume", report, "--progress", "none"};
    all.insert(all.end(), more.begin(), more.end());
    return run_koobatch(all);
  }

  void check_nothing_leaked(const Finished& finished) const {
    for (const auto& text : {finished.out, finished.err, read_file(report), read_file(log)}) {
      BOOST_TEST(text.find(canary) == std::string::npos);
    }
  }

  Workspace workspace;
  const std::string report = workspace.path("r");
  const std::string log = workspace.path("log");
};

/// Returns when the service has received this many requests.
void wait_for_requests(const Service& service, int count) {
  while (std::stoi(member(service.get("/_sim/stats"), "requests")) < count) std::this_thread::sleep_for(5ms);
}

bool is_revoked(int user) {
  return user % 10 == 7;
}

/// Without a result are operations of those users, and what follows one on its key. Returns how many.
std::size_t check_left_out(const UsersJob& job, const ReportLines& lines) {
  std::set<std::uint32_t> done;
  for (const auto& result : lines.results) {
    BOOST_TEST(result.status == "succeeded", result.text);
    BOOST_TEST(done.insert(result.line).second, "a second result: " << result.text);
  }
  std::set<std::string> blocked;
  std::set<int> stopped;
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < job.users.size(); ++i) {
    const bool has_result = done.contains(static_cast<std::uint32_t>(i + 1));
    const bool may_have_one = !blocked.contains(job.keys[i]) && !stopped.contains(job.users[i]);
    if (has_result) {
      wrong += blocked.contains(job.keys[i]);
      continue;
    }
    wrong += may_have_one && !is_revoked(job.users[i]);
    if (is_revoked(job.users[i])) stopped.insert(job.users[i]);
    blocked.insert(job.keys[i]);
  }
  BOOST_TEST(wrong == 0U);
  BOOST_TEST(stopped.size() == 100U);
  return job.users.size() - done.size();
}

void check_a_tenth_is_revoked(const Fixture& fixture, const std::string& threads) {
  const Workspace& workspace = fixture.workspace;
  const UsersJob job = make_job(1000, 12);
  workspace.write("job.ndjson", job.job.text);
  fixture.place("tokens", tokens_of(1000, [](int) { return "first"; }));
  fixture.place("accepted", tokens_of(1000, [](int) { return "first"; }));
  Service service({"--tokens-file", workspace.path("accepted"), "--log", fixture.log});

  auto command = fixture.command(service, {"--threads", threads, "--rate", "3000/s"});
  command.insert(command.begin(), KOOBATCH_BINARY);
  Process process(command);
  wait_for_requests(service, 3000);
  const Revisions renewed = [](int user) { return is_revoked(user) ? "second" : "first"; };
  fixture.place("accepted", tokens_of(1000, renewed));
  const auto stopped = process.wait();
  BOOST_TEST(stopped.status == 5, stopped.err);
  BOOST_TEST(occurrences(stopped.err, "nothing more is sent for this user") == 20U, stopped.err);
  BOOST_TEST(occurrences(stopped.err, "refused the token on " + workspace.path("tokens") + ":") == 20U);
  BOOST_TEST(occurrences(stopped.err, "the tokens of more than 20 users are refused") == 1U);
  BOOST_TEST(occurrences(stopped.err, "refused the tokens of 100 users (HTTP 401); ") == 1U);
  BOOST_TEST(occurrences(stopped.err, "koobatch resume " + fixture.report) == 1U);

  const auto lines = read_report(fixture.report);
  const std::size_t left_out = check_left_out(job, lines);
  BOOST_TEST(left_out > 100U);
  BOOST_REQUIRE(lines.end.size() == 1U);
  BOOST_TEST(member(lines.end[0], "reason") == "aborted");
  BOOST_TEST(member(member(lines.end[0], "counts"), "remaining") == std::to_string(left_out));
  // A user's requests in flight are refused too, but nothing more is sent.
  const auto refused = std::stoi(member(member(service.get("/_sim/stats"), "status"), "401"));
  BOOST_TEST(refused >= 100);
  BOOST_TEST(refused <= 200);

  fixture.place("tokens", tokens_of(1000, renewed));
  const auto resumed = fixture.resume();
  BOOST_TEST(resumed.status == 0, resumed.err);
  check_nothing_lost_doubled_or_reordered(service, fixture.log, fixture.report, job.job, job.users.size());
  fixture.check_nothing_leaked(stopped);
  fixture.check_nothing_leaked(resumed);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tokens, Fixture)

BOOST_AUTO_TEST_CASE(a_tenth_of_1000_users_is_revoked_and_only_theirs_waits_for_new_tokens_with_one_thread) {
  check_a_tenth_is_revoked(*this, "1");
}
BOOST_AUTO_TEST_CASE(a_tenth_of_1000_users_is_revoked_and_only_theirs_waits_for_new_tokens_with_two_threads) {
  check_a_tenth_is_revoked(*this, "2");
}

BOOST_AUTO_TEST_CASE(a_file_replaced_in_time_stops_nobody) {
  const UsersJob job = make_job(50, 40);
  workspace.write("job.ndjson", job.job.text);
  place("tokens", tokens_of(50, [](int) { return "first"; }));
  place("accepted", tokens_of(50, [](int) { return "first"; }));
  Service service({"--tokens-file", workspace.path("accepted"), "--log", log});
  auto all = command(service, {"--rate", "1000/s"});
  all.insert(all.begin(), KOOBATCH_BINARY);
  Process process(all);
  wait_for_requests(service, 200);
  place("tokens", tokens_of(50, [](int) { return "second"; }));
  place("accepted", tokens_of(50, [](int) { return "second"; }));
  const auto finished = process.wait();
  BOOST_TEST(finished.status == 0, finished.err);
  check_nothing_lost_doubled_or_reordered(service, log, report, job.job, job.users.size());
  check_nothing_leaked(finished);
}

BOOST_AUTO_TEST_CASE(the_first_user_refused_stops_nobody_else) {
  std::string text;
  for (int user = 0; user < 20; ++user) text += rename_of(fmt::format("{}", user), "a", user);
  workspace.write("job.ndjson", text);
  place("tokens", tokens_of(20, [](int user) { return user == 0 ? "stale" : "first"; }));
  place("accepted", tokens_of(20, [](int) { return "first"; }));
  Service service({"--tokens-file", workspace.path("accepted"), "--log", log});
  const auto finished = run_koobatch(command(service));
  BOOST_TEST(finished.status == 5, finished.err);
  BOOST_TEST(read_report(report).results.size() == 19U);
  service.stop();
  auto requests = read_log(log);
  std::sort(requests.begin(), requests.end(), [](const auto& a, const auto& b) { return a.t_ns < b.t_ns; });
  BOOST_REQUIRE(requests.size() == 20U);
  BOOST_TEST(requests[0].user == "0");
  BOOST_TEST(requests[0].status == 401);
  check_nothing_leaked(finished);
}

BOOST_AUTO_TEST_CASE(tokens_that_are_all_refused_stop_the_run_before_everybody_was_tried) {
  std::string text;
  for (int user = 0; user < 1000; ++user) text += rename_of(fmt::format("{}", user), "a", user);
  workspace.write("job.ndjson", text);
  place("tokens", tokens_of(1000, [](int) { return "stale"; }));
  place("accepted", tokens_of(1000, [](int) { return "first"; }));
  Service service({"--tokens-file", workspace.path("accepted"), "--log", log});
  const auto finished = run_koobatch(command(service));
  BOOST_TEST(finished.status == 5);
  BOOST_TEST(finished.err.find("refused the tokens of the first 100 users and accepted none") != std::string::npos,
             finished.err);
  BOOST_TEST(finished.err.find("--authorization") != std::string::npos);
  BOOST_TEST(read_report(report).results.empty());
  service.stop();
  // One at a time; one more may be sent before the order to stop arrives.
  const auto requests = read_log(log);
  BOOST_TEST(requests.size() >= 100U);
  BOOST_TEST(requests.size() <= 101U);
  check_nothing_leaked(finished);
}

BOOST_AUTO_TEST_CASE(more_operations_of_a_stopped_user_than_a_run_looks_ahead_delay_no_other) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += rename_of(fmt::format("{}", i), "a", 0);
  place("tokens", tokens_of(2, [](int user) { return user == 0 ? "stale" : "first"; }));
  place("accepted", tokens_of(2, [](int) { return "first"; }));
  Service service({"--tokens-file", workspace.path("accepted"), "--log", log});
  for (const char* threads : {"1", "2"}) {
    workspace.write("job.ndjson", text);
    BOOST_TEST(run_koobatch(command(service, {"--threads", threads})).status == 5, "nobody else is there");
    BOOST_TEST(read_report(report).results.empty());
    std::filesystem::remove(report);
    workspace.write("job.ndjson", text + rename_of("other", "a", 1));
    BOOST_TEST(run_koobatch(command(service, {"--threads", threads})).status == 5);
    const auto lines = read_report(report);
    BOOST_TEST(lines.results.size() == 1U);
    BOOST_TEST(member(member(lines.end.at(0), "counts"), "remaining") == "20000");
    std::filesystem::remove(report);
  }
}

BOOST_AUTO_TEST_CASE(an_operation_whose_user_has_no_token_is_invalid) {
  workspace.write("job.ndjson", rename_of("a", "a", 1) + rename_of("b", "b", 2) +
                                    R"({"op":"rename_shared_folder","id":"c","fileName":"c"})" + "\n");
  place("tokens", tokens_of(2, [](int) { return "first"; }));
  Service service({"--log", log});
  const std::string missing = fmt::format("has no token in {}", workspace.path("tokens"));
  const auto refused = run_koobatch(command(service, {"--user-id", "3"}));
  BOOST_TEST(refused.status == 3);
  BOOST_TEST(refused.err.find(fmt::format("{}:2: user_id: \"2\" {}", workspace.path("job.ndjson"), missing)) !=
                 std::string::npos,
             refused.err);
  BOOST_TEST(refused.err.find(fmt::format("{}:3: user_id: \"3\" {}", workspace.path("job.ndjson"), missing)) !=
             std::string::npos);
  BOOST_TEST(!std::filesystem::exists(report));
  BOOST_TEST(member(service.get("/_sim/stats"), "requests") == "0");

  const auto skipped = run_koobatch(command(service, {"--user-id", "3", "--skip-invalid"}));
  BOOST_TEST(skipped.status == 1, skipped.err);
  auto lines = read_report(report);
  BOOST_REQUIRE(lines.results.size() == 3U);
  std::sort(lines.results.begin(), lines.results.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
  BOOST_TEST(lines.results[0].status == "succeeded");
  for (const std::size_t i : {1U, 2U}) {
    BOOST_TEST(lines.results[i].status == "invalid");
    BOOST_TEST(lines.results[i].error.find(missing) != std::string::npos, lines.results[i].error);
  }
  BOOST_TEST(member(service.get("/_sim/stats"), "requests") == "1");
  check_nothing_leaked(skipped);
}

BOOST_AUTO_TEST_CASE(a_resumed_run_needs_tokens_only_for_users_with_operations_left_to_send) {
  workspace.write("job.ndjson", rename_of("a", "a", 1) + rename_of("b", "b", 2) + rename_of("b", "c", 3));
  place("tokens", tokens_of(4, [](int user) { return user == 2 ? "stale" : "first"; }));
  place("accepted", tokens_of(4, [](int) { return "first"; }));
  Service service({"--tokens-file", workspace.path("accepted"), "--log", log});
  const auto stopped = run_koobatch(command(service));
  BOOST_TEST(stopped.status == 5, stopped.err);
  BOOST_TEST(
      stopped.err.find(
          "refused the tokens of 1 user (HTTP 401); left without a result: 1 operation of theirs, and 1 of others") !=
          std::string::npos,
      stopped.err);

  place("tokens", tokens_of(4, [](int user) { return user == 2 ? "first" : ""; }));
  const auto refused = resume();
  BOOST_TEST(refused.status == 3, refused.err);
  BOOST_TEST(refused.err.find(fmt::format("{}:3: user_id: \"3\" has no token", workspace.path("job.ndjson"))) !=
                 std::string::npos,
             refused.err);
  BOOST_TEST(refused.err.find("\"1\"") == std::string::npos, "the first operation has its result");
  BOOST_TEST(read_report(report).run.size() == 1U, "no segment was begun");

  place("tokens", tokens_of(4, [](int user) { return user >= 2 ? "first" : ""; }));
  const auto resumed = resume();
  BOOST_TEST(resumed.status == 0, resumed.err);
  BOOST_TEST(read_report(report).results.size() == 3U);
  BOOST_TEST(read_state(service.get("/_sim/state"))["folder:b"] == "c");
  service.stop();
  check_nothing_leaked(resumed);
}

BOOST_AUTO_TEST_CASE(operations_never_accepted_again_are_left_for_the_next_resume) {
  workspace.write("job.ndjson", rename_of("a", "a", 1) + rename_of("b", "b", 2));
  place("tokens", tokens_of(3, [](int user) { return user == 2 ? "stale" : "first"; }));
  place("accepted", tokens_of(3, [](int) { return "first"; }));
  Service service({"--tokens-file", workspace.path("accepted"), "--log", log});
  BOOST_TEST(run_koobatch(command(service)).status == 5);
  BOOST_TEST(resume().status == 5, "with the same tokens it is the same again");
  place("tokens", tokens_of(3, [](int) { return "first"; }));
  BOOST_TEST(resume().status == 0);
  BOOST_TEST(read_report(report).end.size() == 3U);
}

BOOST_AUTO_TEST_CASE(operations_possibly_sent_before_a_crash_are_not_called_invalid_for_lack_of_a_token) {
  workspace.write("job.ndjson", rename_of("a", "a", 1));
  place("tokens", tokens_of(2, [](int) { return "first"; }));
  Service service({"--latency", "60s", "--log", log});
  auto all = command(service, {"--skip-invalid"});
  all.insert(all.begin(), KOOBATCH_BINARY);
  {
    Process process(all);
    while (!std::filesystem::exists(report)) std::this_thread::sleep_for(5ms);
    process.signal(SIGKILL);
    process.wait();
  }
  place("tokens", tokens_of(1, [](int) { return "first"; }));
  const auto resumed = resume();
  BOOST_TEST(resumed.status == 1, resumed.err);
  const auto lines = read_report(report);
  BOOST_REQUIRE(lines.results.size() == 1U);
  BOOST_TEST(lines.results[0].status == "unknown", lines.results[0].text);
  BOOST_TEST(lines.results[0].error.find("has no token") != std::string::npos, lines.results[0].error);
}

BOOST_AUTO_TEST_CASE(a_400_that_may_be_about_a_token_is_about_that_users_token) {
  workspace.write("job.ndjson", rename_of("1", "a", 1) + rename_of("1", "b", 2) + rename_of("1", "c", 3));
  place("tokens", tokens_of(4, [](int) { return "first"; }));
  const Reply suspicious{.bytes = http_answer(400, R"({"msg":"authentication failed"})")};
  Reply replaced = suspicious;
  replaced.before = [this] { place("tokens", tokens_of(4, [](int user) { return user == 2 ? "second" : "first"; })); };
  const Reply well{.bytes = success()};
  ScriptedServer server({well, replaced, well, suspicious});
  const auto finished = run_koobatch(command_to(server.url()));
  BOOST_TEST(finished.status == 1, finished.err);
  auto lines = read_report(report);
  BOOST_REQUIRE(lines.results.size() == 3U);
  std::sort(lines.results.begin(), lines.results.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
  BOOST_TEST(lines.results[1].status == "succeeded", lines.results[1].text);
  BOOST_TEST(lines.results[1].attempts == 2U, "repeated with the new token");
  BOOST_TEST(lines.results[2].status == "rejected", lines.results[2].text);
  BOOST_TEST(lines.results[2].attempts == 1U, "there is no other token for this user");
}

BOOST_AUTO_TEST_CASE(a_tokens_file_that_cannot_be_used_is_refused_before_anything_is_sent) {
  workspace.write("job.ndjson", rename_of("a", "a", 1));
  Service service({"--log", log});
  const auto said = [&](std::string_view content, mode_t mode, const std::vector<std::string>& more = {}) {
    place("tokens", content);
    ::chmod(workspace.path("tokens").c_str(), mode);
    const auto refused = run_koobatch(command(service, more));
    BOOST_TEST(refused.status == 2, refused.err);
    BOOST_TEST(refused.err.find(canary) == std::string::npos);
    return refused.err;
  };
  const std::string good = tokens_of(2, [](int) { return "first"; });
  BOOST_TEST(said(good, 0640).find("run 'chmod 600 " + workspace.path("tokens")) != std::string::npos);
  BOOST_TEST(said(good + "1," + token_of(1, "x") + "\n", 0600).find(":4: user_id: this user has a token already") !=
             std::string::npos);
  BOOST_TEST(said(good, 0600, {"--token-env", "TOKEN"}).find("--token-env and --tokens-file exclude each other") !=
             std::string::npos);
  BOOST_TEST(member(service.get("/_sim/stats"), "requests") == "0");
}

BOOST_AUTO_TEST_SUITE_END()
