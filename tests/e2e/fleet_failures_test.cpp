// What can only be excluded by time: machines that are stopped together with their clocks, networks that fail between a
// worker and the engine only, and the rate while workers come and go.
#include "becomes.hpp"
#include "contains.hpp"
#include "engine_relay.hpp"
#include "fleet_stage.hpp"
#include "paths.hpp"
#include "windows.hpp"

#include "koobatch/core/clock.hpp"
#include "koobatch/core/trace_id.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace koobatch::test;
using namespace std::chrono_literals;
namespace bdata = boost::unit_test::data;

namespace {

/// A worker "a" that reaches the engine through a relay, and others that do not.
struct Fleet : FleetStage {
  Fleet(std::size_t count, std::size_t keys, const std::vector<std::string>& service_flags = {})
      : FleetStage(count, keys, service_flags) {}

  std::unique_ptr<Process> start_relayed(const Process::Environment& environment = {}) {
    auto command = work_command("a");
    *(std::ranges::find(command, "--engine") + 1) = relay.url();
    ++starts["a"];
    auto all = environment;
    all.emplace("TOKEN", "secret");
    return std::make_unique<Process>(command, all);
  }
  /// Of its first enrolment.
  std::uint32_t trace_prefix_of_a() const {
    return static_cast<std::uint32_t>(
        std::stoul(postgres.query("SELECT trace_prefix FROM koobatch.worker WHERE name = 'a' ORDER BY id LIMIT 1")));
  }
  void wait_until_fenced() const {
    BOOST_TEST(becomes([&] {
      return postgres.query("SELECT state FROM koobatch.worker WHERE name = 'a' ORDER BY id LIMIT 1") == "fenced";
    }));
  }
  std::size_t requests() const { return std::stoul(member(service.get("/_sim/stats"), "requests")); }

  EngineRelay relay{postgres};
};

bool is_of(const LoggedRequest& request, std::uint32_t trace_prefix) {
  const auto trace = koobatch::parse_trace_id(request.trace_id);
  return trace && trace->prefix == trace_prefix;
}

/// How many requests were carried out on an item after a newer operation's.
std::size_t overtaken(const std::vector<LoggedRequest>& log) {
  std::map<std::string, std::uint32_t> newest;
  std::size_t count = 0;
  for (const auto& request : log) {
    if (!request.applied) continue;
    auto& line = newest[request.key];
    if (request.line < line) ++count;
    line = std::max(line, request.line);
  }
  return count;
}

/// Checks that each operation has one result, and succeeded.
void check_results(const std::string& report, std::size_t operations) {
  const auto results = read_report(report).results;
  std::set<std::uint32_t> lines;
  std::size_t succeeded = 0;
  for (const auto& result : results) {
    lines.insert(result.line);
    if (result.status == "succeeded") ++succeeded;
  }
  BOOST_TEST(results.size() == operations);
  BOOST_TEST(lines.size() == operations);
  BOOST_TEST(succeeded == operations);
}

/// One of whose workers is on a machine that stops with its clocks, just before it sends: its request is dated, and has
/// passed every check. The service refuses what is older than `window`.
struct StoppedMachine : Fleet {
  static constexpr std::size_t all = 200;
  // Requests are dated a minute back, lest they be in the future of the service: they are good for 20 s.
  static constexpr auto window = "80s";
  static constexpr auto longer_than_window = "21s";

  explicit StoppedMachine(const std::string& hold, const std::string& wall_clock = "late")
      : Fleet(all, 5, {"--x-date-window", window}) {
    submit({"--hold", hold});
    const auto note = workspace.path("stopped-request");
    stopped = start_relayed({{"LD_PRELOAD", STOPPED_CLOCKS_LIBRARY},
                             {"KOOBATCH_STOPPED_CLOCKS", fmt::format("30:{}:{}", wall_clock, note)},
                             {"ASAN_OPTIONS", "verify_asan_link_order=0"}});
    BOOST_REQUIRE(becomes([&] { return std::filesystem::exists(note); }));
    trace_prefix = trace_prefix_of_a();
    other = start_worker("b");
  }

