// Workers on three PostgreSQL servers, of which Patroni lets one lead: any of them may be lost, and what has been
// acknowledged is not. If it is lost after all, because nobody waited for copies, that is noticed.
#include "contains.hpp"
#include "fleet_run.hpp"
#include "patroni_cluster.hpp"
#include "run_checks.hpp"

#include "koobatch/core/trace_id.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace koobatch;
using namespace koobatch::test;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t keys = 200;
constexpr const char* database = "koobatch";

/// How many rounds there are to be; nothing: the short form, for which a machine may lack what it needs.
const char* rounds_wanted() {
  return std::getenv("KOOBATCH_CLUSTER_ROUNDS");
}

boost::test_tools::assertion_result can_run(boost::unit_test::test_unit_id) {
  return rounds_wanted() != nullptr || PatroniCluster::is_installed();
}

std::unique_ptr<PatroniCluster> the_cluster;

double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

/// One for all tests.
PatroniCluster& cluster() {
  if (!the_cluster) {
    const auto begun = Clock::now();
    the_cluster = std::make_unique<PatroniCluster>();
    BOOST_TEST_MESSAGE(fmt::format("three nodes are ready after {:.1f} s", seconds_since(begun)));
  }
  return *the_cluster;
}

struct StopCluster {
  ~StopCluster() { the_cluster.reset(); }
};
BOOST_TEST_GLOBAL_FIXTURE(StopCluster);

/// A run in a new database of the cluster.
struct ClusterRun : FleetRun {
  explicit ClusterRun(std::size_t count, const std::vector<std::string>& service_flags = {})
      : FleetRun(count, keys, service_flags) {
    cluster().restore();
    cluster().query(std::string("DROP DATABASE IF EXISTS ") + database + " WITH (FORCE)");
    cluster().query(std::string("CREATE DATABASE ") + database);
    create_tables();
  }
  std::vector<std::string> engine() const override { return {"--engine", cluster().url(database)}; }
  std::string ask_engine(const std::string& statement) const override { return cluster().query(statement, database); }

  /// By the prefix of a worker's trace IDs, the number of its run.
  std::map<std::uint32_t, int> runs_by_prefix() const {
    std::map<std::uint32_t, int> runs;
    std::istringstream rows(ask_engine("SELECT trace_prefix || ' ' || run FROM koobatch.worker"));
    for (std::pair<std::uint32_t, int> row; rows >> row.first >> row.second;) runs.insert(row);
    return runs;
  }
  /// How many groups the leading node knows of that it has acknowledged.
  int groups() const { return std::stoi(ask_engine("SELECT coalesce(sum(grp), 0) FROM koobatch.worker")); }
  void wait_for_groups(int count) const {
    while (groups() < count) std::this_thread::sleep_for(20ms);
  }
};

const std::vector<std::string> some_seconds = {"--rate", "400/s"};

/// The longest time without a request, in seconds.
double longest_gap(const std::string& log) {
  std::vector<std::int64_t> times;
  for (const auto& request : read_log(log)) times.push_back(request.t_ns);
  std::ranges::sort(times);
  std::int64_t longest = 0;
  for (std::size_t i = 1; i < times.size(); ++i) longest = std::max(longest, times[i] - times[i - 1]);
  return static_cast<double>(longest) / 1e9;
}

/// Checks that runs followed each other, and that within each, no request on a key arrived after a newer operation's: a
/// later run repeats what is not known to have arrived. `runs`: by the prefix of a trace ID, the number of its run.
void check_order_within_runs(const std::string& log, const std::map<std::uint32_t, int>& runs) {
  int current = 0;
  std::map<std::string, std::uint32_t> newest;
  std::size_t out_of_order = 0;
  for (const auto& request : read_log(log)) {
    const auto trace = parse_trace_id(request.trace_id);
    BOOST_REQUIRE(trace.has_value());
    const int run = runs.at(trace->prefix);
    if (run > current) newest.clear();
    if (run < current) ++out_of_order;
    current = std::max(current, run);
    auto& line = newest[request.key];
    if (trace->line < line) ++out_of_order;
    line = std::max(line, trace->line);
  }
  BOOST_TEST(out_of_order == 0U);
}

std::mt19937 new_random() {
  return std::mt19937(static_cast<unsigned>(Clock::now().time_since_epoch().count()));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_cluster, *boost::unit_test::precondition(can_run))

