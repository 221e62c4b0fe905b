// Whatever the network does, every operation ends as documented, and the run continues once the network has recovered.
#include "certificates.hpp"
#include "fault_gate.hpp"
#include "full_queue.hpp"
#include "preload.hpp"
#include "run_checks.hpp"
#include "scripted_server.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <map>
#include <thread>

using namespace koobatch;
using namespace koobatch::test;
using namespace std::chrono_literals;

namespace {

using Then = Reply::Then;
using Kind = Fault::Kind;

const Process::Environment token = {{"TOKEN", "secret"}};

/// A job and the command that runs it.
struct Fixture {
  std::vector<std::string> command(const std::string& url, const std::vector<std::string>& flags) const {
    std::vector<std::string> all = {"run",          workspace.path("job.ndjson"),
                                    "--endpoint",   url,
                                    "--user-id",    "7",
                                    "--token-env",  "TOKEN",
                                    "--retry-base", "1ms",
                                    "--report",     report,
                                    "--progress",   "none"};
    all.insert(all.end(), flags.begin(), flags.end());
    return all;
  }
  Finished run(const std::string& url, const std::vector<std::string>& flags,
               const Process::Environment& environment = token) const {
    return run_koobatch(command(url, flags), environment);
  }
  Finished resume(const std::string& url) const {
    return run_koobatch({"resume", report, "--endpoint", url, "--progress", "none", "-q"}, token);
  }
  GeneratedJob make_job(std::size_t operations, std::size_t keys) const {
    auto job = generate_job(operations, keys);
    workspace.write("job.ndjson", job.text);
    return job;
  }
  GeneratedJob make_job(std::size_t operations) const { return make_job(operations, operations); }

  /// The run stopped because no service answered, with nothing finalised. With a service, it resumes to the end.
  void check_stopped_and_resume(const Finished& finished, const std::string& message) const {
    BOOST_TEST(finished.status == 5, finished.err);
    BOOST_TEST(finished.err.find("the service does not answer: nothing is sent but") != std::string::npos,
               finished.err);
    BOOST_TEST(finished.err.find(message) != std::string::npos, finished.err);
    BOOST_TEST(finished.err.find(fmt::format("run 'koobatch resume {}'", report)) != std::string::npos, finished.err);
    BOOST_TEST(read_report(report).results.empty());
    const ScriptedServer well;
    const auto resumed = resume(well.url());
    BOOST_TEST(resumed.status == 0, resumed.err);
    check_all_succeeded();
  }
  void check_all_succeeded() const {
    const auto lines = read_report(report);
    const auto succeeded = std::count_if(lines.results.begin(), lines.results.end(),
                                         [](const ReportedResult& result) { return result.status == "succeeded"; });
    BOOST_TEST(static_cast<std::size_t>(succeeded) == lines.results.size());
    BOOST_REQUIRE(!lines.end.empty());
    BOOST_TEST(member(member(lines.end.back(), "counts"), "remaining") == "0");
  }

