#include "cli/running/fleet_status.hpp"

#include "contains.hpp"
#include "fleet_support.hpp"
#include "report_samples.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace koobatch;
using namespace koobatch::cli;
using namespace std::chrono_literals;
using koobatch::test::contains;

namespace {

/// Two workers, one of which was fenced, and four parts.
FleetStatus status() {
  FleetStatus status;
  status.report = "r.ndjson";
  status.engine = {.server = "PostgreSQL 15.20 at db1:5432", .copies = 2, .why_not_safe = {}};
  auto& run = status.survey.run;
  run.about.run_id = "r-1";
  run.about.job = samples::run(1, 1000).job;
  run.about.endpoint = "https://drive.example";
  run.state = fleet::RunState::running;
  run.rate = 500;
  auto alive = fleet::test::row(2);
  alive.name = "node-2";
  alive.used = 200;
  alive.share = 250;
  alive.since_beat = 400ms;
  alive.counts.results[Status::succeeded] = 300;
  alive.counts.results[Status::rejected] = 20;
  alive.counts.requests = 330;
  auto gone = fleet::test::row(1, 1, fleet::WorkerState::fenced);
  gone.name = "node-1\x1b[31m";
  gone.used = 100;
  gone.counts.results[Status::succeeded] = 80;
  gone.counts.requests = 90;
  status.survey.workers = {gone, alive};
  status.parts = {{.part = 0, .chunks = 2, .done = 2},
                  {.part = 1, .chunks = 2, .done = 1, .owner = 2},
                  {.part = 2, .chunks = 2, .doubt = 1, .hold = 600s},
                  {.part = 3, .chunks = 2, .doubt = 1, .quiet = 300s, .hold = 300s}};
  return status;
}

std::string text_of(const FleetStatus& status) {
  return fmt::format("{}", fmt::join(status_lines(status), "\n"));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_status)

BOOST_AUTO_TEST_CASE(results_are_those_of_all_workers_and_the_rate_is_of_those_at_work) {
  const auto counts = status().counts();
  BOOST_TEST(counts[Status::succeeded] == 380U);
  BOOST_TEST(counts.remaining == 600U);
  BOOST_TEST(status().requests() == 420U);
  BOOST_TEST(status().rate_now() == 200.0);
  BOOST_TEST((*status().time_left() == 3s));
}

BOOST_AUTO_TEST_CASE(the_time_that_is_left_is_unknown_if_nobody_works_and_over_when_the_run_is) {
  auto idle = status();
  idle.survey.workers.back().used = 0;
  BOOST_TEST(!idle.time_left());
  auto ended = status();
  ended.survey.run.state = fleet::RunState::stopped;
  BOOST_TEST(!ended.time_left());
}

BOOST_AUTO_TEST_CASE(a_worker_that_is_silent_for_longer_than_its_lease_counts_for_nothing) {
  auto lost = status();
  lost.survey.workers.back().since_beat = lost.survey.run.about.lease + 1s;
  BOOST_TEST(lost.rate_now() == 0.0);
  BOOST_TEST(!lost.time_left());
  const auto text = text_of(lost);
  BOOST_TEST(contains(text, "2  node-2, silent for longer than its lease, 320 done, heard from 21.0 s ago"), text);
  BOOST_TEST(contains(text, "pace       0/s now"), text);
}

BOOST_AUTO_TEST_CASE(people_see_every_worker_the_parts_the_engine_and_the_fence) {
  const auto text = text_of(status());
  for (const char* part :
       {"r.ndjson: running\n", "done       400 of 1,000\n", "380 succeeded, 20 rejected", "200/s now, at most 500/s",
        "1 done, 1 owned, 1 free, 1 quiet; 2 hold back", "for up to 10m00s", "PostgreSQL 15.20 at db1:5432, 2 copies",
        "not proven; lease 20s, hold 16m00s", "2  node-2, alive, 200/s of 250/s, 320 done, heard from 0.4 s ago",
        "fenced, 80 done", "ETA        3s"}) {
    BOOST_TEST(contains(text, part), part << " is missing in\n" << text);
  }
}

BOOST_AUTO_TEST_CASE(foreign_text_cannot_affect_a_terminal) {
  BOOST_TEST(!contains(text_of(status()), "\x1b"));
  BOOST_TEST(!contains(status_json(status()), "\x1b"));
}

BOOST_AUTO_TEST_CASE(why_a_run_was_stopped_and_why_its_results_are_not_safe_is_said) {
  auto stopped = status();
  stopped.survey.run.state = fleet::RunState::aborted;
  stopped.survey.run.reason = "the engine has lost results";
  stopped.engine.copies = 1;
  stopped.engine.why_not_safe = "there is no synchronous standby";
  const auto text = text_of(stopped);
  BOOST_TEST(contains(text, "because    the engine has lost results"), text);
  BOOST_TEST(contains(text, "1 copy of each result"), text);
  BOOST_TEST(contains(text, "there is no synchronous standby"), text);
  BOOST_TEST(contains(status_json(stopped), R"("why_not_safe":"there is no synchronous standby")"));
}

BOOST_AUTO_TEST_CASE(programs_get_the_same_as_numbers) {
  const auto json = status_json(status());
  for (const char* part :
       {R"("state":"running")", R"("run_id":"r-1")", R"("operations":1000)", R"("remaining":600)", R"("rate":500)",
        R"("parts":{"done":1,"owned":1,"free":1,"quiet":1,"held":2,"hold_seconds":600.000})",
        R"("engine":{"server":"PostgreSQL 15.20 at db1:5432","copies":2})", R"("fence":"not proven")",
        R"("worker":2,"name":"node-2","state":"alive")", R"("eta_seconds":3.000)"}) {
    BOOST_TEST(contains(json, part), part << " is missing in\n" << json);
  }
}

BOOST_AUTO_TEST_SUITE_END()
