// Many workers do one job, and any of them may be killed, stopped or cut off: nothing is lost, doubled or out of order.
#include "contains.hpp"
#include "fleet_stage.hpp"
#include "paths.hpp"
#include "preload.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace koobatch::test;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t all = 2'000;
constexpr std::size_t keys = 200;
constexpr int killed = 128 + SIGKILL;
constexpr int terminated = 128 + SIGTERM;

/// A job that is submitted, so that workers may begin.
struct Fleet : FleetStage {
  explicit Fleet(const std::vector<std::string>& flags = {}, const std::vector<std::string>& service_flags = {},
                 std::size_t count = all)
      : FleetStage(count, keys, service_flags) {
    submit(flags);
  }
};

/// Slow enough to be interrupted in the middle.
const std::vector<std::string> some_seconds = {"--rate", "400/s"};

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_work)

BOOST_AUTO_TEST_CASE(several_workers_do_a_job_together) {
  Fleet fleet;
  std::vector<std::unique_ptr<Process>> workers;
  for (const auto* name : {"a", "b", "c"}) workers.push_back(fleet.start_worker(name));
  for (const auto& worker : workers) check_succeeded(*worker);
  BOOST_TEST(fleet.run_state() == "completed");
  fleet.check();
}

// The last operations may be refused alike, with nothing after them that could tell whether the service or they are at
// fault.
BOOST_AUTO_TEST_CASE(a_run_in_which_operations_are_refused_is_completed) {
  Fleet fleet({"--max-errors", "100%"}, {"--fault", "status=403,rate=0.3"}, 200);
  const auto a = fleet.start_worker("a");
  const auto b = fleet.start_worker("b");
  check_succeeded(*a);
  check_succeeded(*b);
  BOOST_TEST(fleet.run_state() == "completed");
  BOOST_TEST(fleet.collect().status == 1);
  BOOST_TEST(read_report(fleet.report).results.size() == 200U);
}

BOOST_AUTO_TEST_CASE(a_worker_that_comes_late_finds_nothing_to_do) {
  Fleet fleet({}, {}, 20);
  check_succeeded(*fleet.start_worker("a"));
  const auto late = fleet.start_worker("b")->wait();
  BOOST_TEST(late.status == 0, late.err);
  BOOST_TEST(contains(late.err, "nothing to do"), late.err);
}

