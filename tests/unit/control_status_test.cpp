#include "koobatch/control/status.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>

using namespace koobatch;
using namespace koobatch::control;
using namespace std::chrono_literals;

namespace {

const TimePoint start{};

observe::Snapshot snapshot_of(std::uint64_t succeeded, std::uint64_t rejected) {
  observe::Snapshot snapshot;
  snapshot.operations = 1000;
  snapshot.by_status[static_cast<std::size_t>(Status::succeeded)] = succeeded;
  snapshot.by_status[static_cast<std::size_t>(Status::rejected)] = rejected;
  snapshot.requests = succeeded + rejected + 30;
  snapshot.retries = 14;
  snapshot.in_flight = 16;
  snapshot.pace.rate = 500;
  return snapshot;
}

struct Fixture {
  std::string lines(const observe::Snapshot& now) {
    observe::Snapshot begun;
    begun.operations = 1000;
    begun.pace.rate = now.pace.rate;
    progress.update(begun, start);
    progress.update(now, start + 5s);
    return fmt::format("{}", fmt::join(status_lines(live()), "\n"));
  }
  LiveRun live() const { return {report, run, progress, 42}; }

  std::string report = "/jobs/r\x1b.ndjson";
  report::RunRecord run;
  observe::Progress progress;
};

Request asking(std::optional<double> rate, std::optional<bool> pause) {
  Request request;
  request.rate = rate;
  request.pause = pause;
  return request;
}

report::Summary summary_of(report::Outcome outcome, std::uint64_t remaining) {
  report::Summary summary;
  summary.report = "r.ndjson";
  summary.outcome = outcome;
  summary.counts[Status::succeeded] = 1000 - remaining;
  summary.counts.remaining = remaining;
  return summary;
}

std::string ended_lines(const report::Summary& summary, AtWork at_work) {
  return fmt::format("{}", fmt::join(status_lines(summary, at_work), "\n"));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(control_status, Fixture)

BOOST_AUTO_TEST_CASE(a_run_in_progress_is_described_in_a_few_lines) {
  BOOST_TEST(lines(snapshot_of(440, 10)) ==
             "running, process 42, for 5s\n"
             "  done       450 of 1,000 (45%)\n"
             "  results    440 succeeded, 10 rejected\n"
             "  requests   480, 14 retries, 16 in flight\n"
             "  pace       90/s now, 90/s on average; at most 500/s\n"
             "  ETA        7s");
}

BOOST_AUTO_TEST_CASE(a_benchmark_without_a_number_of_operations_shows_none) {
  auto now = snapshot_of(440, 10);
  now.operations = 0;
  const auto text = lines(now);
  BOOST_TEST(text.find("  done       450\n") != std::string::npos, text);
  BOOST_TEST(text.find("ETA") == std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(the_reason_that_holds_it_back_is_shown_with_the_pace) {
  auto now = snapshot_of(450, 0);
  now.pace.rate = 0;
  now.pace.found.limit = 120;
  now.pace.limit_http = 429;
  const auto text = lines(now);
  BOOST_TEST(text.find("; no limit, throttled to 120/s by HTTP 429\n") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(the_limits_found_are_shown) {
  auto now = snapshot_of(450, 0);
  now.pace.found = {.limit = 120, .in_flight = 8, .noise = 0.126};
  now.pace.limit_http = 503;
  const auto text = lines(now);
  BOOST_TEST(text.find("; at most 500/s, throttled to 120/s by HTTP 503, at most 8 in flight\n") != std::string::npos,
             text);
  BOOST_TEST(text.find("  noise      13% of the answers ask to slow down at any pace\n") != std::string::npos, text);
  const auto json = status_json(live());
  BOOST_TEST(
      json.find(R"("learned_rate":120,"learned_http":503,"learned_in_flight":8,"noise":0.126,)") != std::string::npos,
      json);
  now.pace.limit_declared = true;
  progress.update(now, start + 6s);
  const auto declared = status_json(live());
  BOOST_TEST(declared.find(R"("learned_rate":120,"learned_declared":true,)") != std::string::npos, declared);
}

BOOST_AUTO_TEST_CASE(a_paused_run_says_how_to_continue_it) {
  auto now = snapshot_of(450, 0);
  now.pace.paused = true;
  now.pace.paused_for = 65s;
  const auto text = lines(now);
  BOOST_TEST(text.starts_with("paused, process 42"), text);
  BOOST_TEST(text.find("  paused     for 1m05s; 'koobatch set' with --go continues it") != std::string::npos, text);
  BOOST_TEST(text.find("ETA") == std::string::npos, text);
  now.ending = true;
  BOOST_TEST(lines(now).starts_with("ending, process 42"));
}

BOOST_AUTO_TEST_CASE(programs_get_all_of_it) {
  run.run_id = "0123456789abcdef";
  run.segment = 2;
  auto now = snapshot_of(440, 10);
  now.pace.wait = 1500ms;
  now.pace.wait_http = 503;
  lines(now);
  BOOST_TEST(
      status_json(live()) ==
      R"json({"schema":1,"report":"/jobs/r\\u{1b}.ndjson","state":"running","run_id":"0123456789abcdef","job":"",)json"
      R"json("endpoint":"","process":42,"segment":2,"operations":1000,"counts":{"succeeded":440,"rejected":10,)json"
      R"json("failed":0,"unknown":0,"invalid":0,"remaining":550},"requests":480,"retries":14,"throttled":0,)json"
      R"json("unanswered":0,"in_flight":16,"seconds":5.000,"rate_now":90,"rate_mean":90,)json"
      R"json("pace":{"rate":500,"wait_seconds":1.500,"wait_http":503,"service_down":false,)json"
      R"json("renewing_credentials":false},"held_back":"waiting 2s as asked (HTTP 503)","eta_seconds":7.611})json");
}

BOOST_AUTO_TEST_CASE(a_rate_of_one_an_hour_is_not_shown_as_none) {
  auto now = snapshot_of(1, 0);
  now.pace.rate = 1.0 / 3600;
  now.pace.found.limit = 1.0 / 7200;
  lines(now);
  const auto json = status_json(live());
  BOOST_TEST(json.find(R"("rate":0.0002777777777777778,"learned_rate":0.0001388888888888889)") != std::string::npos,
             json);
}

BOOST_AUTO_TEST_CASE(programs_find_the_report_from_any_folder) {
  report = "r.ndjson";
  lines(snapshot_of(1, 0));
  const auto member = fmt::format(R"("report":"{}")", (std::filesystem::current_path() / "r.ndjson").native());
  BOOST_TEST(status_json(live()).find(member) != std::string::npos, status_json(live()));
  const auto recorded = status_json(summary_of(report::Outcome::completed, 0), AtWork::nobody);
  BOOST_TEST(recorded.find(member) != std::string::npos, recorded);
}

BOOST_AUTO_TEST_CASE(programs_learn_the_version_of_http_that_a_run_spoke) {
  auto summary = summary_of(report::Outcome::completed, 0);
  BOOST_TEST(status_json(summary, AtWork::nobody).find(R"("http":)") == std::string::npos);
  summary.http = "2";
  BOOST_TEST(status_json(summary, AtWork::nobody).find(R"("http":"2")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(of_a_run_that_is_over_the_report_tells) {
  BOOST_TEST(ended_lines(summary_of(report::Outcome::completed, 0), AtWork::nobody) ==
             "r.ndjson: completed\n  done       1,000 of 1,000\n  results    1,000 succeeded");
  BOOST_TEST(ended_lines(summary_of(report::Outcome::interrupted, 600), AtWork::nobody) ==
             "r.ndjson: interrupted\n  done       400 of 1,000\n  results    400 succeeded\n  remaining  600\n"
             "  resume     koobatch resume r.ndjson");
  auto aborted = summary_of(report::Outcome::aborted, 600);
  aborted.error = "the disk is full";
  BOOST_TEST(ended_lines(aborted, AtWork::nobody).find("  stopped    the disk is full\n") != std::string::npos);
  BOOST_TEST(ended_lines(aborted, AtWork::nobody).find("  resume     koobatch resume r.ndjson") != std::string::npos);
  aborted.next_step = NextStep{.command = CommandName::resume, .settings = {{SettingName::max_errors, "N"}}};
  BOOST_TEST(ended_lines(aborted, AtWork::nobody).find("  resume     ") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_run_that_cannot_be_asked_is_not_to_be_resumed) {
  const auto summary = summary_of(report::Outcome::unfinished, 600);
  BOOST_TEST(ended_lines(summary, AtWork::nobody).find("koobatch resume") != std::string::npos);
  BOOST_TEST(ended_lines(summary, AtWork::a_process).find("koobatch resume") == std::string::npos);
  BOOST_TEST(status_json(summary, AtWork::a_process).find(R"("state":"running")") != std::string::npos);
  BOOST_TEST(
      ended_lines(summary, AtWork::another_users_process).find("only the user who started it, or root, can query") !=
      std::string::npos);
  BOOST_TEST(status_json(summary, AtWork::another_users_process).find(R"("state":"running")") != std::string::npos);
  BOOST_TEST(status_json(summary, AtWork::nobody).find(R"("state":"unfinished")") != std::string::npos);
  BOOST_TEST(status_json(summary, AtWork::nobody).find(R"("resume":"koobatch resume r.ndjson")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(each_change_is_reported_with_the_previous_value) {
  PaceState before;
  const auto told = [&](const Request& request) {
    return fmt::format("{}", fmt::join(describe(request, before), "; "));
  };
  BOOST_TEST(told(asking(200, {})) == "at most 200/s from now on (previously no limit)");
  BOOST_TEST(told(asking({}, false)) == "not paused");
  before.rate = 0.5;
  before.paused = true;
  before.paused_for = 90900ms;
  BOOST_TEST(told(asking(0, {})) == "no limit from now on (previously 0.5/s)");
  BOOST_TEST(told(asking(0.5, true)) == "at most 0.5/s, as before; paused already");
  BOOST_TEST(told(asking({}, false)) == "continued, after a pause of 1m30s");
}

BOOST_AUTO_TEST_SUITE_END()
