// A name with several addresses: one that does not answer does not block the others (RFC 8305), and when the name leads
// to a healthy node, a run leaves a sick one.
#include "certificates.hpp"
#include "connect_proxy.hpp"
#include "fault_gate.hpp"
#include "full_queue.hpp"
#include "preload.hpp"
#include "scripted_server.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include "koobatch/flow/breaker.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace koobatch::test;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;
using koobatch::flow::Breaker;
using Then = Reply::Then;
using Flags = std::vector<std::string>;

boost::test_tools::assertion_result has_ipv6(boost::unit_test::test_unit_id) {
  koobatch::net::asio::io_context context;
  koobatch::net::asio::ip::tcp::acceptor acceptor(context);
  boost::system::error_code error;
  acceptor.open(koobatch::net::asio::ip::tcp::v6(), error);
  if (!error) acceptor.bind(local("::1"), error);
  boost::test_tools::assertion_result available(!error);
  available.message() << "this machine has no ::1";
  return available;
}

struct Fixture {
  Fixture() { workspace.write("job.ndjson", renames(operations)); }

  /// What the name localhost resolves to from now on.
  void resolve_to(const std::string& addresses) const {
    const auto file = workspace.write("addresses.new", addresses);
    std::filesystem::rename(file, workspace.path("addresses"));
  }
  Process::Environment environment() const {
    return with_fault("KOOBATCH_LOCALHOST", "@" + workspace.path("addresses"));
  }
  Flags command(const std::string& endpoint, const Flags& flags) const {
    Flags all = {"run",          workspace.path("job.ndjson"),
                 "--endpoint",   endpoint,
                 "--user-id",    "7",
                 "--token-env",  "TOKEN",
                 "--retry-base", "1ms",
                 "--report",     report,
                 "--progress",   "none"};
    all.insert(all.end(), flags.begin(), flags.end());
    return all;
  }
  Finished run(const std::string& endpoint, const Flags& flags) const {
    return run_koobatch(command(endpoint, flags), environment());
  }
  Finished run_at(std::uint16_t port, const Flags& flags = {}) const {
    return run(fmt::format("http://localhost:{}", port), flags);
  }

  void check_all_succeeded(const Finished& finished) const {
    BOOST_TEST(finished.status == 0, finished.out << finished.err);
    const auto lines = read_report(report);
    BOOST_TEST(lines.results.size() == operations);
    for (const auto& result : lines.results) BOOST_TEST(result.status == "succeeded", result.text);
  }
  /// Nothing had to be repeated.
  void check_all_succeeded_at_once(const Finished& finished) const {
    check_all_succeeded(finished);
    for (const auto& result : read_report(report).results) BOOST_TEST(result.attempts == 1U, result.text);
    BOOST_TEST(finished.err.find("the service does not answer") == std::string::npos, finished.err);
  }