// With one worker killed and one stopped at about the same time, by chance before or after it. tests/fleet_cluster
// takes many rounds.
BOOST_AUTO_TEST_CASE(the_leading_node_is_lost_under_load_and_nothing_is_lost_doubled_or_reordered) {
  auto random = new_random();
  const int rounds = rounds_wanted() != nullptr ? std::atoi(rounds_wanted()) : 1;
  for (int round = 1; round <= rounds; ++round) {
    ClusterRun run(4'000, {"--fault", "status=503,rate=0.02", "--fault", "reset,rate=0.01"});
    run.submit(some_seconds);
    Crew crew(run);
    run.wait_for_applied(600 + random() % 600);
    const auto lost = cluster().leader();
    const std::size_t victim = random() % Crew::size;
    const std::size_t stopped = (victim + 1) % Crew::size;
    const bool workers_first = random() % 2 == 0;
    if (workers_first) crew.strike(victim);
    cluster().lose(lost);
    const auto begun = Clock::now();
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 2'000));
    if (!workers_first) crew.strike(victim);
    crew.stop(stopped);
    BOOST_TEST(cluster().leader() != lost);
    const double failover = seconds_since(begun);
    crew.strike(stopped);
    if (random() % 2 == 0) cluster().bring_back(lost);
    // A worker that was started before would end at once.
    cluster().wait_until_acknowledged();
    crew.start(victim);
    crew.start(stopped);
    crew.check_succeeded();
    run.check();
    check_rate(run.log, 400);
    BOOST_TEST_MESSAGE(fmt::format("round {}: another node leads after {:.1f} s, nothing was sent for {:.1f} s", round,
                                   failover, longest_gap(run.log)));
  }
}

BOOST_AUTO_TEST_CASE(commits_wait_for_a_standby_and_continue_when_patroni_has_named_another) {
  ClusterRun run(2'000);
  run.submit({"--rate", "200/s"});
  const Crew crew(run);
  run.wait_for_applied(200);
  const auto leader = cluster().leader();
  const auto first = cluster().synchronous_standby();
  BOOST_REQUIRE(first.has_value());
  const std::size_t other = 3 - leader - *first;
  const auto begun = Clock::now();
  cluster().lose(*first);
  while (cluster().synchronous_standby() != other) std::this_thread::sleep_for(50ms);
  BOOST_TEST_MESSAGE(fmt::format("another standby is waited for after {:.1f} s", seconds_since(begun)));
  run.wait_for_groups(run.groups() + 10);

  // Nobody sees a commit that is waiting.
  cluster().lose_database(other);
  const int groups = run.groups();
  std::this_thread::sleep_for(8s);
  BOOST_TEST(run.groups() == groups);
  const auto applied = run.applied();
  BOOST_TEST(applied < run.operations);
  std::this_thread::sleep_for(2s);
  BOOST_TEST(run.applied() == applied);

  cluster().bring_back(other);
  run.wait_for_groups(groups + 10);
  crew.check_succeeded();
  BOOST_TEST(run.ask_engine("SELECT count(*) FROM koobatch.worker WHERE state = 'fenced'") == "0");
  run.check();
}

BOOST_AUTO_TEST_CASE(a_failover_that_loses_groups_aborts_the_run_and_what_is_left_is_submitted_again) {
  ClusterRun run(2'000);
  cluster().set_synchronous(false);
  run.submit({"--rate", "200/s"});
  std::vector<std::unique_ptr<Process>> workers;
  for (const auto* name : {"a", "b", "c"}) workers.push_back(run.start_worker(name));
  for (const auto* name : {"a", "b", "c"}) run.wait_for_enrolment(name);
  run.wait_for_applied(200);
  BOOST_TEST(run_koobatch({"collect", run.report}).status == 0);
  cluster().stop_replication();
  run.wait_for_groups(run.groups() + 30);
  cluster().lose(cluster().leader());
  for (const auto& worker : workers) {
    const auto ended = worker->wait(180s);
    BOOST_TEST(ended.status == 5, ended.err);
    BOOST_TEST(contains(ended.err, "submit the job again, naming that report"), ended.err);
  }
  BOOST_TEST(run.run_state() == "aborted");

  const auto collected = run.collect();
  BOOST_TEST(collected.status == 5, collected.err);
  const auto before = read_report(run.report).results.size();
  BOOST_TEST(before < run.applied(), "some are not known any more");
  const auto rest = run.workspace.path("rest");
  const auto submitted = run_koobatch(
      {"submit", run.workspace.path("job.ndjson"), "--after", run.report, "--report", rest, "--rate", "none"});
  BOOST_REQUIRE_MESSAGE(submitted.status == 0, submitted.err);
  run.report = rest;
  const Crew crew(run);
  crew.check_succeeded();
  BOOST_TEST(run.collect().status == 0);
  check_results(rest, run.operations);
  BOOST_TEST((read_state(run.service.get("/_sim/state")) == run.job.last),
             "the service holds the last value of every key");
  run.service.stop();
  check_order_within_runs(run.log, run.runs_by_prefix());
}

BOOST_AUTO_TEST_SUITE_END()
