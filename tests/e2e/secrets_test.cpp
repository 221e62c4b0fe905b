// No secret shows anywhere it does not belong, whatever happens: canaries are planted and searched for.
#include "canary.hpp"
#include "over_http2.hpp"
#include "scripted_server.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

using namespace koobatch::test;

namespace fs = std::filesystem;

namespace {

using Flags = std::vector<std::string>;

constexpr std::string_view refresh_canary = "cAnAry+r3fr/5Kp=";
constexpr std::string_view renewed_canary = "cAnAry+n3w/2Jm=";
constexpr std::string_view next_refresh_canary = "cAnAry+n3xt/4Lb=";

/// A way to give a run its secrets, each in a separate folder that nothing else is written to.
struct Kind {
  std::string name;
  Flags flags;
  Process::Environment environment;
};

struct Fixture {
  Workspace workspace;  ///< what runs write
  Workspace secrets;    ///< where canaries may be

  std::string secret(std::string_view name, std::string_view text) const {
    const auto path = secrets.write(name, text);
    ::chmod(path.c_str(), 0600);
    return path;
  }

  std::vector<Kind> kinds() const {
    const auto token = secret("token", file_canary);
    return {{"file", {"--token-file", token}, {}},
            {"variable", {"--token-env", "TOKEN"}, {{"TOKEN", std::string(variable_canary)}}},
            {"command",
             {"--token-command",
              fmt::format("sh -c 'env >env; tr \"\\0\" \" \" </proc/$$/cmdline >args; cat {0}; cat {0} >&2'",
                          secret("commanded", command_canary))},
             {}},
            {"app", {"--app-id", "app-1", "--app-secret-file", secret("app", app_canary)}, {}},
            {"users", {"--tokens-file", secret("users", fmt::format("user_id,token\n7,{}\n", user_canary))}, {}},
            {"refresh", {"--token-file", token, "--refresh-token-file", secret("refresh", refresh_canary)}, {}}};
  }

  /// Runs in the workspace, as verbose as can be, with its standard input for the job, and with cores allowed.
  Flags command(const std::string& url, const Kind& kind) const {
    Flags all = {"/bin/sh",
                 "-c",
                 "ulimit -c unlimited; exec \"$0\" \"$@\"",
                 KOOBATCH_BINARY,
                 "run",
                 "-",
                 "--format",
                 "ndjson",
                 "--endpoint",
                 url,
                 "--user-id",
                 "7",
                 "--report",
                 workspace.path("r." + kind.name),
                 "-v",
                 "--retry-base",
                 "10ms",
                 "--progress",
                 "plain"};
    all.insert(all.end(), kind.flags.begin(), kind.flags.end());
    return in_flight(1, all);
  }
  std::string job() const {
    std::string text;
    for (int i = 0; i < 60; ++i) {
      text += fmt::format(R"({{"op":"rename_shared_folder","id":"{}","fileName":"name"}})"
                          "\n",
                          i);
    }
    return workspace.write("job.ndjson", text);
  }