  /// The machine goes on, and whatever it sends is awaited.
  void wake() {
    const auto before = requests();
    stopped->signal(SIGCONT);
    BOOST_TEST(becomes([&] { return requests() > before; }), "the request was sent in the end");
    std::this_thread::sleep_for(2s);
    BOOST_TEST(stopped_requests_before == 0U);
    stopped_requests_before = before;
  }
  void finish_other() {
    const auto finished = other->wait(180s);
    BOOST_TEST(finished.status == 0, finished.err);
    BOOST_TEST(contains(finished.err, "gave no sign of life"), finished.err);
  }
  /// The log, in the order of arrival. All results are checked.
  std::vector<LoggedRequest> end() {
    stopped->signal(SIGKILL);
    stopped->wait();
    const auto collected = collect();
    BOOST_TEST(collected.status == 0, collected.err);
    check_results(report, all);
    service.stop();
    return read_log(log);
  }

  std::unique_ptr<Process> stopped;
  std::unique_ptr<Process> other;
  std::uint32_t trace_prefix = 0;
  std::size_t stopped_requests_before = 0;  ///< that had arrived when it went on
};

/// What cannot pass between the worker and the engine.
const std::vector<EngineRelay::Way> cuts = {EngineRelay::Way::silent, EngineRelay::Way::no_statements,
                                            EngineRelay::Way::no_answers, EngineRelay::Way::closed};
constexpr auto lease = 5s;
/// For what was sent in time to arrive.
constexpr auto arrival = 500ms;

/// Checks that nothing of this enrolment arrived from a while after `cut` on until `healed`: UTC, as in the log.
void check_silence(const std::vector<LoggedRequest>& log, std::uint32_t trace_prefix, koobatch::WallTime cut,
                   koobatch::WallTime healed) {
  const auto from = koobatch::timestamp(cut + lease + arrival);
  const auto until = koobatch::timestamp(healed);
  std::size_t earlier = 0;
  std::size_t meanwhile = 0;
  for (const auto& request : log) {
    if (!is_of(request, trace_prefix)) continue;
    if (request.time < from) ++earlier;
    if (request.time >= from && request.time < until) ++meanwhile;
  }
  BOOST_TEST(earlier != 0U, "it was at work");
  BOOST_TEST(meanwhile == 0U);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_failures, *boost::unit_test::precondition([](auto) {
                        return boost::test_tools::assertion_result(PostgresServer::is_installed());
                      }))

// The control of those that follow: without it they might show nothing.
BOOST_AUTO_TEST_CASE(without_a_hold_a_request_from_a_machine_that_was_stopped_with_its_clocks_undoes_newer_ones) {
  StoppedMachine fleet("0");
  fleet.finish_other();
  fleet.wake();
  BOOST_TEST(overtaken(fleet.end()) != 0U);
}

BOOST_AUTO_TEST_CASE(during_the_hold_such_a_request_repeats_what_others_have_repeated) {
  StoppedMachine fleet(StoppedMachine::longer_than_window);
  fleet.wait_until_fenced();
  std::this_thread::sleep_for(2s);
  fleet.wake();
  fleet.finish_other();
  const auto log = fleet.end();
  BOOST_TEST(overtaken(log) == 0U);
  const auto arrived =
      std::ranges::any_of(log.begin() + static_cast<std::ptrdiff_t>(fleet.stopped_requests_before), log.end(),
                          [&](const auto& request) { return is_of(request, fleet.trace_prefix) && request.applied; });
  BOOST_TEST(arrived, "the service took it");
}

// It cannot ask whether its lease is over, and learns from the refusal what time it is.
BOOST_DATA_TEST_CASE(after_the_hold_such_a_request_is_refused_by_its_age, bdata::make({"late", "right"}), wall_clock) {
  StoppedMachine fleet(StoppedMachine::longer_than_window, wall_clock);
  fleet.finish_other();
  fleet.relay.set(EngineRelay::Way::silent);
  fleet.wake();
  const auto log = fleet.end();
  BOOST_TEST(overtaken(log) == 0U);
  std::size_t refused = 0;
  for (std::size_t i = fleet.stopped_requests_before; i < log.size(); ++i) {
    if (!is_of(log[i], fleet.trace_prefix)) continue;
    BOOST_TEST(!log[i].applied);
    BOOST_TEST(log[i].status == 400);
    ++refused;
  }
  BOOST_TEST(refused != 0U);
}

BOOST_DATA_TEST_CASE(a_worker_that_is_cut_off_from_the_engine_stands_down_and_others_take_over, cuts, cut) {
  Fleet fleet(2'400, 240);
  fleet.submit({"--rate", "150/s"});
  const auto worker = fleet.start_relayed();
  fleet.wait_for_applied(50);
  const auto other = fleet.start_worker("b");
  fleet.wait_for_enrolment("b");
  fleet.wait_for_applied(200);
  const auto trace_prefix = fleet.trace_prefix_of_a();

  const auto began = koobatch::WallClock::now();
  fleet.relay.set(cut);
  fleet.wait_until_fenced();
  std::this_thread::sleep_for(1s);
  const auto healed = koobatch::WallClock::now();
  fleet.relay.set(EngineRelay::Way::open);

  const auto finished = worker->wait(120s);
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(contains(finished.err, "it begins anew"), finished.err);
  check_succeeded(*other);
  fleet.check();
  check_silence(read_log(fleet.log), trace_prefix, began, healed);
}

BOOST_DATA_TEST_CASE(a_worker_that_is_cut_off_from_the_engine_goes_on_if_nobody_took_over, cuts, cut) {
  Fleet fleet(800, 80);
  fleet.submit({"--rate", "100/s"});
  const auto worker = fleet.start_relayed();
  fleet.wait_for_applied(100);
  const auto trace_prefix = fleet.trace_prefix_of_a();

  const auto began = koobatch::WallClock::now();
  fleet.relay.set(cut);
  std::this_thread::sleep_for(lease + 3s);
  const auto healed = koobatch::WallClock::now();
  fleet.relay.set(EngineRelay::Way::open);

  check_succeeded(*worker);
  BOOST_TEST(fleet.postgres.query("SELECT count(*) FROM koobatch.worker") == "1");
  fleet.check();
  check_silence(read_log(fleet.log), trace_prefix, began, healed);
}

// Every request counts, repeated ones too.
BOOST_AUTO_TEST_CASE(the_rate_is_kept_while_workers_join_leave_are_killed_and_the_run_is_paused) {
  constexpr std::size_t rate = 300;
  Fleet fleet(6'000, 600, {"--fault", "status=503,rate=0.02"});
  fleet.submit({"--rate", "300/s"});
  const auto set = [&](const std::string& change) {
    const auto done = run_koobatch({"set", fleet.report, change});
    BOOST_TEST(done.status == 0, done.err);
  };
  const auto a = fleet.start_worker("a");
  fleet.wait_for_applied(300);
  const auto b = fleet.start_worker("b");
  fleet.wait_for_applied(900);
  const auto c = fleet.start_worker("c");
  fleet.wait_for_applied(1'500);
  b->signal(SIGTERM);
  BOOST_TEST(b->wait(60s).status == 128 + SIGTERM);
  fleet.wait_for_applied(2'400);
  set("--pause");
  std::this_thread::sleep_for(3s);
  set("--go");
  fleet.wait_for_applied(3'000);
  a->signal(SIGKILL);
  a->wait();
  const auto d = fleet.start_worker("d");
  for (const auto* worker : {&c, &d}) check_succeeded(**worker);
  fleet.check();

  std::vector<std::int64_t> times;
  for (const auto& request : read_log(fleet.log)) times.push_back(request.t_ns);
  std::ranges::sort(times);
  // Each worker may have a burst, and on a machine that has other work some of what was sent in time arrives late.
  constexpr std::size_t bursts = 5 * 3;
  constexpr std::size_t late = rate / 10;
  for (const std::int64_t milliseconds : {100, 1'000, 2'000, 5'000, 10'000, 60'000}) {
    const auto most = most_within(times, milliseconds * 1'000'000);
    BOOST_TEST(most <= rate * static_cast<std::size_t>(milliseconds) / 1'000 + bursts + late,
               most << " within " << milliseconds << " ms");
  }
}

BOOST_AUTO_TEST_SUITE_END()
