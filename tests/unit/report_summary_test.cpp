#include "koobatch/report/summary.hpp"

#include "contains.hpp"
#include "report_samples.hpp"

#include "koobatch/core/terminal_text.hpp"

#include <fmt/format.h>
#include <simdjson.h>

using namespace koobatch;
using namespace koobatch::report;
using namespace std::chrono_literals;
using koobatch::test::contains;

namespace {

ResultRecord rejected(std::uint32_t line, std::string_view msg = "name already used") {
  auto r = samples::result(line, Status::rejected);
  r.http = 400;
  r.code = 13000405;
  r.msg = msg;
  return r;
}

/// An unfinished run of `operations` with `results`.
SummaryBuilder begun(std::uint64_t operations, const std::vector<ResultRecord>& results) {
  SummaryBuilder builder;
  builder.begin_segment(samples::run(1, operations));
  for (const auto& result : results) builder.add(result);
  return builder;
}

Summary closed(SummaryBuilder builder, const std::string& reason = "completed", const std::string& error = "") {
  auto end = samples::end(1, reason);
  end.error = error;
  builder.end_segment(end);
  return builder.build("r.ndjson");
}

std::string text_of(const Summary& summary) {
  return summary_text(summary, false, 80);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_summary)

BOOST_AUTO_TEST_CASE(a_completed_run_is_summed_up) {
  auto slow = samples::result(2);
  slow.attempts = 3;
  slow.latency = 30ms;
  const auto s = closed(begun(3, {samples::result(1), slow, rejected(3)}));
  BOOST_TEST(s.outcome == Outcome::completed);
  BOOST_TEST(s.counts[Status::succeeded] == 2U);
  BOOST_TEST(s.counts[Status::rejected] == 1U);
  BOOST_TEST(s.counts.remaining == 0U);
  BOOST_TEST(s.segments == 1U);
  BOOST_TEST(s.seconds == 2.0);
  BOOST_TEST(s.operations_per_second == 1.5);
  BOOST_TEST(s.requests == 10U);
  BOOST_TEST(s.retries == 2U);
  BOOST_TEST(s.latency.count == 3U);
  BOOST_TEST((s.latency.max == 30ms));
  BOOST_TEST((s.finished == samples::noon() + 2s));
  BOOST_REQUIRE(s.causes.size() == 1U);
  BOOST_TEST(s.causes[0].examples[0].line == 3U);
}

BOOST_AUTO_TEST_CASE(a_segment_that_was_not_closed_lasts_until_its_last_result) {
  auto last = samples::result(2);
  last.at += 4s;
  last.attempts = 2;
  const auto s = begun(10, {last, samples::result(1)}).build("r.ndjson");
  BOOST_TEST(s.outcome == Outcome::unfinished);
  BOOST_TEST(s.seconds == 4.0);
  BOOST_TEST(s.requests == 3U);
  BOOST_TEST(s.counts.remaining == 8U);
  BOOST_TEST((s.finished == samples::noon() + 4s));
  const auto none = begun(10, {}).build("r.ndjson");
  BOOST_TEST(none.seconds == 0.0);
  BOOST_TEST(none.operations_per_second == 0.0);
}

BOOST_AUTO_TEST_CASE(times_centuries_apart_make_a_long_run_not_a_negative_one) {
  auto run = samples::run();
  run.started = *parse_timestamp("0001-01-01T00:00:00.000Z");
  auto last = samples::result(1);
  last.at = *parse_timestamp("9999-12-31T23:59:59.999Z");
  SummaryBuilder builder;
  builder.begin_segment(run);
  builder.add(last);
  BOOST_TEST(builder.build("r.ndjson").seconds > 200.0 * 365 * 24 * 3600);
}

BOOST_AUTO_TEST_CASE(a_run_too_short_to_be_measured_has_no_pace) {
  auto builder = begun(1, {samples::result(1)});
  auto end = samples::end();
  end.seconds = 1e-300;
  builder.end_segment(end);
  const auto s = builder.build("r.ndjson");
  BOOST_TEST(s.operations_per_second == 0.0);
  BOOST_TEST(summary_text(s, false, 80).find("operations/s") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(requests_that_lost_workers_did_not_report_are_those_of_their_results) {
  const auto requests = [](std::string engine, std::uint8_t attempts) {
    auto run = samples::run(1, 1);
    run.engine = std::move(engine);
    auto result = samples::result(1);
    result.attempts = attempts;
    SummaryBuilder builder;
    builder.begin_segment(run);
    Tally tally;
    tally.add(result);
    builder.merge(tally);
    builder.end_segment(samples::end());  // ten requests
    return builder.build("r.ndjson").requests;
  };
  BOOST_TEST(requests("postgresql://db/koobatch", 12) == 12U);
  BOOST_TEST(requests("postgresql://db/koobatch", 3) == 10U);
  BOOST_TEST(requests("", 12) == 10U, "one process counts all of them");
}

BOOST_AUTO_TEST_CASE(segments_add_up) {
  auto first = samples::result(1);
  first.at += 3s;
  auto builder = begun(3, {first});  // killed: three seconds, one request
  auto run = samples::run(2, 3);
  run.started += 1h;
  builder.begin_segment(run);
  Tally worker;
  worker.add(samples::result(2));
  worker.add(rejected(3));
  builder.merge(worker);
  builder.end_segment(samples::end(2, "completed"));  // two seconds, ten requests
  const auto s = builder.build("r.ndjson");
  BOOST_TEST(s.outcome == Outcome::completed);
  BOOST_TEST(s.segments == 2U);
  BOOST_TEST(s.seconds == 5.0);
  BOOST_TEST(s.requests == 11U);
  BOOST_TEST(s.counts.finished() == 3U);
  BOOST_TEST((s.run.started == samples::noon()));
}

BOOST_AUTO_TEST_CASE(every_service_that_a_run_used_is_named_once_in_order) {
  auto builder = begun(3, {samples::result(1)});
  const auto go_on = [&](unsigned segment, const char* endpoint) {
    auto run = samples::run(segment, 3);
    if (endpoint != nullptr) run.endpoint = endpoint;
    builder.begin_segment(run);
  };
  go_on(2, nullptr);
  BOOST_TEST(summary_json(builder.build("r")).find("later_endpoints") == std::string::npos);
  go_on(3, "https://b.example");
  go_on(4, "https://c.example");
  go_on(5, "https://b.example");
  const auto s = builder.build("r.ndjson");
  BOOST_TEST(contains(summary_text(s, false, 80),
                      "  endpoint   https://service.example, then https://b.example, then https://c.example\n"));
  BOOST_TEST(contains(summary_json(s), R"("endpoint":"https://service.example",)"
                                       R"("later_endpoints":["https://b.example","https://c.example"],)"));
  for (unsigned i = 6; i <= 12; ++i) go_on(i, fmt::format("http://127.0.0.1:{}", i).c_str());
  BOOST_TEST(contains(summary_text(builder.build("r"), false, 80), "then http://127.0.0.1:6, and 6 more\n"));
}

BOOST_AUTO_TEST_CASE(an_earlier_end_does_not_close_a_later_segment) {
  auto builder = begun(3, {samples::result(1)});
  builder.end_segment(samples::end(1, "interrupted"));
  builder.begin_segment(samples::run(2, 3));
  BOOST_TEST(builder.build("r.ndjson").outcome == Outcome::unfinished);
}

BOOST_AUTO_TEST_CASE(operations_that_were_never_sent_do_not_make_the_run_faster) {
  auto invalid = samples::result(2, Status::invalid);
  invalid.attempts = 0;
  BOOST_TEST(closed(begun(2, {samples::result(1), invalid})).operations_per_second == 0.5);
}

BOOST_AUTO_TEST_CASE(a_report_file_gives_the_summary_the_engine_would_have_given) {
  const samples::Folder folder;
  const auto path = folder / "r.ndjson";
  std::ofstream(path, std::ios::binary) << samples::line(samples::run(1, 3)) << samples::line(samples::result(1))
                                        << samples::sync(1) << samples::line(rejected(2))
                                        << samples::line(samples::result(3))
                                        << samples::line(samples::end(1, "completed", {2, 1}));
  const auto scanned = summarize(path);
  BOOST_REQUIRE_MESSAGE(scanned, scanned.error().message);
  // Reports have a resolution of microseconds.
  auto first = samples::result(1), second = rejected(2), third = samples::result(3);
  first.latency = second.latency = third.latency = 3214us;
  auto direct = closed(begun(3, {first, second, third}));
  direct.report = path.string();
  BOOST_TEST(summary_json(*scanned) == summary_json(direct));
}

BOOST_AUTO_TEST_CASE(a_result_that_cannot_be_decoded_names_its_line) {
  const samples::Folder folder;
  const auto path = folder / "r.ndjson";
  std::ofstream(path, std::ios::binary)
      << samples::line(samples::run())
      << R"({"type":"result","line":1,"op":"o","id":"i","status":"failed","sum":"a57e250ba24f1d60"})"
      << "\n";
  const auto scanned = summarize(path);
  BOOST_REQUIRE(!scanned);
  BOOST_TEST(scanned.error().message == path.string() + ":2: this line has no 'at'");
}

BOOST_AUTO_TEST_CASE(at_most_twenty_causes_are_listed_and_the_rest_counted) {
  auto builder = begun(1000, {});
  for (std::uint32_t line = 1; line <= 30; ++line) {
    auto one = rejected(line);
    one.code = line;
    builder.add(one);
  }
  const auto s = closed(builder);
  BOOST_TEST(s.causes.size() == 20U);
  BOOST_TEST(s.other_causes == 10U);
  BOOST_TEST(contains(text_of(s), "10 × other reasons"));
}

BOOST_AUTO_TEST_CASE(a_success_is_clear_at_a_glance) {
  auto s = closed(begun(1, {samples::result(1)}));
  s.counts[Status::succeeded] = 1'000'000;
  s.run.job.operations = 1'000'000;
  s.seconds = 12.3;
  s.operations_per_second = 81'300.8;
  s.requests = 1'000'120;
  s.retries = 120;
  s.latency = {1'000'000, 412us, 1900us, 12ms, 1234ms};
  BOOST_TEST(text_of(s) ==
             "✔ All 1,000,000 operations succeeded\n"
             "\n"
             "  succeeded  1,000,000   100%  ████████████████████\n"
             "\n"
             "  job        /jobs/rename.ndjson\n"
             "  report     r.ndjson\n"
             "  endpoint   https://service.example\n"
             "  started    2026-11-21 17:00:00 UTC\n"
             "  took       12.3 s, 81,301 operations/s\n"
             "  requests   1,000,120, 120 retries\n"
             "  latency    half within 0.41 ms, 90% 1.90 ms, 99% 12.0 ms, all 1234 ms\n");
}

BOOST_AUTO_TEST_CASE(the_summary_says_what_failed_and_what_to_do_next) {
  auto unknown = samples::result(9, Status::unknown);
  unknown.http = 0;
  unknown.code.reset();
  unknown.error = "no answer within 30 s";
  auto s = closed(begun(2, {rejected(17), rejected(18), unknown}), "interrupted");
  s.counts[Status::succeeded] = 199'996;
  s.counts.remaining = 100'001;
  s.segments = 2;
  s.seconds = 125;
  s.operations_per_second = 12.34;
  s.report = "my report.ndjson";
  BOOST_TEST(text_of(s) ==
             "■ Interrupted: 199,999 of 300,000 operations done, 100,001 to go\n"
             "\n"
             "  succeeded  199,996  66.7%  █████████████▎\n"
             "  rejected         2  <0.1%  ▏\n"
             "  unknown          1  <0.1%  ▏\n"
             "  remaining  100,001  33.3%  ██████▋\n"
             "\n"
             "  job        /jobs/rename.ndjson\n"
             "  report     my report.ndjson\n"
             "  endpoint   https://service.example\n"
             "  started    2026-11-21 17:00:00 UTC\n"
             "  took       2 min 05 s in 2 segments, 12.3 operations/s\n"
             "  requests   10\n"
             "  latency    half within 3.21 ms, 90% 3.21 ms, 99% 3.21 ms, all 3.21 ms\n"
             "\n"
             "Why\n"
             "          2 × rejected, HTTP 400, code 13000405: name already used\n"
             "              first: line 17\n"
             "  trace 0101010101010101010000000000000000000000000001000100000001\n"
             "              the name is taken: choose another one\n"
             "          1 × unknown, no answer within 30 s\n"
             "              line 9\n"
             "  trace 0101010101010101010000000000000000000000000000100100000001\n"
             "\n"
             "Next\n"
             "  resume with  koobatch resume 'my report.ndjson'\n"
             "  rejected   refused for good: correct it and run it again\n"
             "  unknown    may have been applied: check before you repeat\n");
}

BOOST_AUTO_TEST_CASE(if_the_error_says_how_to_continue_nothing_else_is_advised) {
  auto end = samples::end(1, "aborted");
  const auto after = [&] {
    auto builder = begun(2, {samples::result(1)});
    builder.end_segment(end);
    return text_of(builder.build("r.ndjson"));
  };
  end.error = "the connection broke";
  BOOST_TEST(contains(after(), "  resume with  koobatch resume r.ndjson\n"));
  end.next_step = NextStep{.command = CommandName::resume, .settings = {{SettingName::max_errors, "N"}}};
  BOOST_TEST(!contains(after(), "Next"));
  // The error belongs to a segment that another has followed.
  auto later = begun(2, {samples::result(1)});
  later.end_segment(end);
  later.begin_segment(samples::run(2, 2));
  BOOST_TEST(contains(text_of(later.build("r.ndjson")), "  resume with  koobatch resume r.ndjson\n"));
}

BOOST_AUTO_TEST_CASE(programs_learn_the_step_that_the_error_advises) {
  auto builder = begun(2, {samples::result(1)});
  auto end = samples::end(1, "aborted");
  end.error = "too many errors";
  end.next_step = NextStep{.command = CommandName::resume, .settings = {{SettingName::max_errors, "\u202e"}}};
  builder.end_segment(end);
  BOOST_TEST(contains(summary_json(builder.build("r")), R"("error":"too many errors","next_step":{"command":"resume",)"
                                                        R"("settings":{"max-errors":"\u202e"}},"job":)"));
  builder.begin_segment(samples::run(2, 2));
  BOOST_TEST(!contains(summary_json(builder.build("r")), "next_step"), "of a segment that another has followed");
}

BOOST_AUTO_TEST_CASE(a_running_run_is_not_suggested_for_resuming) {
  auto s = begun(2, {samples::result(1)}).build("my report");
  s.running = true;
  const auto text = text_of(s);
  BOOST_TEST(contains(text, "■ Still running: 1 of 2 operations done, 1 to go\n"));
  BOOST_TEST(contains(text, "  show its status with  koobatch status 'my report'\n"));
  BOOST_TEST(!contains(text, "koobatch resume"));
}

BOOST_AUTO_TEST_CASE(a_run_with_failures_suggests_a_retry_and_a_retry_names_its_parent) {
  auto s = closed(begun(1, {samples::result(9, Status::failed)}));
  s.report = "my report";
  s.run.parent = {"r-0", "/reports/old.report.ndjson", 2};
  const auto text = text_of(s);
  BOOST_TEST(contains(text, "  repeat what failed or is unknown with  koobatch retry 'my report'\n"));
  BOOST_TEST(contains(text, "  retry of   /reports/old.report.ndjson\n"));
  BOOST_TEST(contains(text, "  left out   2 operations, superseded by newer ones\n"));
  BOOST_TEST(
      contains(summary_json(s), R"("parent":{"run_id":"r-0","report":"/reports/old.report.ndjson","superseded":2})"));
  BOOST_TEST(!contains(text_of(closed(begun(1, {rejected(1)}))), "koobatch retry"));
}

BOOST_AUTO_TEST_CASE(the_headline_states_the_status_of_the_run) {
  const auto headline = [](const Summary& s) {
    const auto text = text_of(s);
    return text.substr(0, text.find('\n'));
  };
  BOOST_TEST(headline(closed(begun(0, {}))) == "✔ Nothing to do: the job has no operations");
  BOOST_TEST(headline(closed(begun(1, {samples::result(1)}))) == "✔ The one operation succeeded");
  BOOST_TEST(headline(closed(begun(2, {samples::result(1), rejected(2)}))) == "✘ 1 of 2 operations did not succeed");
  BOOST_TEST(headline(begun(2, {rejected(2)}).build("r")) ==
             "■ Unfinished, or still running: 1 of 2 operations done, 1 to go");
  const auto stopped = closed(begun(2, {rejected(2)}), "aborted", "the credentials\x1b[2J were refused");
  BOOST_TEST(headline(stopped) == "✘ Stopped: 1 of 2 operations done, 1 to go");
  BOOST_TEST(contains(text_of(stopped), "\n  the credentials\\u{1b}[2J were refused\n"));
}

BOOST_AUTO_TEST_CASE(a_percentage_does_not_claim_all_or_nothing) {
  auto s = closed(begun(1, {rejected(1)}));
  s.counts[Status::succeeded] = 9'999'999;
  const auto text = text_of(s);
  BOOST_TEST(contains(text, "9,999,999  99.9%"));
  BOOST_TEST(contains(text, "        1  <0.1%"));
}

BOOST_AUTO_TEST_CASE(colour_is_used_only_on_request_and_only_around_words) {
  const auto s = closed(begun(2, {samples::result(1), rejected(2)}));
  BOOST_TEST(!contains(summary_text(s, false, 80), "\x1b"));
  std::string coloured = summary_text(s, true, 80);
  BOOST_TEST(contains(coloured, "\x1b[31m✘ 1 of 2 operations did not succeed\x1b[0m\n"));
  // Without its colours, it equals the plain text.
  for (std::size_t from; (from = coloured.find("\x1b[")) != std::string::npos;) {
    coloured.erase(from, coloured.find('m', from) - from + 1);
  }
  BOOST_TEST(coloured == summary_text(s, false, 80));
}

BOOST_AUTO_TEST_CASE(foreign_text_never_reaches_the_terminal_unescaped) {
  const std::string evil = "\x1b]0;owned\x07\u202e\n\u009b2J\x7f";
  auto refused = rejected(1, evil);
  auto run = samples::run(1, 5);
  run.job.path = run.endpoint = run.run_id = run.version = evil;
  SummaryBuilder builder;
  builder.begin_segment(run);
  builder.add(refused);
  auto end = samples::end(1, "aborted");
  end.error = evil;
  builder.end_segment(end);
  const auto s = builder.build(evil);
  std::string text = summary_text(s, false, 80);
  std::erase(text, '\n');
  BOOST_TEST(harmless(text) == text);
  const std::string json = summary_json(s);
  BOOST_TEST(harmless(json) == json);
}

BOOST_AUTO_TEST_CASE(long_messages_are_clipped_to_the_width) {
  const std::string msg(200, 'x');
  const auto s = closed(begun(1, {rejected(1, msg)}));
  for (const std::size_t width : {std::size_t{0}, std::size_t{60}, std::size_t{100}}) {
    std::istringstream text(summary_text(s, false, width));
    for (std::string line; std::getline(text, line);) {
      if (line.find("trace ") == std::string::npos) BOOST_TEST(columns(line) <= std::max<std::size_t>(width, 70));
    }
  }
  BOOST_TEST(contains(summary_text(s, false, 80), "xxx…\n"));
}

BOOST_AUTO_TEST_CASE(advice_is_wrapped_not_clipped) {
  auto one = rejected(1);
  one.code = 13000102;
  const auto s = closed(begun(1, {one}));
  BOOST_TEST(contains(summary_text(s, false, 80),
                      "              the service refuses a value: compare the fields with its\n"
                      "              documentation\n"));
  BOOST_TEST(contains(summary_text(s, false, 120),
                      "              the service refuses a value: compare the fields with its documentation\n"));
}

BOOST_AUTO_TEST_CASE(a_refusal_by_a_page_is_not_blamed_on_the_credentials_and_keeps_its_support_number) {
  auto one = rejected(1);
  one.http = 403;
  one.code.reset();
  one.msg = {};
  one.error = "text/html, 'Request Rejected', support ID 4711";
  const auto s = closed(begun(1, {one}));
  BOOST_TEST(contains(summary_text(s, false, 200), "HTTP 403: text/html, 'Request Rejected', support ID 4711\n"));
  BOOST_TEST(contains(summary_text(s, false, 200), "perhaps a firewall or a proxy, not the service"));
  BOOST_TEST(!contains(summary_text(s, false, 200), "check their rights"));
}

BOOST_AUTO_TEST_CASE(on_a_wide_terminal_the_trace_is_on_the_same_line) {
  const auto s = closed(begun(1, {rejected(17)}));
  BOOST_TEST(contains(summary_text(s, false, 120), "              line 17, trace 0101010101010101010000"));
}

BOOST_AUTO_TEST_CASE(what_was_captured_is_counted_and_what_plans_have_found_changed_is_not) {
  auto captured = samples::result(1);
  captured.has_was = true;
  auto gone = samples::result(2);
  gone.not_captured = "gone";
  auto drifted = samples::result(3, Status::skipped);
  drifted.has_was = true;
  drifted.reason = "drifted";
  const auto s = closed(begun(3, {captured, gone, drifted}));
  BOOST_TEST(contains(text_of(s), "captured   1 of 2 (1 gone)\n"), text_of(s));
  BOOST_TEST(contains(summary_json(s), R"("captured":{"count":1,"gone":1,"unreadable":0,"unsupported":0})"));
  const auto plain = closed(begun(1, {samples::result(1)}));
  BOOST_TEST(!contains(text_of(plain), "captured"));
  BOOST_TEST(!contains(summary_json(plain), "captured"));
}

BOOST_AUTO_TEST_CASE(the_summary_is_available_as_json) {
  auto s = closed(begun(4, {samples::result(1), rejected(17)}));
  s.latency = {2, 412us, 1900us, 12ms, 1234ms};
  BOOST_TEST(summary_json(s) ==
             R"({"schema":1,"report":"r.ndjson","run_id":"r-1","version":"0.1.0","outcome":"completed",)"
             R"("job":{"path":"/jobs/rename.ndjson","format":"ndjson","bytes":1234,"operations":4,)"
             R"("xxh3":"00000000deadbeef"},"endpoint":"https://service.example",)"
             R"("started":"2026-11-21T17:00:00.123Z","finished":"2026-11-21T17:00:02.123Z","segments":1,)"
             R"("seconds":2.000,"counts":{"succeeded":1,"rejected":1,"failed":0,"unknown":0,"invalid":0,)"
             R"("remaining":2},"operations_per_second":1.0,"requests":10,"retries":0,)"
             R"("pace":{"cuts":0,"pauses":0,"user_pauses":0,"outages":0,"user_cuts":0},)"
             R"("latency_ms":{"count":2,"p50":0.412,"p90":1.900,"p99":12.000,"max":1234.000},)"
             R"("causes":[{"status":"rejected","count":1,"http":400,"code":13000405,"text":"name already used",)"
             R"("first_line":17,)"
             R"("first_trace_id":"0101010101010101010000000000000000000000000001000100000001","lines":[17],)"
             R"("advice":"the name is taken: choose another one"}],"other_causes":0})");
}

BOOST_AUTO_TEST_CASE(results_of_a_segment_that_noticed_a_changed_job_only_afterwards_are_doubtful) {
  for (const bool verified : {false, true}) {
    SummaryBuilder builder;
    auto run = samples::run(1, 4);
    run.job.verified = verified;
    builder.begin_segment(run);
    for (const std::uint32_t line : {1U, 2U}) builder.add(samples::result(line));
    builder.add(samples::result(3, Status::invalid));
    auto aborted = samples::end(1, "aborted");
    aborted.error = "jobs/a: the file was changed after it was validated; nothing more is sent";
    builder.end_segment(aborted);
    builder.begin_segment(samples::run(2, 4));
    builder.add(samples::result(4));
    builder.end_segment(samples::end(2));
    const auto s = builder.build("r.ndjson");
    BOOST_TEST(s.doubtful == (verified ? 0U : 2U));
    BOOST_TEST(contains(text_of(s), "; some may be of operations the job never had") == !verified, text_of(s));
    BOOST_TEST(contains(text_of(s), "  2 results were recorded by an earlier version") == !verified, text_of(s));
    BOOST_TEST(contains(summary_json(s), R"("doubtful":2)") == !verified, summary_json(s));
  }
}

BOOST_AUTO_TEST_CASE(the_json_is_valid_whatever_the_service_said) {
  auto s = closed(begun(1, {rejected(1, "a\"\\\x01\x7f\u009b\u202e\U000e0001 \xff 名前")}), "aborted", "why \n");
  const std::string json = summary_json(s);
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  BOOST_REQUIRE(parser.parse(json).get(root) == simdjson::SUCCESS);
  std::string_view text;
  BOOST_REQUIRE(root["causes"].at(0)["text"].get(text) == simdjson::SUCCESS);
  BOOST_TEST(text == "a\"\\\x01\x7f\u009b\u202e\U000e0001 � 名前");
}

BOOST_AUTO_TEST_SUITE_END()
