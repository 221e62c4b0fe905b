// What a run on many machines is submitted, watched, steered, stopped, collected and forgotten with.
#include "becomes.hpp"
#include "contains.hpp"
#include "fleet_stage.hpp"
#include "paths.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

using namespace koobatch::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct Stage : FleetStage {
  Stage() : FleetStage(400, 100) {}

  Finished ask(std::vector<std::string> command) const { return run_koobatch(command); }
  std::string status() const {
    const auto finished = run_koobatch({"status", report, "--json"});
    BOOST_TEST(finished.status == 0, finished.err);
    return finished.out;
  }
  void work_to_the_end(const std::string& name = "a") const {
    const auto finished = start_worker(name)->wait(180s);
    BOOST_TEST(finished.status == 0, finished.err);
  }
  std::size_t rows(const std::string& table) const {
    return std::stoul(postgres.query("SELECT count(*) FROM koobatch." + table));
  }
  std::string collected_lines() const { return read_file(report); }
};

/// The report without what tells the time of collecting.
std::multiset<std::string> results_of(const std::string& report) {
  std::multiset<std::string> lines;
  for (const auto& result : read_report(report).results) lines.insert(result.text);
  return lines;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(fleet_commands, Stage, *boost::unit_test::precondition([](auto) {
                           return boost::test_tools::assertion_result(PostgresServer::is_installed());
                         }))

BOOST_AUTO_TEST_CASE(tables_are_created_once_and_printed_for_an_administrator) {
  const auto again = ask({"engine", "init", "--engine", postgres.url()});
  BOOST_TEST(again.status == 0, again.err);
  BOOST_TEST(contains(again.out, "PostgreSQL"), again.out);
  BOOST_TEST(contains(again.out, "1 copy of each result"), again.out);
  const auto printed = ask({"engine", "init", "--engine", postgres.url(), "--print"});
  BOOST_TEST(printed.status == 0, printed.err);
  BOOST_TEST(contains(printed.out, "CREATE TABLE"), printed.out);
  const auto away = ask({"engine", "init", "--engine", "postgresql://postgres@/postgres?host=" + workspace.path("no")});
  BOOST_TEST(away.status == 5, away.err);
  postgres.query("CREATE DATABASE bare");
  const auto bare = ask({"work", "--engine", postgres.url("bare"), "--endpoint", service.url(), "--worker-state",
                         workspace.path("bare"), "--token-env", "HOME"});
  BOOST_TEST(bare.status == 5, bare.err);
  BOOST_TEST(contains(bare.err, "create them first, with 'koobatch engine init'"), bare.err);
}

BOOST_AUTO_TEST_CASE(a_report_is_the_handle_from_submission_to_its_end) {
  submit();
  BOOST_TEST(member(status(), "state") == "ready");
  BOOST_TEST(contains(read_report(report).run.front(), "\"engine\":\"postgresql://"));
  const auto early = ask({"collect", report});
  BOOST_TEST(early.status == 0, early.err);
  BOOST_TEST(contains(early.err, "0 of 400 operations have their results; the run has not ended"), early.err);
  work_to_the_end();
  const auto collected = collect();
  BOOST_TEST(collected.status == 0, collected.err);
  BOOST_TEST(contains(collected.out, "All 400 operations succeeded"), collected.out);
  BOOST_TEST(member(status(), "state") == "completed");
  const auto again = collect();
  BOOST_TEST(again.status == 0);
  BOOST_TEST(again.out == collected.out);
  check();
}

BOOST_AUTO_TEST_CASE(a_report_that_exists_is_never_overwritten) {
  submit();
  const auto before = read_file(report);
  const auto refused = ask({"submit", workspace.path("job.ndjson"), "--engine", postgres.url(), "--endpoint",
                            service.url(), "--user-id", "7", "--report", report});
  BOOST_TEST(refused.status == 2, refused.err);
  BOOST_TEST(contains(refused.err, "name another one with --report"), refused.err);
  BOOST_TEST(!contains(refused.err, "resume"), refused.err);
  BOOST_TEST(read_file(report) == before);
  BOOST_TEST(rows("run") == 1U);
}

BOOST_AUTO_TEST_CASE(invalid_operations_have_their_results_at_once_in_every_report) {
  const auto path = workspace.write("job.ndjson", R"({"op":"rename_shared_folder","id":"12","fileName":"a*b"})"
                                                  "\n"
                                                  R"({"op":"rename_shared_folder","id":"13","fileName":"fine"})"
                                                  "\n");
  const std::vector<std::string> flags = {"--engine", postgres.url(), "--endpoint", service.url(), "--user-id",
                                          "7",        "--report",     report};
  auto command = std::vector<std::string>{"submit", path};
  command.insert(command.end(), flags.begin(), flags.end());
  const auto refused = ask(command);
  BOOST_TEST(refused.status == 3, refused.err);
  BOOST_TEST(!fs::exists(report));
  BOOST_TEST(rows("run") == 0U);
  command.emplace_back("--skip-invalid");
  const auto submitted = ask(command);
  BOOST_TEST(submitted.status == 0, submitted.err);
  auto results = read_report(report).results;
  BOOST_REQUIRE(results.size() == 1U);
  BOOST_TEST(results.front().status == "invalid");
  BOOST_TEST(results.front().line == 1U);
  work_to_the_end();
  BOOST_TEST(collect().status == 1);
  const auto id = member(read_report(report).run.front(), "run_id");
  const auto copy = workspace.path("copy");
  const auto other = ask({"collect", "--engine", postgres.url(), "--run", id, "--report", copy, "--follow"});
  BOOST_TEST(other.status == 1, other.err);
  BOOST_TEST((results_of(copy) == results_of(report)));
  BOOST_TEST(results_of(copy).size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_job_of_which_nothing_can_be_sent_is_complete_without_workers) {
  workspace.write("job.ndjson", R"({"op":"rename_shared_folder","id":"12","fileName":"a*b"})"
                                "\n");
  submit({"--skip-invalid"});
  BOOST_TEST(collect().status == 1);
  BOOST_TEST(read_report(report).end.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_submission_that_is_killed_never_begins_and_can_be_forgotten) {
  workspace.write("job.ndjson", generate_job(200'000, 50'000).text);
  Process submission({KOOBATCH_BINARY, "submit", workspace.path("job.ndjson"), "--engine", postgres.url(), "--endpoint",
                      service.url(), "--user-id", "7", "--report", report});
  BOOST_REQUIRE(becomes([&] { return rows("run") == 1; }));
  submission.signal(SIGKILL);
  submission.wait();
  BOOST_TEST(member(status(), "state") == "loading");
  const auto refused = ask({"collect", report, "--follow"});
  BOOST_TEST(refused.status == 2, refused.err);
  BOOST_TEST(contains(refused.err, "koobatch forget"), refused.err);
  const auto forgotten = ask({"forget", report});
  BOOST_TEST(forgotten.status == 0, forgotten.err);
  BOOST_TEST(rows("run") == 0U);
  BOOST_TEST(rows("chunk") == 0U);
}

BOOST_AUTO_TEST_CASE(an_interrupted_submission_leaves_nothing) {
  workspace.write("job.ndjson", generate_job(200'000, 50'000).text);
  Process submission({KOOBATCH_BINARY, "submit", workspace.path("job.ndjson"), "--engine", postgres.url(), "--endpoint",
                      service.url(), "--user-id", "7", "--report", report});
  BOOST_REQUIRE(becomes([&] { return rows("run") == 1; }));
  submission.signal(SIGTERM);
  BOOST_TEST(submission.wait().status == 128 + SIGTERM);
  BOOST_TEST(rows("run") == 0U);
  BOOST_TEST(!fs::exists(report));
}

BOOST_AUTO_TEST_CASE(a_collector_that_is_killed_again_and_again_loses_and_doubles_nothing) {
  submit({"--rate", "200/s"});
  const auto worker = start_worker("a");
  for (unsigned round = 0; round < 25; ++round) {
    Process collector({KOOBATCH_BINARY, "collect", report, "--follow"});
    ::usleep(20'000 + 7'000 * (round % 10));
    collector.signal(SIGKILL);
    collector.wait();
  }
  BOOST_TEST(worker->wait(180s).status == 0);
  check();
  const auto copy = workspace.path("copy");
  const auto id = member(read_report(report).run.front(), "run_id");
  BOOST_TEST(ask({"collect", "--engine", postgres.url(), "--run", id, "--report", copy}).status == 0);
  BOOST_TEST((results_of(copy) == results_of(report)));
}

BOOST_AUTO_TEST_CASE(a_run_is_paused_continued_and_slowed_down_for_all_workers) {
  submit({"--rate", "100/s"});
  const auto worker = start_worker("a");
  wait_for_applied(20);
  const auto paused = ask({"set", report, "--pause"});
  BOOST_TEST(paused.status == 0, paused.err);
  BOOST_TEST(member(status(), "state") == "paused");
  std::size_t before = 0;
  BOOST_TEST(becomes([&] {
    const std::size_t now = applied();
    ::usleep(300'000);
    before = applied();
    return now == before;
  }));
  const auto continued = ask({"set", report, "--go", "--rate", "2000/s"});
  BOOST_TEST(continued.status == 0, continued.err);
  BOOST_TEST(contains(continued.out, "at most 2,000/s"), continued.out);
  BOOST_TEST(worker->wait(60s).status == 0);
  const auto late = ask({"set", report, "--pause"});
  BOOST_TEST(late.status == 2, late.err);
  check();
}

BOOST_AUTO_TEST_CASE(a_stopped_run_names_what_is_left_and_the_rest_can_be_submitted) {
  submit({"--rate", "100/s"});
  const auto worker = start_worker("a");
  wait_for_applied(50);
  const auto stopped = ask({"stop", report});
  BOOST_TEST(stopped.status == 0, stopped.err);
  BOOST_TEST(contains(stopped.out, "stopping: 1 worker"), stopped.out);
  BOOST_TEST(worker->wait(60s).status == 0);
  const auto collected = collect();
  BOOST_TEST(collected.status == 5, collected.err);
  BOOST_TEST(contains(collected.out, "koobatch submit --after"), collected.out);
  const auto first = read_report(report);
  BOOST_REQUIRE(first.end.size() == 1U);
  BOOST_TEST(member(first.end.front(), "reason") == "interrupted");
  BOOST_TEST(contains(first.end.front(), "\"unsettled\":[]"), first.end.front());
  BOOST_TEST(first.results.size() < operations);
  const auto resumed = ask({"resume", report, "--token-env", "TOKEN"});
  BOOST_TEST(resumed.status == 2, resumed.err);
  BOOST_TEST(contains(resumed.err, "belongs to an engine"), resumed.err);

  const auto rest = workspace.path("rest");
  const auto submitted = ask({"submit", "--after", report, "--report", rest, "--rate", "none"});
  BOOST_TEST(submitted.status == 0, submitted.err);
  const auto again = ask({"submit", "--after", report, "--report", workspace.path("twice")});
  BOOST_TEST(again.status == 2, again.err);
  BOOST_TEST(contains(again.err, "was submitted before"), again.err);
  work_to_the_end("b");
  report = rest;
  check();
}

BOOST_AUTO_TEST_CASE(a_run_without_workers_is_stopped_at_once) {
  submit();
  const auto stopped = ask({"stop", report});
  BOOST_TEST(contains(stopped.out, "stopped: no worker was at work"), stopped.out);
  BOOST_TEST(member(status(), "state") == "stopped");
  BOOST_TEST(collect().status == 5);
}

BOOST_AUTO_TEST_CASE(a_stopped_run_with_a_lost_worker_does_not_keep_collectors_waiting_for_ever) {
  submit({"--rate", "100/s"});
  const auto worker = start_worker("a");
  wait_for_applied(20);
  worker->signal(SIGKILL);
  worker->wait();
  BOOST_TEST(ask({"stop", report}).status == 0);
  const auto once = ask({"collect", report});
  BOOST_TEST(once.status == 0, once.err);
  BOOST_TEST(contains(once.err, "has not ended"), once.err);
  const auto collected = collect();
  BOOST_TEST(collected.status == 5, collected.err);
  BOOST_TEST(contains(collected.err, "has not been heard from for longer than its lease"), collected.err);
  const auto lines = read_report(report);
  BOOST_REQUIRE(lines.end.size() == 1U);
  BOOST_TEST(!contains(lines.end.front(), "\"unsettled\":[]"), lines.end.front());
}

BOOST_AUTO_TEST_CASE(what_failed_is_repeated_by_many_machines_or_by_one) {
  Service refusing({"--fault", "status=500,rate=0.3"});
  const auto path = workspace.write("one.ndjson", renames(20));
  const auto first = ask({"submit", path, "--engine", postgres.url(), "--endpoint", refusing.url(), "--user-id", "7",
                          "--report", report, "--max-attempts", "1"});
  BOOST_TEST(first.status == 0, first.err);
  auto worker = work_command("a");
  std::ranges::replace(worker, service.url(), refusing.url());
  BOOST_TEST(Process(worker, {{"TOKEN", "secret"}}).wait(120s).status == 0);
  BOOST_TEST(collect().status == 1);
  BOOST_TEST(read_report(report).results.size() == 20U);

  const auto again = workspace.path("again");
  const auto submitted = ask({"submit", "--retry", report, "--endpoint", service.url(), "--report", again});
  BOOST_TEST(submitted.status == 0, submitted.err);
  work_to_the_end("b");
  const auto collected = ask({"collect", again, "--follow"});
  BOOST_TEST(collected.status == 0, collected.err);
  const auto alone = run_koobatch(
      {"retry", report, "--endpoint", service.url(), "--token-env", "TOKEN", "--report", workspace.path("alone")},
      {{"TOKEN", "secret"}});
  BOOST_TEST(alone.status == 0, alone.err);
}

BOOST_AUTO_TEST_CASE(a_worker_is_fenced_by_hand_only_if_it_is_certain_to_be_gone) {
  submit({"--lease", "10m", "--hold", "1h", "--rate", "30/s"});
  const auto worker = start_worker("a");
  wait_for_applied(20);
  BOOST_TEST(ask({"fence", report, "1"}).status == 2);
  const auto unknown = ask({"fence", report, "99", "--machine-is-off"});
  BOOST_TEST(unknown.status == 2, unknown.err);
  const auto alive = ask({"fence", report, "1", "--machine-is-off"});
  BOOST_TEST(alive.status == 2, alive.err);
  BOOST_TEST(contains(alive.err, "is alive"), alive.err);
  worker->signal(SIGKILL);
  worker->wait();
  const auto number = postgres.query("SELECT max(id) FROM koobatch.worker");
  const auto fenced =
      ask({"fence", report, number.substr(0, number.find_first_not_of("0123456789")), "--machine-is-off"});
  BOOST_TEST(fenced.status == 0, fenced.err);
  BOOST_TEST(contains(fenced.out, "fenced; others take over"), fenced.out);
  BOOST_TEST(ask({"set", report, "--rate", "none"}).status == 0);
  work_to_the_end("b");
  check();
}

BOOST_AUTO_TEST_CASE(the_holds_of_a_worker_end_once_its_machine_is_known_to_be_off) {
  submit({"--lease", "5s", "--hold", "1h", "--rate", "100/s"});
  const auto lost = start_worker("a");
  wait_for_applied(20);
  lost->signal(SIGKILL);
  lost->wait();
  const auto other = start_worker("b");
  while (postgres.query("SELECT count(*) FROM koobatch.worker WHERE state = 'fenced'") == "0") ::usleep(50'000);
  const auto number = postgres.query("SELECT id FROM koobatch.worker WHERE state = 'fenced'");
  const auto ended = ask({"fence", report, number, "--machine-is-off"});
  BOOST_TEST(ended.status == 0, ended.err);
  BOOST_TEST(contains(ended.out, "no longer waits"), ended.out);
  BOOST_TEST(ask({"set", report, "--rate", "none"}).status == 0);
  const auto finished = other->wait(std::chrono::seconds(60));
  BOOST_TEST(finished.status == 0, finished.err);
  check();
}

BOOST_AUTO_TEST_CASE(nothing_is_forgotten_that_only_the_engine_has) {
  submit();
  work_to_the_end();
  const auto refused = ask({"forget", report});
  BOOST_TEST(refused.status == 2, refused.err);
  BOOST_TEST(contains(refused.err, "koobatch collect"), refused.err);
  BOOST_TEST(collect().status == 0);
  const auto forgotten = ask({"forget", report});
  BOOST_TEST(forgotten.status == 0, forgotten.err);
  BOOST_TEST(rows("run") == 0U);
  BOOST_TEST(rows("journal") == 0U);
  const auto gone = ask({"set", report, "--pause"});
  BOOST_TEST(gone.status == 2, gone.err);
  BOOST_TEST(contains(gone.err, "the run has ended, and the engine has forgotten it"), gone.err);
  BOOST_TEST(member(status(), "state") == "completed", "the report knows");
  BOOST_TEST(collect().status == 0);
}

BOOST_AUTO_TEST_CASE(a_trace_id_names_the_worker_that_sent_it) {
  submit();
  work_to_the_end();
  BOOST_TEST(collect().status == 0);
  const auto trace = member(read_report(report).results.front().text, "trace_id");
  const auto found = ask({"trace", trace, report});
  BOOST_TEST(found.status == 0, found.err);
  BOOST_TEST(contains(found.out, "\nworker a, since "), found.out);
}

BOOST_AUTO_TEST_CASE(a_report_whose_engine_has_gone_back_in_time_says_so) {
  submit({"--rate", "100/s"});
  const auto worker = start_worker("a");
  wait_for_applied(100);
  BOOST_TEST(ask({"collect", report}).status == 0);
  const std::size_t before = read_report(report).results.size();
  worker->signal(SIGKILL);
  worker->wait();
  postgres.query("UPDATE koobatch.worker SET grp = 1; DELETE FROM koobatch.journal WHERE grp > 1");
  const auto collected = collect();
  BOOST_TEST(collected.status == 5, collected.err);
  const auto lines = read_report(report);
  BOOST_TEST(lines.results.size() == before, "what was collected is true");
  BOOST_REQUIRE(lines.end.size() == 1U);
  BOOST_TEST(contains(lines.end.front(), "\"all_unsettled\":true"), lines.end.front());
  BOOST_TEST(member(status(), "state") == "aborted");
  const auto rest = workspace.path("rest");
  const auto submitted = ask({"submit", "--after", report, "--report", rest, "--rate", "none"});
  BOOST_TEST(submitted.status == 0, submitted.err);
  work_to_the_end("b");
  report = rest;
  BOOST_TEST(collect().status == 0);
  BOOST_TEST(read_report(report).results.size() == operations);
}

BOOST_AUTO_TEST_SUITE_END()
