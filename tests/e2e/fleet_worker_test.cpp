// A single worker in odd circumstances: runs that end, wait or are not for it, and a service that does not answer it.
#include "connect_proxy.hpp"
#include "contains.hpp"
#include "fleet_stage.hpp"

#include <signal.h>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace koobatch::test;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int terminated = 128 + SIGTERM;

struct Stage : FleetStage {
  Stage() : FleetStage(200, 40) { submit(); }

  /// What a worker says that is told to end after a while.
  std::string hear(const std::string& name, const std::vector<std::string>& flags = {}) const {
    const auto worker = start_worker(name, flags);
    std::this_thread::sleep_for(3s);
    worker->signal(SIGTERM);
    const auto ended = worker->wait(30s);
    BOOST_TEST(ended.status == terminated, ended.err);
    return ended.err;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_worker)

// Others finish it between the worker's choice and its enrolment.
BOOST_AUTO_TEST_CASE(a_run_that_ends_while_a_worker_joins_it_is_no_failure) {
  Stage stage;
  std::thread others([&] {
    stage.postgres.query(
        "BEGIN; UPDATE koobatch.run SET state = 'completed', ended = now(); SELECT pg_sleep(4); COMMIT;");
  });
  std::this_thread::sleep_for(1s);
  const auto ended = stage.start_worker("a")->wait(60s);
  others.join();
  BOOST_TEST(ended.status == 0, ended.err);
  BOOST_TEST(contains(ended.err, "nothing to do"), ended.err);
  BOOST_TEST(stage.postgres.query("SELECT count(*) FROM koobatch.worker") == "0");
}

BOOST_AUTO_TEST_CASE(a_run_that_is_being_loaded_is_waited_for_and_the_worker_says_so) {
  Stage stage;
  stage.postgres.query("UPDATE koobatch.run SET state = 'loading'");
  const auto said = stage.hear("a");
  BOOST_TEST(contains(said, "waiting until run"), said);
  BOOST_TEST(contains(said, "is loaded"), said);
}

BOOST_AUTO_TEST_CASE(a_run_that_is_stopping_is_not_waited_for) {
  Stage stage;
  stage.postgres.query("UPDATE koobatch.run SET state = 'stopping'");
  const auto ended = stage.start_worker("a")->wait(30s);
  BOOST_TEST(ended.status == 0, ended.err);
  BOOST_TEST(contains(ended.err, "stopping"), ended.err);
}

BOOST_AUTO_TEST_CASE(one_run_that_is_not_for_a_worker_does_not_keep_it_from_the_next) {
  Stage stage;
  // As a later version might write them.
  stage.postgres.query("UPDATE koobatch.run SET settings = 'others'");
  const auto refused = stage.start_worker("a")->wait(30s);
  BOOST_TEST(refused.status != 0, refused.err);
  stage.report = stage.workspace.path("report-2");
  stage.submit();
  const auto staying = stage.start_worker("a", {"--stay"});
  stage.wait_for_applied(stage.operations);
  staying->signal(SIGTERM);
  const auto ended = staying->wait(30s);
  BOOST_TEST(contains(ended.err, "is passed over"), ended.err);
}

// The other one has nothing with which it could show that the service answers.
BOOST_AUTO_TEST_CASE(a_worker_that_is_cut_off_with_all_parts_leaves_them_to_one_that_has_none) {
  FleetStage stage(400, 80);
  stage.submit({"--rate", "20/s"});
  auto proxy = std::make_unique<ConnectProxy>();
  const auto cut_off = stage.start_worker("a", {"--proxy", proxy->url()});
  stage.wait_for_applied(40);
  const auto other = stage.start_worker("b");
  stage.wait_for_enrolment("b");
  proxy.reset();
  const auto owned = [&] {
    return stage.postgres.query(
        "SELECT count(*) FROM koobatch.part JOIN koobatch.worker ON id = owner WHERE name = 'b'");
  };
  const auto begun = Clock::now();
  while (owned() == "0" && Clock::now() - begun < 60s) std::this_thread::sleep_for(200ms);
  BOOST_TEST(owned() != "0");
  BOOST_TEST(run_koobatch({"set", stage.report, "--rate", "1000/s"}).status == 0);
  const auto finished = other->wait(60s);
  BOOST_TEST(finished.status == 0, finished.err);
  const auto back = cut_off->wait(60s);
  BOOST_TEST(back.status == 0, back.err);
  BOOST_TEST(contains(back.err, "leaves its operations to others that have nothing to do"), back.err);
  stage.check();
}

BOOST_AUTO_TEST_SUITE_END()
