// Where tokens come from, how they are renewed, and what happens when they are refused.
#include "becomes.hpp"
#include "connect_proxy.hpp"
#include "over_http2.hpp"
#include "preload.hpp"
#include "run_checks.hpp"
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
#include <sstream>
#include <string>
#include <vector>

using namespace koobatch::test;

namespace fs = std::filesystem;

namespace {

using Flags = std::vector<std::string>;

/// What the service answers to a refresh.
std::string session(const std::string& access, const std::string& refresh) {
  return http_answer(
      200,
      fmt::format(
          R"({{"data":{{"sessionInfo":{{"accessToken":"AT {}","expiresIn":1800,"issuedAt":"1772006999088","refreshToken":"{}"}}}},"code":0,"msg":"success"}})",
          access, refresh));
}

Reply reply(std::string bytes) {
  return {.bytes = std::move(bytes)};
}

Reply status(int http) {
  return reply(http_answer(http, R"({"code":13000201,"msg":"no"})"));
}

struct Fixture {
  Workspace workspace;
  const std::string report = workspace.path("r");
  const std::string token = secret("token", "first");
  const std::string refresh = secret("refresh", "r-first");
  const std::string job = workspace.write("job.ndjson", renames(3));

  /// A file accessible to its owner only.
  std::string secret(std::string_view name, std::string_view text) const {
    const auto path = workspace.write(name, text);
    ::chmod(path.c_str(), 0600);
    return path;
  }

  Flags run_flags(const std::string& url, const Flags& more) const {
    Flags flags = {"run",      job,    "--endpoint",   url,    "--user-id",  "7",
                   "--report", report, "--retry-base", "10ms", "--progress", "none"};
    flags.insert(flags.end(), more.begin(), more.end());
    return flags;
  }
  Finished run(const std::string& url, const Flags& more) const { return run_koobatch(run_flags(url, more)); }
  /// One connection, so that requests come in the order of the script.
  Finished run_refreshing(const std::string& url, Flags more = {}) const {
    more.insert(more.end(), {"--token-file", token, "--refresh-token-file", refresh});
    return run(url, in_flight(1, more));
  }
  Finished resume() const { return run_koobatch({"resume", report, "--progress", "none"}); }

