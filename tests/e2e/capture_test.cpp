// Jobs that are run with --capture, and undone: with the real binary on the embedded service.
#include "contains.hpp"
#include "fault_gate.hpp"
#include "paths.hpp"
#include "preload.hpp"
#include "process.hpp"
#include "scripted_server.hpp"
#include "service.hpp"
#include "state_text.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace koobatch::test;

namespace {

using Texts = std::vector<std::string>;
using Names = std::map<std::string, std::string>;  ///< by key

#define CHECK_HAS(text, part)                                                \
  do {                                                                       \
    const std::string whole = (text);                                        \
    BOOST_TEST(contains(whole, part), (part) << " is missing in " << whole); \
  } while (false)

const Process::Environment token = {{"TOKEN", "secret"}};

std::string renaming(std::string_view id, std::string_view name) {
  return fmt::format(R"({{"op":"rename_shared_folder","id":"{}","fileName":"{}","user_id":"42"}})"
                     "\n",
                     id, name);
}

std::string update(std::string_view id, std::string_view name) {
  return fmt::format(R"({{"op":"update_album","albumId":"{}","name":"{}","user_id":"42"}})"
                     "\n",
                     id, name);
}

Texts operator+(Texts command, const Texts& flags) {
  command.insert(command.end(), flags.begin(), flags.end());
  return command;
}

/// A service with folders and albums of user 42, the names of which are unique among folders.
class House {
 public:
  explicit House(const Names& names, const Texts& flags = {}) : service_(flags_of(names) + flags) {}

  /// Runs a job with --capture.
  Finished run(const std::string& lines, const Texts& flags = {}, const Process::Environment& environment = token) {
    return run_koobatch(arguments(lines, flags), environment);
  }
  /// The same, as the arguments of a process that the caller starts.
  Texts arguments(const std::string& lines, const Texts& flags = {}) {
    report = workspace.path(fmt::format("report-{}", ++runs_));
    return Texts{"run",         workspace.write("job.ndjson", lines),
                 "--endpoint",  url,
                 "--token-env", "TOKEN",
                 "--capture",   "--report",
                 report,        "--progress",
                 "none"} +
           flags;
  }
  /// Changes something as another program would.
  void change(const std::string& line) const {
    const auto other = workspace.path("other-report");
    const auto finished = run_koobatch({"run", workspace.write("other.ndjson", line), "--endpoint", service_.url(),
                                        "--token-env", "TOKEN", "--report", other, "--progress", "none"},
                                       token);
    BOOST_TEST_REQUIRE(finished.status == 0, finished.err);
    std::filesystem::remove(other);
  }
  /// Plans how the run is undone, from the state as it is now.
  Finished plan_undo(const Texts& flags = {}) const {
    for (const auto* file : {"state.ndjson", "undo.plan"}) std::filesystem::remove(workspace.path(file));
    const auto state = workspace.path("state.ndjson");
    const auto exported =
        run_koobatch({"export", "--user-id", "42", "--out", state, "--endpoint", url, "--token-env", "TOKEN"}, token);
    BOOST_TEST_REQUIRE(exported.status == 0, exported.out << exported.err);
    return run_koobatch(Texts{"undo", report, "--state", state, "--out", workspace.path("undo.plan")} + flags);
  }
  /// Undoes the run, and returns what the plan was to do.
  std::string undo(const Texts& flags = {}, bool keeps_no_report = true,
                   const std::string& name = "undo-report") const {
    auto planned = plan_undo(flags);
    BOOST_TEST_REQUIRE(planned.status == 0, planned.out << planned.err);
    const auto undone = workspace.path(name);
    const auto finished = run_koobatch({"run", workspace.path("undo.plan"), "--endpoint", url, "--token-env", "TOKEN",
                                        "--report", undone, "--progress", "none"},
                                       token);
    BOOST_TEST(finished.status == 0, finished.out << finished.err);
    if (keeps_no_report) std::filesystem::remove(undone);
    return planned.out;
  }
  Names names() const { return read_state(service_.get("/_sim/state")); }
  std::uint64_t count(const std::string& what) const {
    const auto text = member(service_.get("/_sim/stats"), what);
    return text.empty() ? 0 : std::stoull(text);
  }
  /// The results of the last run, by line.
  std::map<std::uint32_t, ReportedResult> results() const {
    std::map<std::uint32_t, ReportedResult> results;
    for (const auto& result : read_report(report).results) results[result.line] = result;
    return results;
  }