  static constexpr std::size_t operations = 100;
  Workspace workspace;
  const std::string report = workspace.path("r");
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(addresses, Fixture)

// One address of several does not work -------------------------------------------------------------------------------

/// The first address of `names` swallows attempts, the second one works.
void check_swallowing(const Fixture& fixture, const std::string& first, const std::string& second) {
  const FullQueue dead(local(first));
  const ScriptedServer well({}, local(second, dead.port()));
  fixture.resolve_to(first + " " + second);
  for (const char* connections : {"1", "16"}) {
    BOOST_TEST_CONTEXT(connections << " connections") {
      std::filesystem::remove(fixture.report);
      const auto before = well.requests();
      fixture.check_all_succeeded_at_once(fixture.run_at(dead.port(), {"--connections", connections}));
      BOOST_TEST(well.requests() == before + Fixture::operations);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_address_that_swallows_attempts_does_not_block_the_second_one) {
  check_swallowing(*this, "127.0.0.2", "127.0.0.3");
}

BOOST_AUTO_TEST_CASE(dead_ipv6_does_not_block_ipv4, *boost::unit_test::precondition(has_ipv6)) {
  check_swallowing(*this, "::1", "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(dead_ipv4_does_not_block_ipv6, *boost::unit_test::precondition(has_ipv6)) {
  check_swallowing(*this, "127.0.0.1", "::1");
}

BOOST_AUTO_TEST_CASE(many_dead_addresses_of_one_family_do_not_block_the_other,
                     *boost::unit_test::precondition(has_ipv6)) {
  const FullQueue dead(local("127.0.0.2"));
  const FullQueue also_dead(local("127.0.0.3", dead.port()));
  const ScriptedServer well({}, local("::1", dead.port()));
  resolve_to("127.0.0.2 127.0.0.3 ::1");
  check_all_succeeded_at_once(run_at(dead.port()));
}

BOOST_AUTO_TEST_CASE(an_unreachable_address_does_not_block_the_second_one) {
  const ScriptedServer well({}, local("127.0.0.3"));
  resolve_to("127.0.0.2 127.0.0.3");
  auto environment = this->environment();
  environment["KOOBATCH_IO_FAULT"] = fmt::format("once={}:connect:1", ENETUNREACH);
  check_all_succeeded_at_once(run_koobatch(command(fmt::format("http://localhost:{}", well.port()), {}), environment));
}

BOOST_AUTO_TEST_CASE(the_first_address_is_used_alone_when_it_works) {
  const ScriptedServer first({}, local("127.0.0.2"));
  const ScriptedServer second({}, local("127.0.0.3", first.port()));
  resolve_to("127.0.0.2 127.0.0.3");
  check_all_succeeded_at_once(run_at(first.port()));
  BOOST_TEST(first.requests() == operations);
  BOOST_TEST(second.connections() == 0U);
}

/// Each connection would otherwise wait 250 ms for the first address, 25 s in all.
BOOST_AUTO_TEST_CASE(the_address_that_worked_is_tried_first_from_then_on) {
  const FullQueue dead(local("127.0.0.2"));
  const std::vector<Reply> closes(operations, Reply{.bytes = success("Connection: close\r\n"), .then = Then::close});
  const ScriptedServer well(closes, local("127.0.0.3", dead.port()));
  resolve_to("127.0.0.2 127.0.0.3");
  const auto started = Clock::now();
  check_all_succeeded_at_once(run_at(dead.port(), {"--connections", "1"}));
  BOOST_TEST(well.connections() == operations);
  BOOST_TEST((Clock::now() - started < 15s));
}

BOOST_AUTO_TEST_CASE(the_address_that_worked_is_forgotten_when_it_fails) {
  resolve_to("127.0.0.2 127.0.0.3");
  const std::vector<Reply> slow(2 * operations, Reply{.bytes = success(), .idle = 20ms});
  auto second = std::make_unique<ScriptedServer>(slow, local("127.0.0.3"));
  const auto port = second->port();
  auto arguments = command(fmt::format("http://localhost:{}", port), {"--connections", "2", "-q"});
  arguments.insert(arguments.begin(), KOOBATCH_BINARY);
  Process process(arguments, environment());
  while (second->requests() < 10) std::this_thread::sleep_for(1ms);
  const ScriptedServer first({}, local("127.0.0.2", port));
  second.reset();
  check_all_succeeded(process.wait());
  BOOST_TEST(first.requests() > 0U);
}

BOOST_AUTO_TEST_CASE(an_address_that_heals_is_found) {
  const FullQueue dead(local("127.0.0.2"));
  resolve_to("127.0.0.2 127.0.0.3");
  auto arguments = command(fmt::format("http://localhost:{}", dead.port()),
                           {"--connect-timeout", "600ms", "--max-attempts", "1", "-q"});
  arguments.insert(arguments.begin(), KOOBATCH_BINARY);
  Process process(arguments, environment());
  std::this_thread::sleep_for(1500ms);
  const ScriptedServer healed({}, local("127.0.0.3", dead.port()));
  check_all_succeeded(process.wait());
  BOOST_TEST(healed.requests() == operations);
}

/// The run ends because no service answers, and its message has all of these words.
void check_stopped(const Fixture& fixture, const Finished& finished, const std::vector<std::string>& words) {
  BOOST_TEST(finished.status == 5, finished.err);
  for (const auto& word : words) {
    BOOST_TEST(finished.err.find(word) != std::string::npos, finished.err << "\ndoes not say: " << word);
  }
  BOOST_TEST(read_report(fixture.report).results.empty());
}

BOOST_AUTO_TEST_CASE(all_addresses_that_were_tried_are_named_with_their_errors) {
  const FullQueue dead(local("127.0.0.2"));
  const auto port = dead.port();
  resolve_to("127.0.0.2 127.0.0.3");
  check_stopped(*this, run_at(port, {"--max-outage", "1s", "--connect-timeout", "700ms"}),
                {fmt::format("cannot connect to http://localhost:{}: no connection within 0.7 s (", port),
                 fmt::format("127.0.0.2:{}: no answer", port), fmt::format("127.0.0.3:{}: Connection refused", port)});
}

BOOST_AUTO_TEST_CASE(every_address_has_its_turn_within_a_short_connect_timeout) {
  const FullQueue dead(local("127.0.0.2"));
  const auto port = dead.port();
  const FullQueue also_dead(local("127.0.0.3", port));
  resolve_to("127.0.0.2 127.0.0.3");
  check_stopped(*this, run_at(port, {"--max-outage", "500ms", "--connect-timeout", "200ms"}),
                {"no connection within 0.2 s (", fmt::format("127.0.0.2:{}: no answer", port),
                 fmt::format("127.0.0.3:{}: no answer", port)});
}

// With TLS and through a proxy ---------------------------------------------------------------------------------------

struct TlsFixture : Fixture {
  TlsFixture() { make_certificate(workspace, "good", "DNS:localhost"); }
  Finished run_tls_at(std::uint16_t port, const Flags& flags = {}) const {
    Flags all = {"--cacert", workspace.path("good.pem")};
    all.insert(all.end(), flags.begin(), flags.end());
    return run(fmt::format("https://localhost:{}", port), all);
  }
  const Service& service() {
    if (!service_) {
      service_ =
          std::make_unique<Service>(Flags{"--cert", workspace.path("good.pem"), "--key", workspace.path("good.key")});
    }
    return *service_;
  }
  /// "http" where the gate looks for an address and a port only.
  std::string behind() { return "http" + service().url().substr(std::string("https").size()); }

 private:
  std::unique_ptr<Service> service_;
};

BOOST_FIXTURE_TEST_CASE(tls_reaches_the_second_address_when_the_first_swallows_attempts, TlsFixture) {
  const FullQueue dead(local("127.0.0.2"));
  const FaultGate well(behind(), {}, local("127.0.0.3", dead.port()));
  resolve_to("127.0.0.2 127.0.0.3");
  check_all_succeeded_at_once(run_tls_at(dead.port()));
}

FaultGate::Plan always(Fault::Kind kind) {
  return [kind](std::size_t) { return Script{.fault = {.kind = kind, .after = 1}}; };
}

BOOST_FIXTURE_TEST_CASE(a_failed_handshake_leads_to_the_next_address, TlsFixture) {
  const FaultGate broken(behind(), always(Fault::Kind::close), local("127.0.0.2"));
  const FaultGate well(behind(), {}, local("127.0.0.3", broken.port()));
  resolve_to("127.0.0.2 127.0.0.3");
  check_all_succeeded_at_once(run_tls_at(broken.port()));
  BOOST_TEST(broken.connections() == 1U, "what worked is tried first from then on");
}

BOOST_FIXTURE_TEST_CASE(an_address_that_hangs_in_the_handshake_is_tried_last_from_then_on, TlsFixture) {
  const FaultGate silent(behind(), always(Fault::Kind::black_hole), local("127.0.0.2"));
  const FaultGate well(behind(), {}, local("127.0.0.3", silent.port()));
  resolve_to("127.0.0.2 127.0.0.3");
  check_all_succeeded(run_tls_at(silent.port(), {"--connect-timeout", "3s", "--max-attempts", "1"}));
  BOOST_TEST(silent.connections() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_certificate_that_is_refused_is_final_whatever_other_addresses_there_are, TlsFixture) {
  make_certificate(workspace, "other", "DNS:localhost");
  const FaultGate first(behind(), {}, local("127.0.0.2"));
  const FaultGate second(behind(), {}, local("127.0.0.3", first.port()));
  resolve_to("127.0.0.2 127.0.0.3");
  const auto finished =
      run(fmt::format("https://localhost:{}", first.port()), {"--cacert", workspace.path("other.pem")});
  check_stopped(*this, finished, {"was refused: "});
  BOOST_TEST(second.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(a_proxy_is_reached_by_its_second_address_when_the_first_swallows_attempts) {
  const FullQueue dead(local("127.0.0.2"));
  const ConnectProxy proxy({}, local("127.0.0.3", dead.port()));
  const ScriptedServer well;
  resolve_to("127.0.0.2 127.0.0.3");
  check_all_succeeded_at_once(run(well.url(), {"--proxy", fmt::format("http://localhost:{}", dead.port())}));
  BOOST_TEST(well.requests() == operations);
}

BOOST_AUTO_TEST_CASE(a_proxy_that_refuses_at_one_address_is_asked_at_the_next) {
  const ConnectProxy refusing({.refusal = "HTTP/1.1 502 Bad Gateway\r\n\r\n"}, local("127.0.0.2"));
  const ConnectProxy proxy({}, local("127.0.0.3", refusing.port()));
  const ScriptedServer well;
  resolve_to("127.0.0.2 127.0.0.3");
  check_all_succeeded_at_once(run(well.url(), {"--proxy", fmt::format("http://localhost:{}", proxy.port())}));
  BOOST_TEST(refusing.heads().size() == 1U);
}

BOOST_AUTO_TEST_CASE(all_addresses_of_a_dead_proxy_are_named) {
  const FullQueue dead(local("127.0.0.2"));
  const auto port = dead.port();
  resolve_to("127.0.0.2 127.0.0.3");
  const auto finished = run("http://127.0.0.1:1", {"--proxy", fmt::format("http://localhost:{}", port), "--max-outage",
                                                   "1s", "--connect-timeout", "700ms"});
  check_stopped(*this, finished,
                {fmt::format("through the proxy http://localhost:{}: no connection within 0.7 s (", port),
                 fmt::format("127.0.0.2:{}: no answer", port), fmt::format("127.0.0.3:{}: Connection refused", port)});
}

// A node is sick, and the name leads elsewhere -----------------------------------------------------------------------

/// The number of requests that the sick node answers well first.
constexpr std::size_t healthy_replies = 30;

struct SickNode {
  Reply reply;
  const char* connections;
  const char* threads;
  Flags flags{};
};

/// The run uses persistent connections to a node when that falls sick. Some time after its first bad answer the name
/// has the addresses `then`, of which the last is the healthy node's. `allowed`: the maximum number of bad answers.
void check_sick_node(const Fixture& fixture, const SickNode& sick_node, Clock::duration change_after,
                     const std::string& then, std::size_t allowed) {
  std::vector<Reply> replies(healthy_replies, Reply{.bytes = success()});
  replies.insert(replies.end(), 5'000, sick_node.reply);
  std::atomic<Clock::rep> changed_at{0};
  std::optional<Clock::time_point> sick_since;
  const auto change = [&] {
    const auto now = Clock::now();
    if (!sick_since) sick_since = now;
    if (changed_at != 0 || now - *sick_since < change_after) return;
    fixture.resolve_to(then);
    changed_at = now.time_since_epoch().count();
  };
  for (auto i = healthy_replies; i < replies.size(); ++i) replies[i].before = change;
  fixture.resolve_to("127.0.0.2");
  const ScriptedServer sick(replies, local("127.0.0.2"));
  std::atomic<Clock::rep> reached_at{0};
  const ScriptedServer well(
      {{.bytes = success(), .before = [&] { reached_at = Clock::now().time_since_epoch().count(); }}},
      local("127.0.0.3", sick.port()));
  Flags flags = {"--connections", sick_node.connections, "--threads", sick_node.threads, "--max-attempts", "3"};
  flags.insert(flags.end(), sick_node.flags.begin(), sick_node.flags.end());
  const auto finished = fixture.run_at(sick.port(), flags);
  fixture.check_all_succeeded(finished);
  BOOST_REQUIRE((changed_at != 0 && reached_at != 0));
  const auto after = Clock::duration(reached_at - changed_at);
  BOOST_TEST_MESSAGE(sick.requests() - healthy_replies
                     << " requests failed, " << std::chrono::duration_cast<std::chrono::milliseconds>(after).count()
                     << " ms until the healthy node was reached");
  // Where connections ask at the same time, a few more may have had the last healthy reply.
  BOOST_TEST(well.requests() + healthy_replies + std::stoul(sick_node.connections) >= Fixture::operations);
  BOOST_TEST((after < 6s));
  BOOST_TEST(sick.requests() - healthy_replies <= allowed);
}

const Reply internal_error{.bytes =
                               http_answer(500, R"({"error_code":"APIG.0202","error_msg":"Backend unavailable"})")};
const Reply silence{.then = Then::hang};
const Flags soon = {"--timeout", "400ms"};

/// Treats whatever arrives in one piece as a request, and answers slowly. `count`: counts requests, if not null.
koobatch::net::Awaitable<void> answer_everything(LoopbackServer& server, LoopbackServer::SocketPtr socket,
                                                 std::string answer, std::atomic<std::size_t>* count) {
  // Four times the interval between requests, so that one connection cannot do all the work.
  constexpr auto time = 20ms;
  std::array<char, 16 * 1024> buffer;
  for (bool open = true; open;) {
    const auto [error, size] =
        co_await socket->async_read_some(koobatch::net::asio::buffer(buffer), koobatch::net::as_result);
    if (error) co_return;
    if (count != nullptr) ++*count;
    co_await pause(server.context(), time);
    open = co_await write_all(*socket, answer);
  }
}

const std::vector<SickNode> sick_nodes = {
    {internal_error, "1", "1"}, {internal_error, "16", "1"}, {internal_error, "16", "2"},
    {silence, "1", "1", soon},  {silence, "16", "1", soon},  {silence, "16", "2", soon},
};

/// `in_mid_outage`: the change comes after some probes, which become rarer the longer the outage lasts.
void check_sick_nodes(const Fixture& fixture, bool in_mid_outage, const std::string& then) {
  for (const SickNode& node : sick_nodes) {
    BOOST_TEST_CONTEXT((node.reply.bytes.empty() ? "silence, " : "HTTP 500, ")
                       << node.connections << " connections, " << node.threads << " threads") {
      std::filesystem::remove(fixture.report);
      // What was in flight or was needed to notice the outage, of which the last healthy answers start the count anew;
      // the probes before the change; and one that may have been on its way when it came.
      const std::size_t noticed = 2 * std::stoul(node.connections) + Breaker::failures_to_open;
      // One silent connection needs the time limit of all attempts until the outage is noticed.
      const Clock::duration until_probes = node.reply.bytes.empty() ? 3'500ms : 1s;
      check_sick_node(fixture, node, in_mid_outage ? until_probes : 0s, then, noticed + (in_mid_outage ? 8 : 0) + 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_run_leaves_a_sick_node_when_the_name_already_leads_to_a_healthy_one) {
  check_sick_nodes(*this, false, "127.0.0.3");
}

BOOST_AUTO_TEST_CASE(a_run_leaves_a_sick_node_when_the_name_leads_to_a_healthy_one_during_an_outage) {
  check_sick_nodes(*this, true, "127.0.0.3");
}

BOOST_AUTO_TEST_CASE(a_run_leaves_a_sick_node_for_another_address_of_the_same_name) {
  check_sick_nodes(*this, false, "127.0.0.2 127.0.0.3");
}

/// HTTP 503 counts as throttling at first, which only asks for patience.
BOOST_AUTO_TEST_CASE(a_run_leaves_a_node_that_answers_503_to_everything) {
  const Reply unavailable{.bytes = http_answer(503, R"({"error_code":"APIG.0202","error_msg":"Backend unavailable"})")};
  for (const char* threads : {"1", "2"}) {
    for (const char* connections : {"2", "16"}) {
      BOOST_TEST_CONTEXT(connections << " connections, " << threads << " threads") {
        std::filesystem::remove(report);
        check_sick_node(*this, {unavailable, connections, threads, {"--rate", "100/s"}}, 0s, "127.0.0.3", 1'000);
      }
    }
  }
}

/// A load balancer has put one connection on a sick node. As the others are healthy, that is not an outage.
BOOST_AUTO_TEST_CASE(a_connection_on_which_everything_fails_is_given_up_while_others_are_healthy) {
  constexpr std::size_t sick_connection = 1;
  std::atomic<std::size_t> failed{0};
  LoopbackServer balancer([&](LoopbackServer::SocketPtr socket, std::size_t number) {
    const bool sick = number == sick_connection;
    return answer_everything(balancer, std::move(socket), sick ? internal_error.bytes : success(),
                             sick ? &failed : nullptr);
  });
  const auto finished = run(balancer.url(), {"--connections", "2", "--rate", "200/s"});
  check_all_succeeded(finished);
  BOOST_TEST(failed.load() > 0U);
  BOOST_TEST(failed.load() <= Breaker::failures_to_open);
}

/// A node hangs on one request, and from then on, once that has timed out, on all of them. As the pool is full of
/// connections to it, that would happen to any operation as often as it may be sent.
BOOST_AUTO_TEST_CASE(open_connections_to_an_address_at_which_a_request_timed_out_are_not_reused) {
  constexpr std::size_t healthy = 30;
  struct {
    std::size_t requests = 0;
    std::size_t hung = 0;
    bool sick = false;
  } node;
  resolve_to("127.0.0.2");
  using Socket = LoopbackServer::SocketPtr;
  const auto hang = [&](LoopbackServer& server, Socket socket) -> koobatch::net::Awaitable<void> {
    if (++node.hung == 1) resolve_to("127.0.0.2 127.0.0.3");
    char byte = 0;
    co_await socket->async_read_some(koobatch::net::asio::buffer(&byte, 1), koobatch::net::as_result);
    // What was on its way is answered.
    co_await pause(server.context(), 100ms);
    node.sick = true;
  };
  const auto serve = [&](LoopbackServer& server, Socket socket) -> koobatch::net::Awaitable<void> {
    std::array<char, 16 * 1024> buffer;
    for (bool open = true; open;) {
      const auto [error, size] =
          co_await socket->async_read_some(koobatch::net::asio::buffer(buffer), koobatch::net::as_result);
      if (error) co_return;
      if (++node.requests == healthy || node.sick) {
        co_await hang(server, std::move(socket));
        co_return;
      }
      // Long enough for a dozen of requests to be in flight, each on a connection of its own.
      co_await pause(server.context(), 300ms);
      open = co_await write_all(*socket, success());
    }
  };
  {
    LoopbackServer sick([&](Socket socket, std::size_t) { return serve(sick, std::move(socket)); }, local("127.0.0.2"));
    const ScriptedServer well({}, local("127.0.0.3", sick.port()));
    check_all_succeeded(run_at(sick.port(), {"--connections", "16", "--rate", "40/s", "--timeout", "1s"}));
    BOOST_TEST(well.requests() > 0U);
  }
  BOOST_TEST(node.sick);
  BOOST_TEST(node.hung == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
