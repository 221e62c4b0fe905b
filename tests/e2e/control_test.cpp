// A run in progress is asked for its status, and made to go faster, slower or not at all.
#include "becomes.hpp"
#include "contains.hpp"
#include "process.hpp"
#include "service.hpp"
#include "windows.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace koobatch::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

const Process::Environment token = {{"TOKEN", "secret"}};

std::uint64_t number(const std::string& json, const std::string& name) {
  return std::strtoull(member(json, name).c_str(), nullptr, 10);
}

/// A client that sends whatever it likes.
class RawClient {
 public:
  explicit RawClient(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    BOOST_REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  ~RawClient() { ::close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void say(std::string_view bytes) const { ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  /// Everything until the other side hangs up.
  std::string hear() const {
    std::string text;
    char bytes[4096];
    for (;;) {
      const ssize_t count = ::recv(fd_, bytes, sizeof bytes, 0);
      if (count <= 0) return text;
      text.append(bytes, static_cast<std::size_t>(count));
    }
  }

 private:
  int fd_;
};

/// A service that keeps a log, and a run against it that can be queried.
struct Fixture {
  explicit Fixture(std::size_t operations = 1000, std::vector<std::string> service_flags = {}) {
    workspace.write("job.ndjson", generate_job(operations, operations).text);
    service_flags.insert(service_flags.end(), {"--log", workspace.path("log")});
    service = std::make_unique<Service>(service_flags);
  }

  std::vector<std::string> command(const std::vector<std::string>& flags, const std::string& verb = "run") const {
    std::vector<std::string> words = {KOOBATCH_BINARY, verb};
    if (verb == "run") {
      words.insert(words.end(), {workspace.path("job.ndjson"), "--endpoint", service->url(), "--token-env", "TOKEN",
                                 "--user-id", "7", "--report", report});
    } else {
      words.push_back(report);
    }
    words.insert(words.end(), flags.begin(), flags.end());
    return words;
  }

  /// Starts it, and waits until it can be queried.
  void start(const std::vector<std::string>& flags, const std::string& verb = "run") {
    fs::remove(control());
    run = std::make_unique<Process>(command(flags, verb), token);
    BOOST_REQUIRE(becomes([&] { return fs::exists(control()); }));
  }

  std::string control() const { return report + ".control"; }

  Finished ask(std::vector<std::string> arguments, const Process::Environment& environment = {}) const {
    arguments.insert(arguments.begin() + 1, report);
    return run_koobatch(arguments, environment);
  }
  std::string status() const {
    const auto told = ask({"status", "--json"});
    BOOST_TEST(told.status == 0, told.err);
    return told.out;
  }
  /// Lets a run finish that is slow for as long as the test needs it.
  void hurry() const { BOOST_TEST(ask({"set", "--rate", "none"}).status == 0); }
  Finished finish() const {
    hurry();
    return run->wait();
  }
  void check_all_succeeded(std::size_t operations) const {
    const auto results = read_report(report).results;
    BOOST_TEST(results.size() == operations);
    for (const auto& result : results) BOOST_TEST(result.status == "succeeded", result.text);
  }
  /// The times at which requests arrived, in order.
  std::vector<std::int64_t> arrivals() {
    service->stop();
    std::vector<std::int64_t> times;
    for (const auto& request : read_log(workspace.path("log"))) times.push_back(request.t_ns);
    std::sort(times.begin(), times.end());
    return times;
  }

  const Workspace workspace;
  std::unique_ptr<Service> service;
  std::string report = workspace.path("r.report.ndjson");
  std::unique_ptr<Process> run;
};

constexpr std::int64_t ms = 1'000'000;

}  // namespace

BOOST_AUTO_TEST_SUITE(control)

BOOST_AUTO_TEST_CASE(a_run_reports_its_status_and_its_report_does_when_it_is_over) {
  Fixture fixture(4000);
  fixture.start({"--rate", "100/s", "--progress", "none"});
  const auto text = fixture.ask({"status"});
  BOOST_TEST(text.status == 0);
  BOOST_TEST(text.out.starts_with(fmt::format("{}: running, process {}, for ", fixture.report, fixture.run->pid())),
             text.out);
  BOOST_TEST(contains(text.out, " of 4,000 ("), text.out);
  BOOST_TEST(contains(text.out, "at most 100/s"), text.out);
  const auto json = fixture.status();
  BOOST_TEST(member(json, "schema") == "1");
  BOOST_TEST(member(json, "state") == "running");
  BOOST_TEST(number(json, "process") == static_cast<std::uint64_t>(fixture.run->pid()));
  BOOST_TEST(number(json, "operations") == 4000U);
  BOOST_TEST(contains(json, R"("pace":{"rate":100)"), json);
  const auto finished = fixture.finish();
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(!fs::exists(fs::symlink_status(fixture.control())));
  const auto after = fixture.ask({"status"});
  BOOST_TEST(after.status == 0);
  BOOST_TEST(after.out ==
             fmt::format("{}: completed\n  done       4,000 of 4,000\n  results    4,000 succeeded\n", fixture.report));
  BOOST_TEST(member(fixture.status(), "state") == "completed");
  const auto set = fixture.ask({"set", "--rate", "5/s"});
  BOOST_TEST(set.status == 2);
  BOOST_TEST(contains(set.err, "there is no run in progress to change; every operation has its result"), set.err);
}

BOOST_AUTO_TEST_CASE(only_its_owner_may_query_it_whatever_the_umask_is) {
  for (const std::string umask : {"000", "022"}) {
    Fixture fixture(2000);
    std::vector<std::string> shell = {"/bin/sh", "-c", fmt::format("umask {}; exec \"$@\"", umask), "sh"};
    const auto words = fixture.command({"--rate", "100/s"});
    shell.insert(shell.end(), words.begin(), words.end());
    fixture.run = std::make_unique<Process>(shell, token);
    BOOST_REQUIRE(becomes([&] { return fs::exists(fixture.control()); }));
    struct stat status{};
    BOOST_REQUIRE(::stat(fixture.control().c_str(), &status) == 0);
    BOOST_TEST(S_ISSOCK(status.st_mode));
    BOOST_TEST((status.st_mode & 0777) == 0600U);
    BOOST_TEST(fixture.finish().status == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_rate_that_is_set_holds_from_then_on) {
  for (const std::string threads : {"1", "2"}) {
    // Enough operations that the run is not done before a slow machine has lowered the rate.
    constexpr std::size_t operations = 6000;
    Fixture fixture(operations);
    fixture.start({"--rate", "50/s", "--threads", threads, "--connections", "2", "--progress", "none"});
    const auto faster = fixture.ask({"set", "--rate", "1000/s"});
    BOOST_TEST(faster.status == 0, faster.err);
    BOOST_TEST(contains(faster.out, "at most 1,000/s from now on (previously 50/s)"), faster.out);
    BOOST_TEST(contains(faster.out, "in force  at most 1,000/s"), faster.out);
    BOOST_REQUIRE(becomes([&] { return number(fixture.status(), "requests") >= 500; }));
    const auto slower = fixture.ask({"set", "--rate", "100/s"});
    const std::size_t sent = number(fixture.status(), "requests");
    BOOST_REQUIRE(sent + 200 < operations);
    BOOST_REQUIRE(becomes([&] { return number(fixture.status(), "requests") >= sent + 200; }));
    BOOST_TEST(fixture.ask({"set", "--rate", "none"}).status == 0);
    const auto finished = fixture.run->wait();
    BOOST_TEST(finished.status == 0, finished.err);
    BOOST_TEST(contains(finished.err, "koobatch set: at most 1,000/s from now on (previously 50/s)"), finished.err);
    BOOST_TEST(contains(finished.err, "koobatch set: at most 100/s from now on (previously 1,000/s)"), finished.err);
    fixture.check_all_succeeded(operations);
    const auto times = fixture.arrivals();
    BOOST_REQUIRE(times.size() == operations);
    BOOST_TEST(most_within({times.begin(), times.begin() + 500}, 1000 * ms) > 100U, "it never was faster");
    // 200 ms worth, the burst of one, and what was sent before and is read within them, at most one on each connection;
    // requests in flight did not follow the new rate.
    const auto from = times.begin() + static_cast<std::ptrdiff_t>(sent);
    const std::vector<std::int64_t> slow(from + 16, from + 200);
    BOOST_TEST(most_within(slow, 200 * ms) <= 23U);
    // The service did not change the pace.
    BOOST_TEST(contains(read_report(fixture.report).end.back(), R"("pace":{"cuts":0,"pauses":0)"));
  }
}

BOOST_AUTO_TEST_CASE(without_a_rate_there_is_no_limit_any_more) {
  Fixture fixture(3000);
  fixture.start({"--rate", "10/s"});
  const auto told = fixture.ask({"set", "--rate", "none"});
  BOOST_TEST(contains(told.out, "no limit from now on (previously 10/s)"), told.out);
  const auto again = fixture.ask({"status"});
  BOOST_TEST(again.status == 0);
  BOOST_TEST(fixture.run->wait().status == 0);
  fixture.check_all_succeeded(3000);
}

BOOST_AUTO_TEST_CASE(a_paused_run_sends_nothing_and_is_charged_nothing) {
  for (const std::string threads : {"1", "2"}) {
    // Many operations are between two attempts when the pause comes, which is longer than their deadline, and than an
    // outage may be.
    Fixture fixture(500, {"--fault", "status=500,rate=0.05"});
    fixture.start({"--rate", "100/s", "--retry-base", "400ms", "--max-attempts", "20", "--deadline", "4s",
                   "--max-outage", "2s", "--threads", threads});
    BOOST_REQUIRE(becomes([&] { return number(fixture.status(), "requests") >= 100; }));
    const auto paused = fixture.ask({"set", "--pause"});
    BOOST_TEST(contains(paused.out, "paused: nothing new is sent until --go"), paused.out);
    BOOST_REQUIRE(becomes([&] { return number(fixture.status(), "in_flight") == 0; }));
    const auto before = fixture.status();
    BOOST_TEST(member(before, "state") == "paused");
    BOOST_TEST(!contains(before, "eta_seconds"));
    std::this_thread::sleep_for(6s);
    const auto after = fixture.status();
    BOOST_TEST(number(after, "requests") == number(before, "requests"));
    BOOST_TEST(contains(fixture.ask({"status"}).out, "'koobatch set' with --go continues it"));
    BOOST_TEST(contains(fixture.ask({"set", "--pause"}).out, "paused already"));
    const auto going = fixture.ask({"set", "--go"});
    BOOST_TEST(contains(going.out, "continued, after a pause of "), going.out);
    const auto finished = fixture.run->wait();
    BOOST_TEST(finished.status == 0, finished.out << finished.err);
    fixture.check_all_succeeded(500);
    BOOST_TEST(
        contains(read_report(fixture.report).end.back(), R"("pace":{"cuts":0,"pauses":0,"user_pauses":0,"outages":0)"));
  }
}

BOOST_AUTO_TEST_CASE(a_paused_run_can_be_interrupted_and_resumed) {
  Fixture fixture(3000);
  fixture.start({"--rate", "100/s"});
  BOOST_TEST(fixture.ask({"set", "--pause"}).status == 0);
  fixture.run->signal(SIGINT);
  BOOST_TEST(fixture.run->wait().status == 130);
  BOOST_TEST(!fs::exists(fixture.control()));
  const auto text = fixture.ask({"status"});
  BOOST_TEST(text.out.starts_with(fixture.report + ": interrupted\n"), text.out);
  BOOST_TEST(contains(text.out, "  remaining  "), text.out);
  BOOST_TEST(contains(text.out, "  resume     koobatch resume " + fixture.report), text.out);
  const auto json = fixture.status();
  BOOST_TEST(member(json, "state") == "interrupted");
  BOOST_TEST(member(json, "resume") == "koobatch resume " + fixture.report);
  // The settings applied to that segment only.
  fixture.start({}, "resume");
  BOOST_TEST(contains(fixture.ask({"status"}).out, "running, process "));
  BOOST_TEST(fixture.finish().status == 0);
  fixture.check_all_succeeded(3000);
}

BOOST_AUTO_TEST_CASE(a_signal_queries_the_run_as_well) {
  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{"--progress", "none"}, {"-q"}, {"--log-format", "json", "--progress", "none"}}) {
    Fixture fixture(1500);
    auto more = flags;
    more.insert(more.end(), {"--rate", "50/s"});
    fixture.start(more);
    fixture.run->signal(SIGUSR1);
    const auto finished = fixture.finish();
    BOOST_TEST(finished.status == 0, finished.err);
    BOOST_TEST(contains(finished.err, "r.report.ndjson: running, process "), finished.err);
    BOOST_TEST(contains(finished.err, " of 1,500 ("), finished.err);
    if (flags.front() == "--log-format") BOOST_TEST(finished.err.starts_with("{"), finished.err);
  }
}

BOOST_AUTO_TEST_CASE(a_signal_that_arrives_too_early_or_at_another_command_does_no_harm) {
  Fixture fixture(10);
  Process simulator({KOOBATCH_BINARY, "simulate"});
  simulator.read_line();
  simulator.signal(SIGUSR1);
  std::this_thread::sleep_for(200ms);
  simulator.signal(SIGTERM);
  BOOST_TEST(simulator.wait().status == 0);
}

BOOST_AUTO_TEST_CASE(what_a_killed_run_leaves_is_replaced) {
  Fixture fixture(4000);
  fixture.start({"--rate", "100/s"});
  BOOST_REQUIRE(becomes([&] { return number(fixture.status(), "requests") > 20; }));
  fixture.run->signal(SIGKILL);
  BOOST_TEST(fixture.run->wait().status == 128 + SIGKILL);
  BOOST_TEST(fs::exists(fixture.control()));
  const auto text = fixture.ask({"status"});
  BOOST_TEST(text.status == 0, text.err);
  BOOST_TEST(text.out.starts_with(fixture.report + ": unfinished\n"), text.out);
  BOOST_TEST(contains(text.out, "koobatch resume"), text.out);
  const auto set = fixture.ask({"set", "--pause"});
  BOOST_TEST(set.status == 2);
  BOOST_TEST(contains(set.err, "continue with koobatch resume"), set.err);
  fixture.run = std::make_unique<Process>(fixture.command({"--rate", "100/s"}, "resume"), token);
  BOOST_REQUIRE(becomes([&] { return member(fixture.status(), "state") == "running"; }));
  BOOST_TEST(number(fixture.status(), "segment") == 2U);
  BOOST_TEST(fixture.finish().status == 0);
  BOOST_TEST(!fs::exists(fixture.control()));
  fixture.check_all_succeeded(4000);
}

BOOST_AUTO_TEST_CASE(several_clients_ask_at_once_and_a_silent_one_delays_none) {
  Fixture fixture(6000);
  fixture.start({"--rate", "100/s"});
  const RawClient silent(fixture.control());
  const RawClient half(fixture.control());
  half.say(R"({"do":"sta)");
  const RawClient first(fixture.control());
  const RawClient second(fixture.control());
  second.say("{\"do\":\"set\",\"rate\":150}\n");
  first.say("{\"do\":\"status\"}\n");
  BOOST_TEST(contains(first.hear(), R"({"ok":true,)"));
  BOOST_TEST(contains(second.hear(), "previously 100/s"));
  half.say("tus\"}\n");
  BOOST_TEST(contains(half.hear(), R"({"ok":true,)"));
  std::vector<std::unique_ptr<RawClient>> many;
  for (int i = 0; i < 6; ++i) many.push_back(std::make_unique<RawClient>(fixture.control()));
  BOOST_TEST(fixture.ask({"status"}).status == 0);
  const auto finished = fixture.finish();
  BOOST_TEST(finished.status == 0, finished.err);
  fixture.check_all_succeeded(6000);
}

BOOST_AUTO_TEST_CASE(a_file_with_the_sockets_name_is_left_alone) {
  Fixture fixture(10);
  fixture.workspace.write("r.report.ndjson.control", "precious\n");
  const auto finished = Process(fixture.command({}), token).wait();
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(contains(finished.err,
                      ".control: has the name of the run's socket but is not a socket; move it away; 'koobatch "
                      "status' and 'koobatch set' will not reach this run"),
             finished.err);
  BOOST_TEST(read_file(fixture.control()) == "precious\n");
}

BOOST_AUTO_TEST_CASE(a_run_whose_report_was_renamed_leaves_anothers_socket_alone) {
  Fixture fixture(200);
  fixture.start({"--rate", "100/s"});
  const auto first = std::move(fixture.run);
  fs::rename(fixture.report, fixture.workspace.path("old.report.ndjson"));
  fixture.start({"--rate", "10/s"});
  BOOST_TEST(fixture.ask({"set", "--pause"}).status == 0);
  // A report that was moved stops its run, which then takes its socket along.
  BOOST_TEST(first->wait().status == 5);
  BOOST_TEST(member(fixture.status(), "state") == "paused");
  BOOST_TEST(fixture.ask({"set", "--go"}).status == 0);
  BOOST_TEST(fixture.finish().status == 0);
  BOOST_TEST(!fs::exists(fixture.control()));
}

BOOST_AUTO_TEST_CASE(another_user_is_refused_and_shown_what_the_report_says) {
  Fixture fixture(2000);
  fixture.start({"--rate", "100/s"});
  fs::permissions(fixture.control(), fs::perms::none);
  const auto ask = [&](const std::vector<std::string>& arguments) {
    // Permissions mean nothing to root, unless it gives up that capability.
    std::vector<std::string> command;
    if (::geteuid() == 0) command = {"/usr/bin/setpriv", "--bounding-set", "-dac_override"};
    command.push_back(KOOBATCH_BINARY);
    command.insert(command.end(), arguments.begin(), arguments.end());
    return Process(command).wait();
  };
  const auto text = ask({"status", fixture.report});
  const auto json = ask({"status", fixture.report, "--json"});
  const auto set = ask({"set", fixture.report, "--pause"});
  fs::permissions(fixture.control(), fs::perms::owner_read | fs::perms::owner_write);
  BOOST_TEST(fixture.finish().status == 0);
  BOOST_TEST(text.status == 0, text.err);
  BOOST_TEST(contains(text.out, "only the user who started it, or root, can query\n  done       "), text.out);
  BOOST_TEST(json.status == 0, json.err);
  BOOST_TEST(member(json.out, "state") == "running");
  BOOST_TEST(set.status == 5);
  BOOST_TEST(contains(set.err, "only the user who started the run, or root, can change it"), set.err);
}

BOOST_AUTO_TEST_CASE(people_see_the_name_they_asked_for_and_programs_an_absolute_one) {
  Fixture fixture(2000);
  fixture.start({"--rate", "100/s"});
  const auto folder = fs::path(fixture.report).parent_path();
  const auto text = run_koobatch({"status", "./r.report.ndjson"}, {}, folder);
  BOOST_TEST(text.out.starts_with("./r.report.ndjson: running, process "), text.out);
  const auto set = run_koobatch({"set", "./r.report.ndjson", "--rate", "none"}, {}, folder);
  BOOST_TEST(set.out.starts_with("./r.report.ndjson: no limit from now on"), set.out);
  BOOST_TEST(fixture.run->wait().status == 0);
  const auto json = run_koobatch({"status", "./r.report.ndjson", "--json"}, {}, folder);
  BOOST_TEST(member(json.out, "report") == fixture.report);
}

BOOST_AUTO_TEST_CASE(garbage_is_refused_and_changes_nothing) {
  Fixture fixture(6000);
  fixture.start({"--rate", "100/s"});
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    if (i != '\n') bytes.push_back(static_cast<char>(i));
  }
  const std::vector<std::string> garbage = {"\n",
                                            "{}\n",
                                            "null\n",
                                            bytes + "\n",
                                            std::string(900, '[') + "\n",
                                            std::string(5000, 'x'),
                                            std::string(3000, ' ') + "{\"do\":\"status\"}\n",
                                            "{\"do\":\"stop\"}\n",
                                            "{\"do\":\"set\"}\n",
                                            "{\"do\":\"set\",\"rate\":-1}\n",
                                            "{\"do\":\"set\",\"rate\":1e999}\n",
                                            "{\"do\":\"set\",\"rate\":\"9/s\"}\n",
                                            "{\"do\":\"set\",\"rate\":1,\"rate\":2}\n",
                                            "{\"do\":\"set\",\"pause\":1}\n",
                                            "{\"do\":\"set\",\"pause\":true,\"more\":1}\n",
                                            "{\"do\":\"status\",\"rate\":5}\n"};
  for (const auto& said : garbage) {
    const RawClient client(fixture.control());
    client.say(said);
    BOOST_TEST(client.hear().starts_with(R"({"ok":false,"error":")"), said);
  }
  // Hangs up in the middle.
  for (int i = 0; i < 20; ++i) RawClient(fixture.control()).say("{\"do\":");
  BOOST_TEST(contains(fixture.status(), R"("pace":{"rate":100,)"));
  const auto finished = fixture.finish();
  BOOST_TEST(finished.status == 0, finished.err);
  const auto told = finished.err.find("koobatch set: no limit from now on (previously 100/s)");
  BOOST_TEST(told == finished.err.find("koobatch set"), finished.err);
  BOOST_TEST(told == finished.err.rfind("koobatch set"), finished.err);
}

BOOST_AUTO_TEST_CASE(names_may_be_as_long_as_any_files) {
  Fixture fixture(1000);
  const std::string folder = fixture.workspace.path(std::string(120, 'd'));
  fs::create_directory(folder);
  fixture.report = folder + "/" + std::string(240, 'r');
  fixture.start({"--rate", "50/s"});
  BOOST_TEST(contains(fixture.ask({"status"}).out, ": running, process "));
  // The same report by another name.
  const auto link = fixture.workspace.path("link");
  fs::create_symlink(fixture.report, link);
  BOOST_TEST(contains(run_koobatch({"status", link}).out, ": running, process "));
  BOOST_TEST(fixture.finish().status == 0);
  BOOST_TEST(!fs::exists(fixture.control()));
}

BOOST_AUTO_TEST_CASE(without_a_socket_a_run_continues_and_says_so) {
  Fixture fixture(250);
  // With its suffix the name would be too long for any file system.
  fixture.report = fixture.workspace.path(std::string(250, 'r'));
  fixture.run = std::make_unique<Process>(fixture.command({"--rate", "50/s"}), token);
  BOOST_REQUIRE(becomes([&] { return fs::exists(fixture.report); }));
  const auto text = fixture.ask({"status"});
  const auto set = fixture.ask({"set", "--pause"});
  const auto finished = fixture.run->wait();
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(contains(finished.err, "'koobatch status' and 'koobatch set' will not reach this run"), finished.err);
  fixture.check_all_succeeded(250);
  BOOST_TEST(text.status != 0);
  BOOST_TEST(set.status != 0);
}

BOOST_AUTO_TEST_CASE(a_run_that_has_no_socket_yet_is_not_taken_for_one_that_ended) {
  Fixture fixture(2000);
  fixture.start({"--rate", "50/s"});
  fs::rename(fixture.control(), fixture.workspace.path("aside"));
  const auto text = fixture.ask({"status"});
  BOOST_TEST(contains(text.out, "a process is working on it but cannot be queried"), text.out);
  BOOST_TEST(member(fixture.status(), "state") == "running");
  const auto set = fixture.ask({"set", "--pause"});
  BOOST_TEST(set.status == 5);
  BOOST_TEST(contains(set.err, "the run cannot be changed"), set.err);
  fs::rename(fixture.workspace.path("aside"), fixture.control());
  BOOST_TEST(fixture.finish().status == 0);
}

BOOST_AUTO_TEST_CASE(set_takes_its_changes_only_from_the_command_line_and_needs_one) {
  Fixture fixture(3000);
  fixture.start({"--rate", "100/s"});
  BOOST_TEST(fixture.ask({"set"}).status == 2);
  BOOST_TEST(fixture.ask({"set", "--pause", "--go"}).status == 2);
  BOOST_TEST(fixture.ask({"set", "--rate", "fast"}).status == 2);
  BOOST_TEST(fixture.ask({"set"}, {{"KOOBATCH_RATE", "500/s"}}).status == 2);
  const auto paused = fixture.ask({"set", "--pause"}, {{"KOOBATCH_RATE", "500/s"}});
  BOOST_TEST(contains(paused.out, "in force  at most 100/s, paused"), paused.out);
  const auto both = fixture.ask({"set", "--go", "--rate", "300/s"});
  BOOST_TEST(contains(both.out, "at most 300/s from now on (previously 100/s); continued, after a pause of "),
             both.out);
  BOOST_TEST(fixture.finish().status == 0);
  BOOST_TEST(run_koobatch({"status", fixture.workspace.path("none")}).status == 2);
  BOOST_TEST(run_koobatch({"set", fixture.workspace.path("none"), "--pause"}).status == 2);
}

BOOST_AUTO_TEST_CASE(a_benchmark_with_a_report_can_be_queried_too) {
  Fixture fixture(1);
  fixture.run = std::make_unique<Process>(std::vector<std::string>{KOOBATCH_BINARY, "bench", "--operations", "4000",
                                                                   "--rate", "100/s", "--report", fixture.report});
  BOOST_REQUIRE(becomes([&] { return fs::exists(fixture.control()); }));
  BOOST_TEST(contains(fixture.ask({"status"}).out, " of 4,000 ("));
  fixture.run->signal(SIGUSR1);
  const auto finished = fixture.finish();
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(contains(finished.err, ": running, process "), finished.err);
  BOOST_TEST(!fs::exists(fixture.control()));
}

BOOST_AUTO_TEST_SUITE_END()