  Workspace workspace;
  std::string report;  ///< of the last run

 private:
  Texts flags_of(const Names& names) const {
    std::string lines;
    for (const auto& [key, name] : names) {
      const auto id = key.substr(key.find(':') + 1);
      lines += key.starts_with("album:")
                   ? fmt::format(R"({{"type":"album","id":"{}","user_id":"42","name":"{}",)"
                                 R"("albumKind":1,"albumType":2}})"
                                 "\n",
                                 id, name)
                   : fmt::format(R"({{"type":"shared_folder","id":"{}","user_id":"42","name":"{}","ownerId":"42"}})"
                                 "\n",
                                 id, name);
    }
    return {"--names", "405", "--state", workspace.write("items.ndjson", lines)};
  }

  Service service_;
  int runs_ = 0;

 public:
  std::string url = service_.url();
};

const Names before = {{"folder:1", "a"}, {"folder:2", "b"}, {"folder:3", "c"}, {"album:7", "summer"}};

/// Exchanges the names of two folders, and renames an album twice.
const std::string exchange =
    renaming("1", "x") + renaming("2", "a") + update("7", "winter") + renaming("1", "b") + update("7", "autumn");
const Names exchanged = {{"folder:1", "b"}, {"folder:2", "a"}, {"folder:3", "c"}, {"album:7", "autumn"}};

/// Nothing shows what this changes, so it is not read before.
constexpr std::string_view space = R"({"op":"update_space","ownerId":"5","status":"1","user_id":"42"})"
                                   "\n";

/// Of a connection that reads once, and then sends an operation: the answer to that breaks off.
constexpr Fault lost_answer = {.kind = Fault::Kind::reset, .side = Side::answer, .exchange = 1, .after = 20};

/// In the order of the job, although keys differ: names depend on each other.
const Texts one_by_one = {"--connections", "1", "--http", "1.1"};

}  // namespace

BOOST_AUTO_TEST_SUITE(capture)

BOOST_AUTO_TEST_CASE(a_job_is_undone_whole_over_both_versions_of_http) {
  for (const std::string http : {"1.1", "2"}) {
    House house(before);
    const auto lines =
        renaming("1", "x") + renaming("3", "z") + renaming("1", "y") + update("7", "winter") + renaming("1", "w");
    const auto finished = house.run(lines, {"--http", http});
    BOOST_TEST(finished.status == 0, finished.out << finished.err);
    CHECK_HAS(finished.out, "captured   5 of 5\n");
    auto results = house.results();
    CHECK_HAS(results[1].text, R"("was":{"fileName":"a"})");
    CHECK_HAS(results[3].text, R"("was":{"fileName":"x"})");
    CHECK_HAS(results[5].text, R"("was":{"fileName":"y"})");
    CHECK_HAS(results[4].text, R"("was":{"name":"summer"})");
    CHECK_HAS(run_koobatch({"report", house.report, "--json"}).out,
              R"("captured":{"count":5,"gone":0,"unreadable":0,"unsupported":0})");
    CHECK_HAS(house.undo(), "3 of 4 items to change\n");
    BOOST_TEST((house.names() == before), http);
  }
}

BOOST_AUTO_TEST_CASE(names_that_a_job_has_exchanged_are_exchanged_again_and_an_undone_run_is_done_again) {
  House house(before);
  BOOST_TEST(house.run(exchange, one_by_one).status == 0);
  BOOST_TEST((house.names() == exchanged));
  house.undo({}, false);
  BOOST_TEST((house.names() == before));
  house.report = house.workspace.path("undo-report");
  const auto carried_out = house.workspace.path("carried-out.plan");
  std::filesystem::rename(house.workspace.path("undo.plan"), carried_out);
  house.undo({"--job", carried_out}, false, "redo-report");
  BOOST_TEST((house.names() == exchanged));
}