  /// Runs it; `meanwhile` is called once the service has received a request.
  Finished run(const ScriptedServer& server, const Kind& kind, const std::function<void(Process&)>& meanwhile = {}) {
    Process process(command(server.url(), kind), kind.environment, workspace.path(""), job());
    if (meanwhile) {
      while (server.requests() == 0) ::usleep(5'000);
      meanwhile(process);
    }
    auto finished = process.wait();
    // A variable's canary is in our environment because the user put it there; the arguments are not.
    check(kind.name + "'s output", finished.out + finished.err);
    check_files(kind);
    return finished;
  }

  void check(const std::string& where, std::string_view text) const {
    for (const auto secret : {file_canary, variable_canary, command_canary, user_canary, app_canary, refresh_canary,
                              renewed_canary, next_refresh_canary}) {
      BOOST_TEST(!Canary(std::string(secret)).in(text), where << " shows " << secret << ": " << text);
    }
  }

  /// Report, spool, what a command saw, and a core if there is one.
  void check_files(const Kind& kind) const {
    std::size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(workspace.path(""))) {
      if (!entry.is_regular_file()) continue;
      ++files;
      const auto name = entry.path().filename().string();
      BOOST_TEST(name.find("core") == std::string::npos, name);
      check(kind.name + "'s file " + name, read_file(entry.path()));
    }
    BOOST_TEST(files >= 2U);
  }
};

/// Whatever may be echoed, in every place of an answer.
std::vector<Reply> echoes(std::string_view secret) {
  const auto code = [&](int status) {
    return Reply{.bytes = http_answer(status, fmt::format(R"({{"code":13000410,"msg":"you sent {0}, {0}"}})", secret))};
  };
  return {code(403),
          code(400),
          code(409),
          code(200),
          {.bytes = http_answer(302, "{}", fmt::format("Location: https://elsewhere/?token={}\r\n", secret))},
          {.bytes = http_answer(200, fmt::format(R"({{"code":0,"msg":"success","id":"{}"}})", secret))},
          code(500),
          {.bytes = http_answer(429, fmt::format(R"({{"error_code":"APIG.0308","error_msg":"{}"}})", secret),
                                "Retry-After: 0\r\n")}};
}

std::string_view token_of(const Kind& kind) {
  if (kind.name == "variable") return variable_canary;
  if (kind.name == "command") return command_canary;
  return kind.name == "users" ? user_canary : file_canary;
}

Reply session() {
  return {
      .bytes = http_answer(
          200,
          fmt::format(
              R"({{"data":{{"sessionInfo":{{"accessToken":"AT {}","expiresIn":1800,"refreshToken":"{}"}}}},"code":0,"msg":"{}"}})",
              renewed_canary, next_refresh_canary, refresh_canary))};
}

Reply unauthorized(std::string_view secret) {
  return {.bytes = http_answer(401, fmt::format(R"({{"code":13000201,"msg":"not {}"}})", secret))};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(secrets, Fixture)

BOOST_AUTO_TEST_CASE(a_canary_is_found_in_every_form) {
  const Canary canary{std::string(file_canary)};
  for (const char* text : {"x cAnAry+f1le/7Qx=", "cAnAry%2Bf1le%2F7Qx%3D", "cAnAry%2bf1le%2f7Qx%3d",
                           "63416e4172792b66316c652f3751783d", "63416E4172792B66316C652F3751783D",
                           "Y0FuQXJ5K2YxbGUvN1F4PQ==", "eGNBbkFyeStmMWxlLzdReD0=", "eHhjQW5BcnkrZjFsZS83UXg9"}) {
    BOOST_TEST(canary.in(text), text);
  }
  BOOST_TEST(!canary.in("cAnAry+f1le/7Q"));
}

BOOST_AUTO_TEST_CASE(nothing_shows_when_all_goes_well) {
  for (const auto& kind : kinds()) {
    const ScriptedServer server;
    const auto finished = run(server, kind);
    BOOST_TEST(finished.status == 0, finished.err);
  }
}

BOOST_AUTO_TEST_CASE(nothing_shows_when_the_service_echoes_it) {
  for (const auto& kind : kinds()) {
    if (kind.name == "app") continue;  // it cannot be echoed
    const ScriptedServer server(echoes(token_of(kind)));
    const auto finished = run(server, kind);
    BOOST_TEST(finished.status == 1, finished.err);
    BOOST_TEST(read_file(workspace.path("r." + kind.name)).find("you sent ***, ***") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(nothing_shows_when_the_service_refuses_it) {
  for (const auto& kind : kinds()) {
    const bool sent = kind.name != "app";
    const auto refusal = unauthorized(sent ? token_of(kind) : "known");
    const ScriptedServer server(std::vector<Reply>(5, refusal));
    const auto finished = run(server, kind);
    BOOST_TEST(finished.status == 5, finished.err);
    BOOST_TEST(finished.err.find(sent ? "not ***" : "not known") != std::string::npos, finished.err);
  }
}

BOOST_AUTO_TEST_CASE(nothing_of_a_refresh_shows_though_old_and_new_tokens_are_echoed) {
  const Kind kind = kinds().back();
  std::vector<Reply> replies = {unauthorized(file_canary), session()};
  for (const auto secret : {file_canary, refresh_canary, renewed_canary, next_refresh_canary}) {
    for (auto& reply : echoes(secret)) replies.push_back(std::move(reply));
  }
  replies.push_back(unauthorized(renewed_canary));
  replies.push_back(unauthorized(next_refresh_canary));
  const ScriptedServer server(std::move(replies));
  const auto finished = run(server, kind);
  BOOST_TEST(finished.status == 5, finished.err);
  BOOST_TEST(server.requests() > 20U);
}

BOOST_AUTO_TEST_CASE(nothing_shows_when_a_command_prints_its_token_and_fails) {
  const auto token = secret("commanded", command_canary);
  const auto run_command = [&](const std::string& script) {
    const ScriptedServer server({unauthorized(command_canary)});
    const Flags flags = {"--token-command", fmt::format("sh -c '{}'", script)};
    const auto finished = Process(command(server.url(), {"command", flags, {}}), {}, workspace.path(""), job()).wait();
    check("a command that fails", finished.out + finished.err);
    BOOST_TEST(finished.err.find("--token-command: I have ***") != std::string::npos, finished.err);
    return finished.status;
  };
  const auto said = fmt::format("echo I have $(cat {}) >&2; exit 3", token);
  BOOST_TEST(run_command(fmt::format("cat {}; {}", token, said)) == 2);
  BOOST_TEST(run_command(fmt::format("test -e ran && {{ {}; }}; touch ran; cat {}", said, token)) == 5);
}

BOOST_AUTO_TEST_CASE(nothing_is_left_behind_by_a_crash) {
  for (const auto& kind : kinds()) {
    const ScriptedServer server({{.then = Reply::Then::hang}});
    const auto finished = run(server, kind, [&](Process& process) {
      const auto proc = fmt::format("/proc/{}/", process.pid());
      check(kind.name + "'s arguments", read_file(proc + "cmdline"));
      const auto limits = read_file(proc + "limits");
      // Whatever the machine does with cores, none is written.
      const auto soft = limits.substr(limits.find("Max core file size") + 26, 1);
      BOOST_TEST(soft == "0", limits);
      process.signal(SIGSEGV);
    });
    BOOST_TEST(finished.status != 0);
  }
}

BOOST_AUTO_TEST_CASE(a_dry_run_shows_stars) {
  const ScriptedServer server;
  for (const auto& kind : kinds()) {
    auto flags = command(server.url(), kind);
    flags.push_back("--dry-run");
    const auto finished = Process(flags, kind.environment, workspace.path(""), job()).wait();
    BOOST_TEST(finished.status == 0, finished.err);
    BOOST_TEST(finished.out.find("***\n") != std::string::npos, finished.out);
    check(kind.name + "'s dry run", finished.out + finished.err);
  }
  BOOST_TEST(server.requests() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