  Workspace workspace;
  const std::string report = workspace.path("r");
};

/// A port that nothing listens on.
std::uint16_t free_port() {
  net::asio::io_context context;
  return net::asio::ip::tcp::acceptor(context, {net::asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(network, Fixture)

// No connection ------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_host_that_does_not_exist_leaves_a_resumable_run) {
  make_job(3);
  check_stopped_and_resume(run("https://koobatch.invalid", {"--max-outage", "1s"}),
                           "cannot resolve 'koobatch.invalid'");
}

BOOST_AUTO_TEST_CASE(a_refused_connection_leaves_a_resumable_run) {
  make_job(3);
  check_stopped_and_resume(run(fmt::format("http://127.0.0.1:{}", free_port()), {"--max-outage", "1s"}),
                           "Connection refused");
}

BOOST_AUTO_TEST_CASE(plain_http_where_tls_is_expected_is_recognised) {
  make_job(3);
  const Service plain;
  const auto url = "https" + plain.url().substr(std::string("http").size());
  check_stopped_and_resume(run(url, {"--max-outage", "1s"}), "; does it speak plain HTTP?");
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_not_accepted_leaves_a_resumable_run) {
  make_job(3);
  const FullQueue full;
  check_stopped_and_resume(run(full.url(), {"--max-outage", "1s", "--connect-timeout", "100ms"}),
                           "no connection within 0.1 s");
}

BOOST_AUTO_TEST_CASE(the_second_address_is_tried_when_the_first_one_refuses) {
  make_job(3);
  const ScriptedServer well;
  const auto url = fmt::format("http://localhost:{}", well.port());
  const auto finished = run(url, {}, with_fault("KOOBATCH_LOCALHOST", "127.0.0.2 127.0.0.1"));
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(well.requests() == 3U);
  for (const auto& result : read_report(report).results) BOOST_TEST(result.attempts == 1U, result.text);
}

BOOST_AUTO_TEST_CASE(all_addresses_refusing_is_a_service_that_is_down) {
  make_job(3);
  const auto port = free_port();
  const auto finished = run(fmt::format("http://localhost:{}", port), {"--max-outage", "1s"},
                            with_fault("KOOBATCH_LOCALHOST", "127.0.0.2 127.0.0.3"));
  check_stopped_and_resume(finished, fmt::format("127.0.0.2:{}: Connection refused", port));
  BOOST_TEST(finished.err.find(fmt::format("127.0.0.3:{}: Connection refused", port)) != std::string::npos,
             finished.err);
}

BOOST_AUTO_TEST_CASE(a_service_that_closes_every_connection_leaves_a_resumable_run) {
  make_job(3);
  Service service;
  const FaultGate gate(service.url(), [](std::size_t) { return Script{.fault = {.kind = Kind::close}}; });
  check_stopped_and_resume(run(gate.url(), {"--max-outage", "1s", "--max-attempts", "1"}),
                           "the connection was closed before an answer came");
}

// Connections kept open ----------------------------------------------------------------------------------------------

/// Slow enough for connections to be idle between two requests, so that the second request meets what happens to them.
const std::vector<std::string> slowly = {"--connections", "1", "--rate", "2/s"};

BOOST_AUTO_TEST_CASE(an_idle_connection_that_was_closed_is_not_used_again) {
  make_job(4);
  const Reply closes{.bytes = success(), .then = Then::close, .idle = 10ms};
  const ScriptedServer server({closes, closes, closes, closes});
  const auto finished = run(server.url(), slowly);
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(server.requests() == 4U);
  BOOST_TEST(server.connections() == 4U);
  for (const auto& result : read_report(report).results) BOOST_TEST(result.attempts == 1U, result.text);
}

BOOST_AUTO_TEST_CASE(an_idle_connection_that_was_reset_is_not_used_again) {
  make_job(3);
  const Reply resets{.bytes = success(), .then = Then::reset, .idle = 10ms};
  const ScriptedServer server({resets, resets, resets});
  const auto finished = run(server.url(), slowly);
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(server.connections() == 3U);
  for (const auto& result : read_report(report).results) BOOST_TEST(result.attempts == 1U, result.text);
}

BOOST_AUTO_TEST_CASE(unsolicited_bytes_close_an_idle_connection) {
  make_job(3);
  const Reply talkative{.bytes = success(), .later = http_answer(403, R"({"code":13000410,"msg":"no permission"})")};
  const ScriptedServer server({talkative, talkative, talkative});
  const auto finished = run(server.url(), slowly);
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(server.requests() == 3U);
  BOOST_TEST(server.connections() == 3U);
}

BOOST_AUTO_TEST_CASE(a_connection_that_closes_under_a_request_is_repeated_and_shows_in_the_history) {
  make_job(3);
  const ScriptedServer server({{.bytes = success()}, {.then = Then::close}});
  const auto finished = run(server.url(), {"--connections", "1", "--max-attempts", "1"});
  BOOST_TEST(finished.status == 0, finished.err);
  const auto lines = read_report(report);
  const auto repeated = std::find_if(lines.results.begin(), lines.results.end(),
                                     [](const ReportedResult& result) { return result.attempts == 2; });
  BOOST_REQUIRE((repeated != lines.results.end()));
  BOOST_TEST(repeated->text.find(R"("history":[{"attempt":1,"error":"the connection was closed before an answer)") !=
                 std::string::npos,
             repeated->text);
  BOOST_TEST(repeated->text.find(R"({"attempt":2,"http":200,"code":0)") != std::string::npos, repeated->text);
}

// The gate -----------------------------------------------------------------------------------------------------------

/// No request or answer is longer.
constexpr std::size_t most_bytes(Side side) {
  return side == Side::request ? 500 : 260;
}
/// How many exchanges succeed on every other connection before one fails: scattered faults are not an outage.
constexpr std::size_t healthy_exchanges = 9;

/// Every place of this side where an exchange can be hit, on a new connection and on one that was used.
void add_every_place(std::vector<Fault>& faults, Side side, Kind on_new, Kind on_used) {
  for (std::size_t after = 0; after < most_bytes(side); ++after) {
    if (on_new != Kind::none) faults.push_back({on_new, side, 0, after});
    faults.push_back({on_used, side, healthy_exchanges, after});
  }
}

FaultGate::Plan one_after_the_other(const std::vector<Fault>& faults) {
  return [faults](std::size_t number) { return number < faults.size() ? Script{.fault = faults[number]} : Script{}; };
}

/// A run through all of these faults, one on each connection, loses, doubles and reorders nothing.
void check_faults(const Fixture& fixture, const std::vector<Fault>& faults, std::size_t exchanges_each) {
  const std::size_t operations = faults.size() * exchanges_each;
  const auto job = fixture.make_job(operations, operations / 2);
  Service service({"--log", fixture.workspace.path("log")});
  const FaultGate gate(service.url(), one_after_the_other(faults));
  // Many exchanges are hit: with the usual five attempts, some operation would be hit every time.
  const auto finished =
      fixture.run(gate.url(), {"--connections", "1", "--max-attempts", "20", "--max-outage", "30s", "-q"});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST(gate.struck() == faults.size(), "the job is long enough to meet every fault");
  for (const Side side : {Side::request, Side::answer}) BOOST_TEST(gate.longest(side) < most_bytes(side));
  check_nothing_lost_doubled_or_reordered(service, fixture.workspace.path("log"), fixture.report, job, operations);
}

void check_breaks(const Fixture& fixture, Kind on_new, Kind on_used) {
  std::vector<Fault> faults;
  for (const Side side : {Side::request, Side::answer}) add_every_place(faults, side, on_new, on_used);
  check_faults(fixture, faults, healthy_exchanges / 2 + 2);
}

BOOST_AUTO_TEST_CASE(connections_closed_at_every_byte_when_new_and_reset_at_every_byte_when_used) {
  check_breaks(*this, Kind::close, Kind::reset);
}

BOOST_AUTO_TEST_CASE(connections_reset_at_every_byte_when_new_and_closed_at_every_byte_when_used) {
  check_breaks(*this, Kind::reset, Kind::close);
}

BOOST_AUTO_TEST_CASE(answers_corrupted_at_every_byte) {
  std::vector<Fault> faults;
  add_every_place(faults, Side::answer, Kind::none, Kind::corrupt);
  check_faults(*this, faults, healthy_exchanges + 3);
}

BOOST_AUTO_TEST_CASE(an_event_is_never_sent_twice_wherever_its_connection_breaks) {
  std::vector<Fault> faults;
  for (const Side side : {Side::request, Side::answer}) {
    for (std::size_t after = 0; after < most_bytes(side); after += 6) {
      faults.push_back({Kind::close, side, 0, after});
      faults.push_back({Kind::reset, side, 1, after});
    }
  }
  const std::size_t events = faults.size() * 4;
  std::string job;
  for (std::size_t i = 1; i <= events; ++i) {
    job += fmt::format("{{\"op\":\"post_event\",\"id\":\"{}\",\"text\":\"e\"}}\n", i);
  }
  workspace.write("job.ndjson", job);
  Service service({"--log", workspace.path("log")});
  const FaultGate gate(service.url(), one_after_the_other(faults));
  const auto finished = run(gate.url(), {"--connections", "1", "-q"});
  BOOST_TEST(finished.status == 1, finished.err);
  BOOST_TEST(gate.struck() == faults.size(), "the job is long enough to meet every fault");
  service.stop();
  std::map<std::uint32_t, unsigned> arrived;
  for (const auto& request : read_log(workspace.path("log"))) {
    // What was cut off on its way does not count as a request.
    if (request.applied) BOOST_TEST(++arrived[request.line] == 1U, "line " << request.line << " was sent twice");
  }
  const auto lines = read_report(report);
  BOOST_TEST(lines.results.size() == events);
  for (const auto& result : lines.results) {
    BOOST_TEST((result.status == "succeeded" || result.status == "unknown"), result.text);
    if (result.status == "succeeded") BOOST_TEST(arrived.count(result.line) == 1U, result.text);
  }
}

/// The service behind TLS.
struct TlsFixture : Fixture {
  TlsFixture() { make_certificate(workspace, "good", "IP:127.0.0.1"); }
  std::vector<std::string> service_flags() const {
    return {"--cert", workspace.path("good.pem"), "--key", workspace.path("good.key"), "--log", workspace.path("log")};
  }
  void check(const std::vector<Fault>& faults, std::size_t operations) const {
    check(faults, operations, "1.1", faults.size());
    std::filesystem::remove(report);
    // An exchange takes fewer bytes then, so the last places are not reached.
    check(faults, operations, "2", faults.size() / 4);
  }
  void check(const std::vector<Fault>& faults, std::size_t operations, const std::string& version,
             std::size_t struck) const {
    BOOST_TEST_CONTEXT("HTTP/" << version) {
      const auto job = make_job(operations, operations / 2);
      Service service(service_flags());
      const FaultGate gate(service.url(), one_after_the_other(faults));
      const auto finished =
          run(fmt::format("https://127.0.0.1:{}", gate.port()),
              {"--cacert", workspace.path("good.pem"), "--connections", "1", "--max-attempts", "20", "--max-outage",
               "30s", "--timeout", "300ms", "--connect-timeout", "300ms", "-q", "--http", version, "--streams", "1"});
      BOOST_TEST(finished.status == 0, finished.out << finished.err);
      BOOST_TEST(gate.struck() >= struck, "the job is long enough to meet the faults");
      // The log and the state cannot be read over TLS, but the report shows it.
      const auto lines = read_report(report);
      BOOST_TEST(lines.results.size() == operations);
      check_all_succeeded();
    }
  }
};

/// Handshake, requests and answers: a place in every piece of them.
std::vector<Fault> places_in_tls(Kind kind, std::size_t step) {
  std::vector<Fault> faults;
  for (const Side side : {Side::request, Side::answer}) {
    for (std::size_t after = 0; after < 2'500; after += step) {
      faults.push_back({kind, side, 0, after});
      faults.push_back({kind, side, 4, after / 4});
    }
  }
  return faults;
}

BOOST_FIXTURE_TEST_CASE(tls_connections_closed_anywhere, TlsFixture) {
  check(places_in_tls(Kind::close, 43), 2'000);
}

BOOST_FIXTURE_TEST_CASE(tls_connections_reset_anywhere, TlsFixture) {
  check(places_in_tls(Kind::reset, 47), 2'000);
}

BOOST_FIXTURE_TEST_CASE(tls_connections_corrupted_anywhere, TlsFixture) {
  check(places_in_tls(Kind::corrupt, 61), 2'000);
}

/// A run whose every connection has this script.
void check_shape(const Fixture& fixture, const Script& script, std::size_t operations) {
  const auto job = fixture.make_job(operations);
  Service service({"--log", fixture.workspace.path("log")});
  const FaultGate gate(service.url(), [script](std::size_t) { return script; });
  const auto finished = fixture.run(gate.url(), {"-q"});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  for (const auto& result : read_report(fixture.report).results) BOOST_TEST(result.attempts == 1U, result.text);
  check_nothing_lost_doubled_or_reordered(service, fixture.workspace.path("log"), fixture.report, job, operations);
}

BOOST_AUTO_TEST_CASE(a_network_that_delivers_single_bytes) {
  check_shape(*this, {.requests = {.single_bytes = true}, .answers = {.single_bytes = true}}, 100);
}

BOOST_AUTO_TEST_CASE(a_network_with_a_long_delay) {
  check_shape(*this, {.requests = {.delay = 40ms}, .answers = {.delay = 40ms}}, 100);
}

BOOST_AUTO_TEST_CASE(a_narrow_network) {
  check_shape(*this, {.requests = {.bytes_per_second = 10'000}, .answers = {.bytes_per_second = 5'000}}, 100);
}

/// Waits for something that another process brings about.
template <class Condition>
void wait_until(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!condition()) {
    BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < deadline, "it did not happen");
    std::this_thread::sleep_for(5ms);
  }
}

/// The run meets a silent network, waits, and continues when the network has recovered.
void check_black_hole(const Fixture& fixture, Side side) {
  const auto job = fixture.make_job(200);
  Service service({"--log", fixture.workspace.path("log")});
  FaultGate gate(service.url(), [side](std::size_t) {
    return Script{.fault = {.kind = Kind::black_hole, .side = side, .exchange = 5, .after = 50}};
  });
  auto command = fixture.command(gate.url(), {"--timeout", "200ms", "--max-attempts", "2", "-q"});
  command.insert(command.begin(), KOOBATCH_BINARY);
  Process process(command, token);
  wait_until([&] { return gate.struck() >= 10; });
  gate.heal();
  const auto finished = process.wait();
  // Whatever fell into the hole before it was an outage has used up its attempts.
  BOOST_TEST((finished.status == 0 || finished.status == 1), finished.err);
  const auto lines = read_report(fixture.report);
  BOOST_TEST(lines.results.size() == 200U);
  for (const auto& result : lines.results) {
    BOOST_TEST((result.status == "succeeded" || result.status == "unknown"), result.text);
    if (result.status == "unknown") BOOST_TEST(result.attempts >= 2U, result.text);
  }
}

BOOST_AUTO_TEST_CASE(a_network_that_swallows_requests_until_it_is_healed) {
  check_black_hole(*this, Side::request);
}

BOOST_AUTO_TEST_CASE(a_network_that_swallows_answers_until_it_is_healed) {
  check_black_hole(*this, Side::answer);
}

BOOST_AUTO_TEST_CASE(a_silent_service_is_an_outage_that_uses_up_no_attempts) {
  make_job(200);
  Service service;
  FaultGate gate(service.url(), [](std::size_t) { return Script{.fault = {.kind = Kind::black_hole}}; });
  // Long enough for a healthy service on a busy machine.
  auto command = this->command(gate.url(), {"--timeout", "500ms", "--max-attempts", "1", "-q"});
  command.insert(command.begin(), KOOBATCH_BINARY);
  Process process(command, token);
  wait_until([&] { return gate.struck() >= 3; });
  gate.heal();
  const auto finished = process.wait();
  BOOST_TEST(finished.status == 0, finished.err);
  check_all_succeeded();
}

BOOST_AUTO_TEST_CASE(a_service_that_stops_accepting_until_it_is_healed) {
  make_job(200);
  Service service;
  FaultGate gate(service.url());
  gate.stop_accepting();
  auto command =
      this->command(gate.url(), {"--timeout", "500ms", "--connect-timeout", "500ms", "--max-attempts", "1", "-q"});
  command.insert(command.begin(), KOOBATCH_BINARY);
  Process process(command, token);
  std::this_thread::sleep_for(1500ms);
  gate.accept_again();
  const auto finished = process.wait();
  BOOST_TEST(finished.status == 0, finished.err);
  check_all_succeeded();
}

// Limits of this machine
// -----------------------------------------------------------------------------------------------

/// Fewer connections than asked for, and not one attempt lost by it.
void check_fewer_connections(const Fixture& fixture, const Finished& finished, const FaultGate& gate,
                             std::size_t connections) {
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  fixture.check_all_succeeded();
  for (const auto& result : read_report(fixture.report).results) BOOST_TEST(result.attempts == 1U, result.text);
  BOOST_TEST(gate.connections() > 0U);
  BOOST_TEST(gate.connections() < connections);
  BOOST_TEST(finished.err.find("ulimit -n") != std::string::npos, finished.err);
}

/// A delay long enough that connections are needed side by side.
const Script slow_answers{.answers = {.delay = 100ms}};

/// Under this limit on open files.
Finished run_limited(const std::string& limit, const std::vector<std::string>& arguments) {
  std::vector<std::string> shell = {"/bin/sh", "-c", fmt::format("ulimit {}; exec \"$@\"", limit), "sh",
                                    KOOBATCH_BINARY};
  shell.insert(shell.end(), arguments.begin(), arguments.end());
  return Process(shell, token).wait();
}

BOOST_AUTO_TEST_CASE(a_limit_on_open_files_lowers_the_number_of_connections) {
  make_job(120);
  Service service;
  FaultGate gate(service.url(), [](std::size_t) { return slow_answers; });
  const auto finished = run_limited("-n 20", command(gate.url(), {"--connections", "64"}));
  check_fewer_connections(*this, finished, gate, 20);
}

BOOST_AUTO_TEST_CASE(a_limit_on_open_files_leaves_every_thread_a_connection) {
  make_job(120);
  Service service;
  FaultGate gate(service.url(), [](std::size_t) { return slow_answers; });
  const auto finished = run_limited("-n 28", command(gate.url(), {"--connections", "64", "--threads", "3"}));
  check_fewer_connections(*this, finished, gate, 28);
}

BOOST_AUTO_TEST_CASE(a_limit_on_open_files_that_is_too_low_is_reported_before_anything_is_sent) {
  make_job(3);
  const ScriptedServer well;
#ifdef __SANITIZE_ADDRESS__
  // The undefined behaviour sanitizer looks at memory through a pipe, and considers it damaged if it cannot get one.
  const std::vector<const char*> limits = {"-n 14"};
#else
  const std::vector<const char*> limits = {"-n 8", "-n 10", "-n 14"};
#endif
  for (const char* limit : limits) {
    const auto finished = run_limited(limit, command(well.url(), {"--connections", "64", "--threads", "2"}));
    BOOST_TEST(finished.status == 2, finished.err);
    BOOST_TEST(finished.err.find("ulimit -n") != std::string::npos, finished.err);
  }
  BOOST_TEST(well.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(a_limit_on_open_files_that_may_be_raised_is_raised) {
  make_job(120);
  Service service;
  FaultGate gate(service.url(), [](std::size_t) { return slow_answers; });
  const auto finished = run_limited("-S -n 20", command(gate.url(), {"--connections", "64"}));
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(finished.err.find("ulimit -n") == std::string::npos, finished.err);
  BOOST_TEST(gate.connections() > 20U);
}

BOOST_AUTO_TEST_CASE(a_lack_of_descriptors_lowers_the_number_of_connections) {
  make_job(120);
  Service service;
  FaultGate gate(service.url(), [](std::size_t) { return slow_answers; });
  const auto fault = with_fault("KOOBATCH_IO_FAULT", fmt::format("fail={}:socket:6", EMFILE));
  check_fewer_connections(*this, run(gate.url(), {"--connections", "64"}, fault), gate, 6);
}

BOOST_AUTO_TEST_CASE(a_lack_of_ports_lowers_the_number_of_connections) {
  make_job(120);
  Service service;
  FaultGate gate(service.url(), [](std::size_t) { return slow_answers; });
  const auto fault = with_fault("KOOBATCH_IO_FAULT", fmt::format("fail={}:connect:6", EADDRNOTAVAIL));
  check_fewer_connections(*this, run(gate.url(), {"--connections", "64"}, fault), gate, 6);
}

BOOST_AUTO_TEST_CASE(without_any_connection_a_lack_of_ports_is_a_failure_to_connect) {
  make_job(3);
  const ScriptedServer well;
  const auto fault = with_fault("KOOBATCH_IO_FAULT", fmt::format("fail={}:connect:1", EADDRNOTAVAIL));
  check_stopped_and_resume(run(well.url(), {"--max-outage", "1s"}, fault), "Cannot assign requested address");
}

BOOST_AUTO_TEST_SUITE_END()