// Every item is read before it is changed, and what was read is durable before that.
BOOST_AUTO_TEST_CASE(a_run_that_is_killed_at_any_step_is_undone_resumed_or_not) {
  // Returns whether a process was killed that had begun a report.
  const auto check = [](const std::string& step, bool is_resumed) {
    House house(before);
    const auto killed = house.run(exchange, one_by_one, with_fault("KOOBATCH_IO_FAULT", step));
    if (!std::filesystem::exists(house.report)) return false;
    if (is_resumed && killed.status != 0) {
      const auto resumed = run_koobatch({"resume", house.report, "--progress", "none"}, token);
      BOOST_TEST(resumed.status == 0, step << resumed.out << resumed.err);
      BOOST_TEST((house.names() == exchanged), step);
    }
    house.undo();
    BOOST_TEST((house.names() == before), step << ", resumed: " << is_resumed);
    return killed.status != 0;
  };
  // Five operations, each of which is read before, in at least one request.
  for (const bool is_resumed : {false, true}) {
    int killed = 0;
    for (int step = 1; step <= 14; ++step) killed += check(fmt::format("kill:send:{}", step), is_resumed) ? 1 : 0;
    BOOST_TEST(killed >= 9, "resumed: " << is_resumed);
  }
  int killed = 0;
  for (int step = 1; step <= 10; ++step) killed += check(fmt::format("kill:write:{}", step), true) ? 1 : 0;
  BOOST_TEST(killed >= 5);
}

BOOST_AUTO_TEST_CASE(what_another_has_set_since_is_kept) {
  House house(before);
  BOOST_TEST(house.run(renaming("1", "x") + renaming("2", "y")).status == 0);
  house.change(renaming("1", "another's"));
  CHECK_HAS(house.undo(), "somebody has changed it since");
  BOOST_TEST(house.names().at("folder:1") == "another's");
  BOOST_TEST(house.names().at("folder:2") == "b");
}