BOOST_AUTO_TEST_CASE(a_worker_waits_for_the_next_run_if_it_is_to_stay) {
  Fleet fleet({}, {}, 20);
  const auto worker = fleet.start_worker("a", {"--stay"});
  fleet.wait_for_applied(20);
  while (fleet.run_state() != "completed") ::usleep(50'000);
  fleet.report = fleet.workspace.path("report-2");
  fleet.submit();
  fleet.wait_for_applied(40);
  while (fleet.run_state() != "completed") ::usleep(50'000);
  worker->signal(SIGTERM);
  BOOST_TEST(worker->wait(60s).status == terminated);
}

// The hold would be longer than the test may take.
BOOST_AUTO_TEST_CASE(a_killed_worker_that_is_started_again_continues_at_once) {
  Fleet fleet({"--rate", "400/s", "--hold", "1h", "--lease", "60s"});
  auto worker = fleet.start_worker("a");
  for (std::size_t round = 1; round <= 3; ++round) {
    fleet.wait_for_applied(all / 8 * round);
    worker->signal(SIGKILL);
    BOOST_TEST(worker->wait().status == killed);
    worker = fleet.start_worker("a");
  }
  check_succeeded(*worker);
  fleet.check();
}

BOOST_AUTO_TEST_CASE(others_take_over_from_a_killed_worker) {
  Fleet fleet(some_seconds);
  const auto lost = fleet.start_worker("a");
  fleet.wait_for_applied(all / 8);
  const auto other = fleet.start_worker("b");
  fleet.wait_for_applied(all / 4);
  lost->signal(SIGKILL);
  BOOST_TEST(lost->wait().status == killed);
  const auto finished = other->wait(180s);
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(contains(finished.err, "gave no sign of life"), finished.err);
  fleet.check();
}

BOOST_AUTO_TEST_CASE(a_worker_that_is_stopped_just_before_it_sends_is_killed_by_its_timer) {
  Fleet fleet(some_seconds);
  auto environment = with_fault("KOOBATCH_IO_FAULT", "stop:send:100");
  const auto stopped = fleet.start_worker("a", {}, environment);
  fleet.wait_for_applied(20);
  const auto other = fleet.start_worker("b");
  // Nobody continues it.
  const auto begun = Clock::now();
  BOOST_TEST(stopped->wait(60s).status == killed);
  BOOST_TEST((Clock::now() - begun < 30s));
  check_succeeded(*other);
  fleet.check();
}

BOOST_AUTO_TEST_CASE(a_worker_that_is_told_to_end_leaves_its_parts_to_others_at_once) {
  Fleet fleet({"--rate", "400/s", "--lease", "60s"});
  const auto leaving = fleet.start_worker("a");
  fleet.wait_for_applied(all / 8);
  const auto other = fleet.start_worker("b");
  fleet.wait_for_enrolment("b");
  leaving->signal(SIGTERM);
  const auto left = leaving->wait(60s);
  BOOST_TEST(left.status == terminated, left.err);
  const auto begun = Clock::now();
  check_succeeded(*other);
  // Nobody even waited for the end of its lease.
  BOOST_TEST((Clock::now() - begun < 30s));
  BOOST_TEST(fleet.postgres.query("SELECT count(*) FROM koobatch.worker WHERE state = 'fenced'") == "0");
  fleet.check();
}

BOOST_AUTO_TEST_CASE(an_engine_that_is_restarted_under_load_loses_nothing) {
  Fleet fleet(some_seconds);
  const auto a = fleet.start_worker("a");
  const auto b = fleet.start_worker("b");
  for (std::size_t round = 1; round <= 3; ++round) {
    fleet.wait_for_applied(all / 8 * round);
    fleet.postgres.stop(true);
    ::usleep(500'000);
    fleet.postgres.start();
  }
  check_succeeded(*a);
  check_succeeded(*b);
  fleet.check();
}

BOOST_AUTO_TEST_CASE(while_the_engine_is_silent_for_longer_than_the_lease_nothing_is_sent_and_nobody_is_killed) {
  Fleet fleet(some_seconds);
  const auto a = fleet.start_worker("a");
  const auto b = fleet.start_worker("b");
  fleet.wait_for_applied(all / 4);
  fleet.freeze_engine();
  std::this_thread::sleep_for(7s);
  const auto applied = fleet.applied();
  std::this_thread::sleep_for(2s);
  BOOST_TEST(fleet.applied() == applied);
  fleet.thaw_engine();
  check_succeeded(*a);
  check_succeeded(*b);
  fleet.check();
}

// As workers do that have heard nothing from it for longer than its lease.
BOOST_AUTO_TEST_CASE(a_worker_that_was_fenced_although_it_lives_begins_anew) {
  Fleet fleet(some_seconds);
  const auto worker = fleet.start_worker("a");
  fleet.wait_for_applied(all / 4);
  fleet.postgres.query(
      "WITH f AS (UPDATE koobatch.worker SET state = 'fenced' WHERE state = 'alive' RETURNING id) "
      "UPDATE koobatch.part SET owner = NULL, epoch = epoch + 1, doubt = greatest(doubt, fed), "
      "hold_until = clock_timestamp() + interval '6 s' FROM f WHERE owner = f.id");
  const auto finished = worker->wait(120s);
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(contains(finished.err, "it begins anew"), finished.err);
  BOOST_TEST(fleet.postgres.query("SELECT count(*) FROM koobatch.worker WHERE state = 'left'") == "1");
  fleet.check();
}

// An asynchronous failover, or a backup that was restored.
BOOST_AUTO_TEST_CASE(an_engine_that_has_lost_results_aborts_the_run) {
  Fleet fleet(some_seconds);
  const auto a = fleet.start_worker("a");
  const auto b = fleet.start_worker("b");
  fleet.wait_for_enrolment("b");
  fleet.wait_for_applied(all / 4);
  // Of the one that does most: perhaps the other has found nothing left to do.
  fleet.postgres.query(
      "UPDATE koobatch.worker SET grp = grp - 3 WHERE id = (SELECT id FROM koobatch.worker ORDER BY grp DESC LIMIT 1)");
  for (const auto& worker : {&a, &b}) {
    const auto ended = (*worker)->wait(60s);
    BOOST_TEST(ended.status == 5, ended.err);
  }
  BOOST_TEST(fleet.run_state() == "aborted");
  BOOST_TEST(fleet.applied() < all);
}

BOOST_AUTO_TEST_CASE(a_worker_that_is_started_again_notices_what_the_engine_has_lost) {
  Fleet fleet(some_seconds);
  auto worker = fleet.start_worker("a");
  fleet.wait_for_applied(all / 4);
  // What it remembers is at most as old as its last heartbeat.
  std::this_thread::sleep_for(3s);
  worker->signal(SIGKILL);
  worker->wait();
  fleet.postgres.query("UPDATE koobatch.worker SET grp = 1 WHERE name = 'a'");
  worker = fleet.start_worker("a");
  const auto finished = worker->wait(60s);
  BOOST_TEST(finished.status == 5, finished.err);
  BOOST_TEST(fleet.run_state() == "aborted");
}

BOOST_AUTO_TEST_CASE(a_worker_that_is_cut_off_from_the_service_leaves_its_parts_to_others) {
  Fleet fleet({"--rate", "20/s"}, {}, 1'000);
  // Nothing is listening there.
  const auto cut_off = fleet.start_worker("a", {"--proxy", "http://127.0.0.1:9"});
  const auto other = fleet.start_worker("b");
  const auto left = cut_off->wait(120s);
  BOOST_TEST(left.status == 5, left.err);
  BOOST_TEST(contains(left.err, "answers others, but not this worker"), left.err);
  const auto done = run_koobatch({"set", fleet.report, "--rate", "1000/s"});
  BOOST_TEST(done.status == 0, done.err);
  check_succeeded(*other);
  fleet.check();
}

BOOST_AUTO_TEST_CASE(a_run_is_paused_continued_and_given_another_rate) {
  Fleet fleet({"--rate", "200/s"});
  const auto a = fleet.start_worker("a");
  const auto b = fleet.start_worker("b");
  fleet.wait_for_applied(all / 20);
  const auto set = [&](const std::vector<std::string>& change) {
    std::vector<std::string> command = {"set", fleet.report};
    command.insert(command.end(), change.begin(), change.end());
    const auto done = run_koobatch(command);
    BOOST_TEST(done.status == 0, done.err);
  };
  set({"--pause"});
  std::this_thread::sleep_for(3s);
  const auto applied = fleet.applied();
  std::this_thread::sleep_for(2s);
  BOOST_TEST(fleet.applied() == applied);
  set({"--go"});
  set({"--rate", "1000/s"});
  check_succeeded(*a);
  check_succeeded(*b);
  fleet.check();
}

BOOST_AUTO_TEST_CASE(a_run_that_is_stopped_ends_all_workers) {
  Fleet fleet({"--rate", "100/s"});
  const auto a = fleet.start_worker("a");
  const auto b = fleet.start_worker("b");
  fleet.wait_for_enrolment("b");
  fleet.wait_for_applied(all / 20);
  const auto stopped = run_koobatch({"stop", fleet.report});
  BOOST_TEST(stopped.status == 0, stopped.err);
  BOOST_TEST(a->wait(60s).status == 0);
  BOOST_TEST(b->wait(60s).status == 0);
  BOOST_TEST(fleet.run_state() == "stopped");
  BOOST_TEST(fleet.applied() < all / 2);
}

BOOST_AUTO_TEST_CASE(too_many_errors_of_all_workers_together_stop_the_run) {
  Fleet fleet({"--rate", "200/s", "--max-errors", "50"}, {"--fault", "status=400,rate=0.5"});
  // Half a second of one worker would be enough.
  BOOST_REQUIRE(run_koobatch({"set", fleet.report, "--pause"}).status == 0);
  const auto a = fleet.start_worker("a");
  const auto b = fleet.start_worker("b");
  for (const auto* name : {"a", "b"}) fleet.wait_for_enrolment(name);
  BOOST_REQUIRE(run_koobatch({"set", fleet.report, "--go"}).status == 0);
  BOOST_TEST(a->wait(60s).status == 4);
  BOOST_TEST(b->wait(60s).status == 4);
  BOOST_TEST(fleet.run_state() == "stopped");
}

BOOST_AUTO_TEST_CASE(all_workers_together_keep_to_the_rate) {
  Fleet fleet({"--rate", "200/s"}, {}, 1'500);
  std::vector<std::unique_ptr<Process>> workers;
  for (const auto* name : {"a", "b", "c"}) workers.push_back(fleet.start_worker(name));
  for (const auto& worker : workers) check_succeeded(*worker);
  fleet.check();
  check_rate(fleet.log, 200);
}

// The simulator refuses what is older than 15 minutes, as the service does.
BOOST_AUTO_TEST_CASE(a_worker_proves_that_old_requests_are_refused) {
  Fleet fleet({"--rate", "200/s"}, {}, 400);
  const auto worker = fleet.start_worker("a", {"--prove-fence"});
  check_succeeded(*worker);
  BOOST_TEST(fleet.postgres.query("SELECT fence_proof FROM koobatch.run") == "proven");
  const auto collected = fleet.collect();
  BOOST_TEST(collected.status == 0, collected.err);
  BOOST_TEST(read_report(fleet.report).results.size() == 400U);
}

BOOST_AUTO_TEST_CASE(a_run_for_another_endpoint_gets_no_request_and_no_credentials) {
  Fleet fleet;
  Service another({"--log", fleet.workspace.path("another")});
  auto command = fleet.work_command("a");
  *(std::ranges::find(command, "--endpoint") + 1) = another.url();
  command.insert(command.end(), {"--run", fleet.report});
  const auto finished = Process(command, {{"TOKEN", "secret"}}).wait();
  BOOST_TEST(finished.status == 2, finished.err);
  BOOST_TEST(contains(finished.err, "sends to " + fleet.service.url()), finished.err);
  another.stop();
  BOOST_TEST(read_log(fleet.workspace.path("another")).empty());
  BOOST_TEST(fleet.applied() == 0U);
}

BOOST_AUTO_TEST_CASE(a_copied_state_folder_is_refused) {
  Fleet fleet({"--rate", "100/s"});
  const auto worker = fleet.start_worker("a");
  fleet.wait_for_applied(50);
  std::filesystem::copy(fleet.workspace.path("state-a"), fleet.workspace.path("state-b"),
                        std::filesystem::copy_options::recursive);
  const auto copy = fleet.start_worker("b")->wait();
  BOOST_TEST(copy.status == 2, copy.err);
  BOOST_TEST(contains(copy.err, "copied from another folder"), copy.err);
  // The one that it was copied from has the lock.
  const auto second = fleet.start_worker("a")->wait();
  BOOST_TEST(second.status == 2, second.err);
  BOOST_TEST(contains(second.err, "another worker uses this folder"), second.err);
}

// tests/fleet_kills takes many.
BOOST_AUTO_TEST_CASE(kills_and_stops_of_random_workers_lose_and_double_nothing) {
  const char* rounds = std::getenv("KOOBATCH_FLEET_KILL_ROUNDS");
  std::mt19937 random(static_cast<unsigned>(Clock::now().time_since_epoch().count()));
  for (int round = 0; round < (rounds != nullptr ? std::atoi(rounds) : 2); ++round) {
    Fleet fleet({"--rate", "400/s"}, {"--fault", "status=503,rate=0.02", "--fault", "reset,rate=0.01"});
    Crew crew(fleet);
    for (std::size_t blow = 1; blow <= 3; ++blow) {
      fleet.wait_for_applied(all / 5 * blow);
      const auto victim = random() % Crew::size;
      crew.replace(victim, random() % 2 == 0);
    }
    crew.check_succeeded();
    fleet.check();
    check_rate(fleet.log, 400);
    if (rounds != nullptr) BOOST_TEST_MESSAGE("round " << round + 1 << " done");
  }
}

BOOST_AUTO_TEST_SUITE_END()