  void check_all_succeeded(std::size_t operations, unsigned max_attempts) const {
    const auto results = read_report(report).results;
    BOOST_TEST(results.size() == operations);
    for (const auto& result : results) {
      BOOST_TEST(result.status == "succeeded", result.text);
      BOOST_TEST(result.attempts <= max_attempts, result.text);
    }
  }
};

bool says(const Finished& finished, std::string_view text) {
  return finished.err.find(text) != std::string::npos;
}

mode_t mode_of(const std::string& path) {
  struct stat facts{};
  return ::stat(path.c_str(), &facts) == 0 ? facts.st_mode & 07777U : 0;
}

/// Not every machine allows it.
boost::test_tools::assertion_result can_mount(boost::unit_test::test_unit_id) {
  return Process({"sh", "-c", "unshare -Urm mount --bind / / 2>/dev/null"}).wait().status == 0;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(credentials, Fixture)

// Refresh.

BOOST_AUTO_TEST_CASE(tokens_that_expire_every_thousand_requests_cost_one_refresh_each_and_no_operation) {
  constexpr std::size_t operations = 50'000;
  const auto generated = generate_job(operations, 5'000);
  workspace.write("job.ndjson", generated.text);
  for (const char* threads : {"1", "2"}) {
    BOOST_TEST_CONTEXT(threads << " threads") {
      const auto log = workspace.path(fmt::format("log{}", threads));
      secret("refresh", "r-first\n");
      Service service({"--token-file", token, "--refresh-token-file", secret("service-refresh", "r-first"),
                       "--token-requests", "1000", "--log", log});
      const auto finished = run(
          service.url(), in_flight(64, {"--token-file", token, "--refresh-token-file", refresh, "--threads", threads}));
      BOOST_TEST(finished.status == 0, finished.err);
      const auto stats = service.get("/_sim/stats");
      BOOST_TEST(member(stats, "refreshes") == "49", "each token but the last one expired");
      BOOST_TEST(member(stats, "refused_refreshes") == "0");
      unsigned most = 0;
      for (const auto& result : read_report(report).results) most = std::max(most, result.attempts);
      BOOST_TEST(most <= 2U);
      check_nothing_lost_doubled_or_reordered(service, log, report, generated, operations);
      BOOST_TEST(read_file(refresh) == "r-first.49\n");
      BOOST_TEST(mode_of(refresh) == 0600U);
      fs::remove(report);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_token_whose_lifetime_is_known_is_refreshed_before_it_expires) {
  // Eight seconds of work. The first token, whose lifetime is unknown, is refused after four; the service declares the
  // same lifetime for the next ones, and they are never refused.
  workspace.write("job.ndjson", renames(160));
  Service service({"--token-file", token, "--refresh-token-file", secret("service-refresh", "r-first"),
                   "--token-requests", "80", "--token-lifetime", "4s"});
  const auto finished =
      run(service.url(),
          in_flight(1, {"--token-file", token, "--refresh-token-file", refresh, "--rate", "20/s", "--burst", "1"}));
  BOOST_TEST(finished.status == 0, finished.err);
  const auto stats = service.get("/_sim/stats");
  BOOST_TEST(std::stoul(member(stats, "refreshes")) >= 2U, stats);
  BOOST_TEST(member(member(stats, "status"), "401") == "1", stats);
  check_all_succeeded(160, 2);
}

BOOST_AUTO_TEST_CASE(a_refresh_that_the_service_is_too_sick_for_is_tried_again_and_costs_operations_nothing) {
  const ScriptedServer server({status(401),
                               status(503),
                               status(500),
                               {.then = Reply::Then::reset},
                               reply(http_answer(200, "<html>")),
                               reply(session("second", "r-second"))});
  const auto finished = run_refreshing(server.url(), {"--max-attempts", "1"});
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(server.requests() == 9U);
  check_all_succeeded(3, 2);
  BOOST_TEST(read_file(refresh) == "r-second\n");
}

BOOST_AUTO_TEST_CASE(a_refresh_that_fails_for_longer_than_an_outage_may_last_stops_the_run_with_nothing_lost) {
  const ScriptedServer server([] {
    std::vector<Reply> replies(1'000, status(503));
    replies.front() = status(401);
    return replies;
  }());
  const auto finished = run_refreshing(server.url(), {"--max-outage", "500ms"});
  BOOST_TEST(finished.status == 5);
  BOOST_TEST(says(finished, "did not renew the access token for 0.5 s (--max-outage)"), finished.err);
  BOOST_TEST(read_report(report).results.empty());
  BOOST_TEST(read_file(refresh) == "r-first");
}

BOOST_AUTO_TEST_CASE(a_refresh_that_is_refused_stops_the_run_and_a_new_login_resumes_it) {
  const ScriptedServer server({status(401), status(401)});
  const auto finished = run_refreshing(server.url());
  BOOST_TEST(finished.status == 5);
  BOOST_TEST(says(finished, "refused to renew the access token (HTTP 401, code 13000201: no)"), finished.err);
  BOOST_TEST(says(finished, "log in again"), finished.err);
  BOOST_TEST(says(finished, "koobatch resume"), finished.err);
  BOOST_TEST(read_report(report).results.empty());
  BOOST_TEST(resume().status == 0);
  check_all_succeeded(3, 1);
}

BOOST_AUTO_TEST_CASE(a_second_401_after_a_refresh_stops_the_run_with_nothing_finalised) {
  const ScriptedServer server({status(401), reply(session("second", "r-second")), status(401)});
  const auto finished = run_refreshing(server.url());
  BOOST_TEST(finished.status == 5);
  BOOST_TEST(says(finished, "refused the credentials"), finished.err);
  BOOST_TEST(says(finished, "'Authorization: AT {token}'"), finished.err);
  BOOST_TEST(read_report(report).results.empty());
  BOOST_TEST(server.requests() == 3U);
  BOOST_TEST(read_file(refresh) == "r-second\n");
  BOOST_TEST(resume().status == 0);
  check_all_succeeded(3, 1);
}

BOOST_AUTO_TEST_CASE(only_the_services_own_answer_proves_a_new_token_so_that_it_may_be_renewed_again_at_the_next_401) {
  const auto gateway = [](int http) {
    return reply(http_answer(http, R"({"error_code":"APIG.0202","error_msg":"Backend unavailable"})"));
  };
  // Answers of a service that did not get as far as the token, and of something in front of it.
  const std::vector<Reply> prove_nothing = {status(503),
                                            status(429),
                                            status(500),
                                            gateway(503),
                                            gateway(429),
                                            gateway(504),
                                            gateway(404),
                                            reply(http_answer(502, "<html>Bad Gateway</html>")),
                                            reply(http_answer(200, "<html>Log in</html>")),
                                            reply(http_answer(302, "", "Location: /login\r\n")),
                                            {.then = Reply::Then::reset}};
  const std::vector<Reply> prove_it = {reply(success()), reply(http_answer(200, R"({"code":13000405,"msg":"used"})")),
                                       reply(http_answer(403, R"({"code":13000410,"msg":"no permission"})"))};
  const auto check = [&](const Reply& between, bool proves) {
    BOOST_TEST_CONTEXT("'" << between.bytes << "', which proves " << (proves ? "it" : "nothing")) {
      secret("refresh", "r-first");
      const ScriptedServer server({status(401), reply(session("second", "r-second")), between, status(401),
                                   reply(session("third", "r-third"))});
      const auto finished = run_refreshing(server.url());
      BOOST_TEST(finished.status == (proves ? (between.bytes == success() ? 0 : 1) : 5), finished.err);
      BOOST_TEST(says(finished, "refused the credentials") == !proves, finished.err);
      BOOST_TEST(read_file(refresh) == (proves ? "r-third\n" : "r-second\n"));
      if (!proves) BOOST_TEST(server.requests() == 4U);
      fs::remove(report);
    }
  };
  for (const Reply& between : prove_nothing) check(between, false);
  for (const Reply& between : prove_it) check(between, true);
}

BOOST_AUTO_TEST_CASE(a_refresh_token_that_cannot_be_put_in_its_place_is_not_lost) {
  auto answer = reply(session("second", "r-second"));
  answer.before = [this] {
    fs::remove(refresh);
    fs::create_directory(refresh);
  };
  const ScriptedServer server({status(401), answer});
  const auto finished = run_refreshing(server.url());
  BOOST_TEST(finished.status == 5);
  BOOST_TEST(says(finished, refresh + ".new, which holds the new one, cannot be put in its place; move it there"),
             finished.err);
  BOOST_TEST(read_file(refresh + ".new") == "r-second\n");
  BOOST_TEST(mode_of(refresh + ".new") == 0600U);
  BOOST_TEST(server.requests() == 2U);
}

BOOST_AUTO_TEST_CASE(a_refresh_token_whose_folder_cannot_be_synced_is_put_in_its_place_anyway) {
  fs::create_directory(workspace.path("tokens"));
  const auto file = secret("tokens/refresh", "r-first");
  const Flags more = in_flight(1, {"--token-file", token, "--refresh-token-file", file});
  const auto run_with = [&](const ScriptedServer& server, std::string_view fault) {
    Flags flags = run_flags(server.url(), more);
    flags.insert(flags.begin(), KOOBATCH_BINARY);
    return Process(flags, with_fault("KOOBATCH_IO_FAULT", std::string(fault))).wait();
  };
  const auto replies = [] { return std::vector<Reply>{status(401), reply(session("second", "r-second"))}; };
  {
    const ScriptedServer server(replies());
    const auto finished = run_with(server, "fail=5:folder:1");
    BOOST_TEST(finished.status == 2);
    BOOST_TEST(says(finished, "its folder cannot be synced"), finished.err);
    BOOST_TEST(server.requests() == 0U);
  }
  // It is synced twice before anything is sent.
  const ScriptedServer server(replies());
  const auto finished = run_with(server, "fail=5:folder:3");
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(says(finished, "holds the new token, but its folder cannot be synced (Input/output error)"), finished.err);
  BOOST_TEST(read_file(file) == "r-second\n");
  check_all_succeeded(3, 2);
}

BOOST_AUTO_TEST_CASE(a_refresh_token_that_could_not_be_replaced_is_refused_before_anything_is_sent) {
  const ScriptedServer server;
  fs::create_directory(refresh + ".new");
  const auto finished = run_refreshing(server.url());
  BOOST_TEST(finished.status == 2);
  BOOST_TEST(says(finished, "cannot be written beside it"), finished.err);
  BOOST_TEST(server.requests() == 0U);
}

BOOST_AUTO_TEST_CASE(a_refresh_token_mounted_into_a_container_is_refused_before_anything_is_sent,
                     *boost::unit_test::precondition(can_mount)) {
  const ScriptedServer server;
  Flags flags = {"unshare", "-Urm", "sh", "-c", "mount --bind \"$0\" \"$0\" && exec \"$@\"", refresh, KOOBATCH_BINARY};
  const auto rest = run_flags(server.url(), {"--token-file", token, "--refresh-token-file", refresh});
  flags.insert(flags.end(), rest.begin(), rest.end());
  const auto finished = Process(flags).wait();
  BOOST_TEST(finished.status == 2);
  BOOST_TEST(says(finished, refresh + ": is a mount point and cannot be replaced; mount its folder"), finished.err);
  BOOST_TEST(server.requests() == 0U);
}

BOOST_AUTO_TEST_CASE(a_400_that_may_be_about_the_token_is_repeated_with_another_but_the_next_is_believed) {
  const auto bad = reply(http_answer(400, R"({"code":1,"msg":"authentication failed"})"));
  const ScriptedServer server({bad, reply(session("second", "r-second")), bad});
  const auto finished = run_refreshing(server.url());
  BOOST_TEST(finished.status == 1, finished.err);
  // The second operation is sent before the first one is repeated.
  auto results = read_report(report).results;
  BOOST_TEST_REQUIRE(results.size() == 3U);
  std::sort(results.begin(), results.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
  BOOST_TEST(results[0].status == "succeeded");
  BOOST_TEST(results[0].attempts == 2U);
  BOOST_TEST(results[1].status == "rejected");
  BOOST_TEST(results[1].attempts == 1U);
}

// The token file.

BOOST_AUTO_TEST_CASE(a_token_file_that_is_replaced_in_the_middle_of_a_run_is_used_from_then_on,
                     *boost::unit_test::precondition(over_http1)) {
  workspace.write("job.ndjson", renames(80));
  const ScriptedServer server([this] {
    std::vector<Reply> replies(5, reply(success()));
    replies.back().before = [this] { fs::rename(secret("other", "second\n"), token); };
    return replies;
  }());
  const ConnectProxy proxy;
  const auto finished = run(server.url(), {"--token-file", token, "--rate", "20/s", "--proxy", proxy.url()});
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(says(finished, "was changed: the token in it is in use from now on"), finished.err);
  BOOST_TEST(proxy.seen().find("Authorization: Bearer+second\r\n") != std::string::npos);
  check_all_succeeded(80, 1);
}

BOOST_AUTO_TEST_CASE(a_token_file_that_is_spoilt_in_the_middle_of_a_run_is_reported_and_not_used) {
  workspace.write("job.ndjson", renames(80));
  const ScriptedServer server([this] {
    std::vector<Reply> replies(5, reply(success()));
    replies.back().before = [this] { ::chmod(token.c_str(), 0644); };
    return replies;
  }());
  const auto finished = run(server.url(), {"--token-file", token, "--rate", "20/s"});
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(says(finished, "chmod 600 " + token + "'; continuing with the token that was read before"), finished.err);
}

BOOST_AUTO_TEST_CASE(a_refused_token_file_is_read_again_and_stops_the_run_if_it_is_unchanged) {
  auto refusal = status(401);
  refusal.before = [this] { secret("token", "second"); };
  const ScriptedServer changed({refusal});
  BOOST_TEST(run(changed.url(), {"--token-file", token}).status == 0);
  check_all_succeeded(3, 2);
  fs::remove(report);
  const ScriptedServer same({status(401)});
  const auto finished = run(same.url(), {"--token-file", token});
  BOOST_TEST(finished.status == 5);
  BOOST_TEST(same.requests() == 1U);
  BOOST_TEST(says(finished, "they were sent as 'Authorization: Bearer+{token}'"), finished.err);
  BOOST_TEST(says(finished, "--authorization, e.g. 'Bearer {token}'"), finished.err);
  BOOST_TEST(read_report(report).results.empty());
}

// The token command.

BOOST_AUTO_TEST_CASE(a_token_command_is_run_again_when_its_token_is_refused_once_for_all) {
  workspace.write("job.ndjson", renames(5'000));
  const auto script = workspace.write("script", "printf x >>runs\necho token-$(wc -c <runs)\necho not this\n");
  const auto runs = workspace.path("runs");
  Service service({"--token-file", secret("expected", "token-2")});
  Flags flags = run_flags(service.url(), in_flight(64, {"--token-command", "sh " + script, "--threads", "2"}));
  flags.insert(flags.begin(), KOOBATCH_BINARY);
  const auto finished = Process(flags, {}, fs::path(script).parent_path()).wait();
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(read_file(runs) == "xx");
  check_all_succeeded(5'000, 2);
}

BOOST_AUTO_TEST_CASE(a_token_command_that_gives_no_token_stops_before_anything_is_sent_and_says_why) {
  const ScriptedServer server;
  const auto check = [&](const std::string& command, const std::string& said) {
    const auto finished = run(server.url(), {"--token-command", command});
    BOOST_TEST(finished.status == 2, command);
    BOOST_TEST(says(finished, said), finished.err);
    BOOST_TEST(!fs::exists(report));
  };
  check("sh -c 'echo try vault login >&2; exit 3'", "'sh' ended with status 3");
  check("sh -c 'echo try vault login >&2; exit 3'", "--token-command: try vault login");
  check("sh -c 'kill -9 $$'", "'sh' was killed by signal 9");
  check("true", "wrote nothing");
  check("echo", "the token is empty");
  check("printf 'a\\tb'", "no header can carry");
  check("head -c 20000 /dev/zero", "longer than 16 KiB");
  check("koobatch-no-such-program", "cannot be started: No such file");
  check("'", "never closed");
  BOOST_TEST(server.requests() == 0U);
}

BOOST_AUTO_TEST_CASE(a_token_command_that_hangs_is_killed_with_all_it_started) {
  const ScriptedServer server;
  const auto pids = workspace.path("pids");
  const auto finished = run(server.url(), {"--token-command-timeout", "2s", "--token-command",
                                           "sh -c 'sleep 1000 & echo $$ $! >" + pids + "; echo still here >&2; wait'"});
  BOOST_TEST(finished.status == 2);
  BOOST_TEST(says(finished, "did not end within 2 s and was killed"), finished.err);
  BOOST_TEST(says(finished, "--token-command: still here"), finished.err);
  int shell = 0;
  int child = 0;
  BOOST_REQUIRE(std::sscanf(read_file(pids).c_str(), "%d %d", &shell, &child) == 2);
  BOOST_TEST(::kill(shell, 0) != 0);
  // It dies as soon as the system lets it run; there may be no process to reap it, so that it stays a zombie.
  const auto is_alive = [&] {
    const auto stat = fmt::format("/proc/{}/stat", child);
    return fs::exists(stat) && read_file(stat).find(") Z") == std::string::npos;
  };
  BOOST_TEST(becomes([&] { return !is_alive(); }));
}

BOOST_AUTO_TEST_CASE(a_token_command_that_takes_longer_than_an_outage_may_last_is_not_an_outage) {
  const ScriptedServer server;
  const auto finished = run(server.url(), {"--token-command", "sh -c 'sleep 4; echo token'", "--max-outage", "3s"});
  BOOST_TEST(finished.status == 0, finished.err);
  check_all_succeeded(3, 1);
}

BOOST_AUTO_TEST_CASE(a_signal_ends_the_first_token_command_and_with_it_the_run) {
  const ScriptedServer server;
  const auto started = workspace.path("started");
  Flags flags = run_flags(server.url(), {"--token-command", "sh -c 'echo >" + started + "; sleep 1000'"});
  flags.insert(flags.begin(), KOOBATCH_BINARY);
  Process process(flags);
  while (!fs::exists(started)) ::usleep(5'000);
  process.signal(SIGINT);
  const auto finished = process.wait(std::chrono::seconds(20));
  BOOST_TEST(finished.status == 128 + SIGINT, finished.err);
  BOOST_TEST(server.requests() == 0U);
}

BOOST_AUTO_TEST_CASE(a_signal_during_a_renewal_interrupts_the_run) {
  const ScriptedServer server({status(401)});
  const auto started = workspace.path("started");
  const auto script = workspace.write("script", fmt::format("if [ -e first ]; then echo >{}; sleep 1000; fi\n"
                                                            "echo >first; echo token\n",
                                                            started));
  Flags flags = run_flags(server.url(), {"--token-command", "sh " + script});
  flags.insert(flags.begin(), KOOBATCH_BINARY);
  Process process(flags, {}, workspace.path(""));
  while (!fs::exists(started)) ::usleep(5'000);
  process.signal(SIGTERM);
  const auto finished = process.wait(std::chrono::seconds(20));
  BOOST_TEST(finished.status == 128 + SIGTERM, finished.err);
  const auto lines = read_report(report);
  BOOST_TEST(lines.results.empty());
  BOOST_TEST(member(lines.end.at(0), "reason") == "interrupted");
}

BOOST_AUTO_TEST_CASE(a_token_command_inherits_no_descriptor_and_no_ignored_signal) {
  // The shell itself reads its status: it blocks signals for as long as it starts a program.
  const auto script = workspace.write("script",
                                      "while read -r name set; do\n"
                                      "  case $name in SigBlk:|SigIgn:) echo $name $set >>signals; esac\n"
                                      "done </proc/$$/status\n"
                                      "ls -l /proc/$$/fd >>fds\n"
                                      "echo token-$(wc -l <signals)\n");
  const ScriptedServer server({status(401)});
  Flags flags = run_flags(server.url(), {"--token-command", "sh " + script});
  flags.insert(flags.begin(), {"/usr/bin/env", "--ignore-signal=CHLD", KOOBATCH_BINARY});
  const auto finished = Process(flags, {}, fs::path(script).parent_path()).wait();
  BOOST_TEST(finished.status == 0, finished.err);
  const auto descriptors = read_file(workspace.path("fds"));
  BOOST_TEST(descriptors.find("socket:") == std::string::npos, descriptors);
  BOOST_TEST(descriptors.find(report) == std::string::npos, descriptors);
  BOOST_TEST(descriptors.find("eventpoll") == std::string::npos, descriptors);
  std::istringstream signals(read_file(workspace.path("signals")));
  std::size_t sets = 0;
  for (std::string name, set; signals >> name >> set; ++sets) {
    const auto ours = (1U << (SIGINT - 1)) | (1U << (SIGPIPE - 1)) | (1U << (SIGTERM - 1)) | (1U << (SIGXFSZ - 1)) |
                      (1U << (SIGCHLD - 1));
    BOOST_TEST((std::stoull(set, nullptr, 16) & ours) == 0U, name << set);
  }
  BOOST_TEST(sets == 4U, "once at the start, and once with all open");
}

BOOST_AUTO_TEST_SUITE_END()