BOOST_AUTO_TEST_CASE(a_job_is_an_order_that_is_carried_out_whatever_was_there) {
  House house(before);
  house.change(renaming("1", "another's"));
  // One is so already, and one is not there.
  const auto finished = house.run(renaming("1", "x") + renaming("2", "b") + renaming("99", "y"));
  BOOST_TEST(finished.status == 1, finished.out << finished.err);
  CHECK_HAS(finished.out, "captured   2 of 3 (1 gone)\n");
  auto results = house.results();
  BOOST_TEST(results[1].status == "succeeded");
  CHECK_HAS(results[1].text, R"("was":{"fileName":"another's"})");
  BOOST_TEST(results[2].status == "succeeded");
  CHECK_HAS(results[2].text, R"("was":{"fileName":"b"})");
  // It was sent, and the service itself says that.
  BOOST_TEST(results[3].status == "rejected");
  BOOST_TEST(results[3].http == 400);
  CHECK_HAS(results[3].text, R"("not_captured":"gone")");
  BOOST_TEST(house.names().at("folder:1") == "x");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_changed_all_the_same_and_named) {
  const auto denied = http_answer(403, R"({"code":13000410,"msg":"no permission"})");
  const auto gone = http_answer(400, R"({"code":13000309,"msg":"does not exist"})");
  const auto sick = http_answer(500, R"({"code":13000201,"msg":"internal"})");
  const ScriptedServer server({{.bytes = denied},
                               {.bytes = success()},
                               {.bytes = gone},
                               {.bytes = success()},
                               {.bytes = sick},
                               {.bytes = sick},
                               {.bytes = success()}});
  const Workspace workspace;
  const auto state = workspace.write(
      "state.ndjson", state_text(R"({"type":"shared_folder","id":"1","user_id":"42","name":"z","ownerId":"42"})"
                                 "\n",
                                 server.url()));
  const auto run = [&](const std::string& lines, const std::string& report) {
    const auto job = workspace.write("job.ndjson", lines);
    const auto finished =
        run_koobatch({"run", job, "--endpoint", server.url(), "--token-env", "TOKEN", "--report", report, "--progress",
                      "none", "--connections", "1", "--max-attempts", "2", "--retry-base", "1ms", "--capture"},
                     token);
    BOOST_TEST(finished.status == 0, finished.out << finished.err);
    return finished;
  };
  const auto undo = [&](const std::string& report) {
    const auto undone = run_koobatch({"undo", report, "--state", state, "--out", report + ".plan", "--json"});
    BOOST_TEST(undone.status == 0, undone.err);
    return undone.out;
  };
  const auto report = workspace.path("report");
  const auto finished = run(renaming("1", "x") + renaming("1", "y") + renaming("1", "z"), report);
  CHECK_HAS(finished.out, "captured   0 of 3 (1 gone, 2 unreadable)\n");
  BOOST_TEST(server.requests() == 7U);
  std::map<std::uint32_t, std::string> results;
  for (const auto& result : read_report(report).results) results[result.line] = result.text;
  CHECK_HAS(results[1], R"("not_captured":"unreadable","not_captured_because":"HTTP 403)");
  CHECK_HAS(results[2], R"("not_captured":"gone")");
  CHECK_HAS(results[3], R"("not_captured":"unreadable","not_captured_because":"HTTP 500)");
  // Three operations, and one value that is lost.
  CHECK_HAS(undo(report), R"("reason":"not_captured","count":1,"left_alone":true)");
  const auto other = workspace.path("other-report");
  const auto second = run(std::string(space), other);
  BOOST_TEST(server.requests() == 8U);
  CHECK_HAS(second.err, "nothing reads what update_space changes, so 1 operation cannot be undone");
  CHECK_HAS(second.out, "captured   0 of 1 (1 unsupported)\n");
  CHECK_HAS(undo(other), R"("message":"nothing reads what update_space changes")");
}

BOOST_AUTO_TEST_CASE(of_an_operation_what_the_service_shows_is_undone_and_the_rest_named) {
  House house(before);
  const auto finished = house.run(
      R"({"op":"update_album","albumId":"7","name":"winter","coverImageUrl":"https://a.example/b","user_id":"42"})"
      "\n");
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  CHECK_HAS(house.results()[1].text, R"("was":{"name":"summer","coverImageUrl":null})");
  const auto planned = house.undo();
  CHECK_HAS(planned, "1 of 4 items to change, 1 left alone\n");
  CHECK_HAS(planned, "line 1: album 7, coverImageUrl");
  BOOST_TEST((house.names() == before));
}

BOOST_AUTO_TEST_CASE(lost_answers_do_not_hide_what_was_there) {
  Names many;
  std::string lines;
  for (int i = 0; i < 100; ++i) {
    many[fmt::format("folder:{}", 1000 + i)] = fmt::format("name {}", i);
    lines += renaming(std::to_string(1000 + i), fmt::format("new {}", i));
  }
  House house(many, {"--fault", "reset,rate=0.2", "--seed", "7"});
  const auto finished = house.run(lines, {"--max-attempts", "20", "--retry-base", "1ms", "--retry-cap", "10ms"});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST(house.count("requests") > 100U);
  house.undo();
  BOOST_TEST((house.names() == many));
}

BOOST_AUTO_TEST_CASE(the_report_of_a_retry_undoes_what_its_run_may_have_done) {
  House house(before);
  FaultGate gate(house.url, [](std::size_t number) {
    Script script;
    // The first request reads; the answer to the second one breaks off.
    if (number == 0) script.fault = lost_answer;
    return script;
  });
  house.url = gate.url();
  const auto first = house.run(renaming("1", "x"), one_by_one + Texts{"--max-attempts", "1"});
  BOOST_TEST(first.status == 1, first.out << first.err);
  BOOST_TEST(house.count("requests") == 1U, "it was not sent once more");
  BOOST_TEST(house.results()[1].status == "unknown");
  CHECK_HAS(house.results()[1].text, R"("was":{"fileName":"a"})");
  BOOST_TEST(house.names().at("folder:1") == "x");
  const auto retried = house.workspace.path("retried");
  const auto second = run_koobatch({"retry", house.report, "--report", retried, "--progress", "none"}, token);
  BOOST_TEST(second.status == 0, second.out << second.err);
  house.report = retried;
  // It finds what its predecessor has done.
  CHECK_HAS(house.results()[1].text, R"("was":{"fileName":"x"})");
  house.undo();
  BOOST_TEST((house.names() == before));
}

BOOST_AUTO_TEST_CASE(a_retry_is_undone_in_the_order_of_time_and_not_of_the_job) {
  House house(before);
  FaultGate gate(house.url, [](std::size_t) { return Script{.fault = lost_answer}; });
  house.url = gate.url();
  const auto first = house.run(renaming("1", "x") + renaming("1", "y"), one_by_one + Texts{"--max-attempts", "1"});
  BOOST_TEST(first.status == 1, first.out << first.err);
  for (const std::uint32_t line : {1U, 2U}) BOOST_TEST(house.results()[line].status == "unknown");
  BOOST_TEST(house.names().at("folder:1") == "y");
  gate.heal();
  const auto retried = house.workspace.path("retried");
  const auto second = run_koobatch({"retry", house.report, "--report", retried, "--progress", "none"}, token);
  BOOST_TEST(second.status == 0, second.out << second.err);
  house.report = retried;
  // The first line finds what the second one has set.
  CHECK_HAS(house.results()[1].text, R"("was":{"fileName":"y"})");
  house.undo();
  BOOST_TEST((house.names() == before));
}

BOOST_AUTO_TEST_CASE(a_run_that_is_stopped_between_a_reading_and_its_change_is_resumed_and_undone) {
  House house(before);
  std::atomic<Process*> running = nullptr;
  FaultGate gate(house.url, [&](std::size_t number) {
    Script script;
    script.answers.delay = std::chrono::seconds(1);
    if (number != 0) return Script{};
    script.before = [&](std::size_t) {
      while (running == nullptr) std::this_thread::yield();
      running.load()->signal(SIGTERM);
    };
    return script;
  });
  house.url = gate.url();
  Process run(Texts{KOOBATCH_BINARY} + house.arguments(renaming("1", "x"), one_by_one), token);
  running = &run;
  const auto stopped = run.wait();
  BOOST_TEST(stopped.status == 128 + SIGTERM, stopped.out << stopped.err);
  BOOST_TEST(house.count("reads") == 1U);
  BOOST_TEST(house.count("requests") == 0U);
  BOOST_TEST(house.results().empty());
  house.change(renaming("1", "another's"));
  const auto resumed = run_koobatch({"resume", house.report, "--progress", "none"}, token);
  BOOST_TEST(resumed.status == 0, resumed.out << resumed.err);
  // What was read before the stop is no longer what was there.
  CHECK_HAS(house.results()[1].text, R"("was":{"fileName":"another's"})");
  house.undo();
  BOOST_TEST(house.names().at("folder:1") == "another's");
}

// The first line may have been applied, and the second one sets a newer name: the first is repeated without it.
BOOST_AUTO_TEST_CASE(a_retry_that_leaves_out_what_is_newer_does_not_hide_what_was_there) {
  const auto album = [](std::string_view name, int scope) {
    return http_answer(
        200, fmt::format(R"({{"albumList":[{{"id":"7","name":"{}","scopeKind":{},"albumKind":1,"albumType":1}}],)"
                         R"("total":1}})",
                         name, scope));
  };
  const auto sick = http_answer(500, R"({"code":13000201,"msg":"internal"})");
  const auto denied = http_answer(403, R"({"code":13000410,"msg":"no permission"})");
  const std::string lines = R"({"op":"update_album","albumId":"7","name":"winter","scopeKind":1,"user_id":"42"})"
                            "\n" +
                            update("7", "autumn");
  struct {
    std::string reading;
    std::string planned;
  } const cases[] = {{album("autumn", 2), R"("differences":{"name":1,"scopeKind":1})"},
                     {denied, R"("differences":{"name":1})"}};
  for (const auto& [reading, planned] : cases) {
    const ScriptedServer server({{.bytes = album("summer", 2)},
                                 {.bytes = sick},
                                 {.bytes = album("summer", 2)},
                                 {.bytes = success()},
                                 {.bytes = reading},
                                 {.bytes = success()}});
    const Workspace workspace;
    const auto report = workspace.path("report");
    const auto first = run_koobatch(
        {"run", workspace.write("job.ndjson", lines), "--endpoint", server.url(), "--token-env", "TOKEN", "--report",
         report, "--progress", "none", "--connections", "1", "--max-attempts", "1", "--capture"},
        token);
    BOOST_TEST(first.status == 1, first.out << first.err);
    BOOST_TEST(server.requests() == 4U);
    const auto retried = workspace.path("retried");
    const auto second = run_koobatch({"retry", report, "--report", retried, "--progress", "none"}, token);
    BOOST_TEST(second.status == 0, second.out << second.err);
    BOOST_TEST(server.requests() == 6U);
    const auto state = state_text(
        R"({"type":"album","id":"7","user_id":"42","name":"autumn","scopeKind":1,"albumKind":1,"albumType":1})"
        "\n",
        server.url());
    const auto undone = run_koobatch({"undo", retried, "--state", workspace.write("state.ndjson", state), "--out",
                                      workspace.path("undo.plan"), "--json"});
    BOOST_TEST(undone.status == 0, undone.out << undone.err);
    CHECK_HAS(undone.out, planned);
    CHECK_HAS(read_file(workspace.path("undo.plan")), R"("name":"summer")");
  }
}

// The first attempt is applied, the second one refused: that the item is as wanted is this run's doing.
BOOST_AUTO_TEST_CASE(what_is_refused_after_a_lost_answer_is_undone) {
  const auto folder = [](std::string_view name) {
    return http_answer(200, fmt::format(R"({{"code":0,"sharefolder":{{"id":"1","ownerId":42,"name":"{}"}}}})", name));
  };
  const auto denied = http_answer(403, R"({"code":13000410,"msg":"no permission"})");
  const ScriptedServer server({{.bytes = success()},
                               {.bytes = folder("a")},
                               {.then = Reply::Then::reset},
                               {.bytes = folder("x")},
                               {.bytes = denied}});
  const Workspace workspace;
  const auto report = workspace.path("report");
  const auto lines = std::string(space) + renaming("1", "x");
  const auto finished =
      run_koobatch({"run", workspace.write("job.ndjson", lines), "--connections", "1", "--endpoint", server.url(),
                    "--token-env", "TOKEN", "--report", report, "--progress", "none", "--capture"},
                   token);
  BOOST_TEST(finished.status == 1, finished.out << finished.err);
  BOOST_TEST(server.requests() == 5U);
  BOOST_TEST(read_report(report).results.back().status == "rejected");
  const auto state = state_text(R"({"type":"shared_folder","id":"1","user_id":"42","name":"x","ownerId":"42"})"
                                "\n",
                                server.url());
  const auto undone = run_koobatch({"undo", report, "--state", workspace.write("state.ndjson", state), "--out",
                                    workspace.path("undo.plan"), "--json"});
  BOOST_TEST(undone.status == 0, undone.out << undone.err);
  CHECK_HAS(read_file(workspace.path("undo.plan")), R"("fileName":"a","user_id":"42","was":{"fileName":"x"})");
}

BOOST_AUTO_TEST_CASE(a_reading_takes_no_time_from_what_it_cannot_hold_up) {
  const auto pause = http_answer(429, R"({"code":13000429,"msg":"slow down"})", "Retry-After: 2\r\n");
  const std::vector<std::pair<Reply, std::string>> cases = {{{.then = Reply::Then::hang}, "no answer within"},
                                                            {{.bytes = pause}, "HTTP 429"}};
  for (const auto& [reply, because] : cases) {
    // Time is charged to operations once the service has accepted one.
    const ScriptedServer server({{.bytes = success()}, reply, {.bytes = success()}});
    const Workspace workspace;
    const auto report = workspace.path("report");
    const auto lines = std::string(space) + renaming("1", "x");
    const auto finished = run_koobatch(
        {"run", workspace.write("job.ndjson", lines), "--connections", "1", "--endpoint", server.url(), "--token-env",
         "TOKEN", "--report", report, "--progress", "none", "--timeout", "1s", "--deadline", "1s", "--capture"},
        token);
    BOOST_TEST(finished.status == 0, because << finished.out << finished.err);
    BOOST_TEST(server.requests() == 3U, because);
    const auto results = read_report(report).results;
    BOOST_TEST_REQUIRE(results.size() == 2U);
    BOOST_TEST(results[1].status == "succeeded", because);
    CHECK_HAS(results[1].text, R"("not_captured":"unreadable","not_captured_because":")" + because);
  }
}

BOOST_AUTO_TEST_CASE(operations_on_one_item_are_undone_whichever_threads_sent_them) {
  House house(before);
  std::string lines;
  for (int round = 0; round < 5; ++round) {
    for (const auto* id : {"1", "2", "3"}) lines += renaming(id, fmt::format("{} {}", id, round));
    lines += update("7", fmt::format("seventh {}", round));
  }
  const auto finished = house.run(lines, {"--threads", "2"});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  CHECK_HAS(finished.out, "captured   20 of 20\n");
  house.undo();
  BOOST_TEST((house.names() == before));
}

BOOST_AUTO_TEST_CASE(a_job_is_found_and_read_as_it_was_run) {
  House house(before);
  const auto job = house.workspace.write("names.csv", "op;id;fileName\nrename_shared_folder;1;x\n");
  house.report = house.workspace.path("csv-report");
  const auto finished = run_koobatch({"run", job, "--endpoint", house.url, "--token-env", "TOKEN", "--capture",
                                      "--report", house.report, "--progress", "none", "--user-id", "42"},
                                     token);
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  const auto moved = house.workspace.path("moved.csv");
  std::filesystem::rename(job, moved);
  const auto lost = house.plan_undo();
  BOOST_TEST(lost.status == 3, lost.err);
  CHECK_HAS(lost.err, "--job FILE");
  const auto changed = house.workspace.write("changed.csv", "op;id;fileName\nrename_shared_folder;1;z\n");
  const auto refused = house.plan_undo({"--job", changed});
  BOOST_TEST(refused.status == 3, refused.err);
  CHECK_HAS(refused.err, "no longer the job of this report");
  house.undo({"--job", moved});
  BOOST_TEST((house.names() == before));
}

BOOST_AUTO_TEST_CASE(a_run_is_captured_from_its_beginning_to_its_end_or_not_at_all) {
  House house(before);
  const auto report = house.workspace.path("plain");
  const auto job = house.workspace.write("job.ndjson", renaming("1", "x") + renaming("2", "y"));
  const auto killed = run_koobatch({"run", job, "--endpoint", house.url, "--token-env", "TOKEN", "--report", report,
                                    "--progress", "none", "--connections", "1"},
                                   with_fault("KOOBATCH_IO_FAULT", "kill:send:2"));
  BOOST_TEST_REQUIRE(killed.status != 0);
  const auto refused = run_koobatch({"resume", report, "--capture", "--progress", "none"}, token);
  BOOST_TEST(refused.status == 2, refused.err);
  CHECK_HAS(refused.err, "--capture: the run was started without");
  const auto resumed = run_koobatch({"resume", report, "--progress", "none"}, token);
  BOOST_TEST(resumed.status == 0, resumed.err);
  BOOST_TEST(house.count("reads") == 0U);
  house.report = report;
  const auto undone = house.plan_undo();
  BOOST_TEST(undone.status == 3, undone.err);
  CHECK_HAS(undone.err, "run with --capture");
}

BOOST_AUTO_TEST_CASE(a_run_of_a_plan_is_undone_without_a_file_of_operations) {
  House house(before);
  BOOST_TEST(house.run(renaming("1", "x")).status == 0);
  house.undo({}, false);
  house.report = house.workspace.path("undo-report");
  const auto undone = house.plan_undo({"--operations", house.workspace.write("operations.toml", "format = 1\n")});
  BOOST_TEST(undone.status == 2, undone.err);
  CHECK_HAS(undone.err, "--operations");
  CHECK_HAS(undone.err, "which holds no operations from a file");
}

BOOST_AUTO_TEST_CASE(a_plan_needs_no_capture_and_a_dry_run_says_what_would_be_read) {
  House house(before);
  BOOST_TEST(house.run(renaming("1", "x")).status == 0);
  BOOST_TEST(house.plan_undo().status == 0);
  const auto refused = run_koobatch({"run", house.workspace.path("undo.plan"), "--endpoint", house.url, "--token-env",
                                     "TOKEN", "--capture", "--report", house.workspace.path("none")},
                                    token);
  BOOST_TEST(refused.status == 2, refused.err);
  CHECK_HAS(refused.err, "can be undone as it is");
  const auto reads = house.count("reads");
  const auto dry = house.run(renaming("1", "y") + std::string(space), {"--dry-run"});
  BOOST_TEST(dry.status == 0, dry.err);
  CHECK_HAS(dry.err,
            "dry run: 2 requests, nothing was sent; --capture: the items of 1 of 2 operations would be read first");
  BOOST_TEST(house.count("reads") == reads);
}

BOOST_AUTO_TEST_SUITE_END()
