#include "koobatch/report/decoder.hpp"

#include "report_samples.hpp"

#include <fmt/format.h>

using namespace koobatch;
using namespace koobatch::report;
using namespace std::chrono_literals;

namespace {

template <class Record>
std::string text_of(const Record& record) {
  return samples::without_newline(samples::line(record));
}

/// The decoder's objection to a line; empty if it accepts it.
std::string objection(const Result<ResultRecord>& decoded) {
  return decoded ? "" : decoded.error().message;
}

constexpr std::string_view least_result =
    R"({"type":"result","line":1,"op":"o","status":"failed","at":"2026-11-21T17:00:00.123Z")";

/// The step in an `end` line that has this member besides those that are required.
std::optional<NextStep> step_with(const std::string& member) {
  const auto read = Decoder().end(R"({"type":"end","segment":1,"reason":"aborted","counts":{},)" + member + "}");
  BOOST_REQUIRE_MESSAGE(read, member);
  return read->next_step;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_decoder)

BOOST_AUTO_TEST_CASE(a_result_tells_whether_it_says_what_was_there) {
  Decoder decoder;
  auto written = samples::result(1);
  BOOST_TEST(!decoder.result(text_of(written))->has_was);
  written.reading = R"("was":{"fileName":"a","coverImageUrl":null})";
  BOOST_TEST(decoder.result(text_of(written))->has_was);
  written.reading = R"("not_captured":"unreadable","not_captured_because":"HTTP 500")";
  const auto read = decoder.result(text_of(written));
  BOOST_REQUIRE_MESSAGE(read, objection(read));
  BOOST_TEST(!read->has_was);
  BOOST_TEST(read->not_captured == "unreadable");
}

BOOST_AUTO_TEST_CASE(a_result_is_decoded_as_it_was_written) {
  const std::vector<AttemptRecord> history = {
      {1, 503, 13000201, "", samples::noon(), 1500us},
      {200, 0, std::nullopt, "reset \"by\" peer \u2028 名前", samples::noon() + 877ms, 20ms}};
  auto written = samples::result(4294967295U, Status::unknown);
  written.id = "a\\\"\n\x01 名前";
  written.msg = "not \t now";
  written.ref = "";
  written.error = "timeout";
  written.code = -13000405;
  written.attempts = 200;
  written.history = history;
  Decoder decoder;
  const auto read = decoder.result(text_of(written));
  BOOST_REQUIRE_MESSAGE(read, objection(read));
  BOOST_TEST(read->line == written.line);
  BOOST_TEST(read->op == written.op);
  BOOST_TEST(read->id == written.id);
  BOOST_TEST((read->status == written.status));
  BOOST_TEST(read->http == written.http);
  BOOST_TEST(read->code.value() == *written.code);
  BOOST_TEST(read->msg == written.msg);
  BOOST_TEST(read->attempts == written.attempts);
  BOOST_TEST((read->trace_id == written.trace_id));
  BOOST_TEST((read->at == written.at));
  BOOST_TEST((read->latency == Duration(3'214'000ns)));
  BOOST_TEST(read->ref.value() == "");
  BOOST_TEST(read->error == written.error);
  BOOST_REQUIRE(read->history.size() == 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    BOOST_TEST(read->history[i].attempt == history[i].attempt);
    BOOST_TEST(read->history[i].http == history[i].http);
    BOOST_TEST((read->history[i].code == history[i].code));
    BOOST_TEST(read->history[i].error == history[i].error);
    BOOST_TEST((read->history[i].at == history[i].at));
    BOOST_TEST((read->history[i].latency == history[i].latency));
  }
}

BOOST_AUTO_TEST_CASE(members_that_a_result_lacks_stay_absent) {
  Decoder decoder;
  // Decodes a richer line first, to check that nothing of it lingers.
  auto rich = samples::result(1);
  const std::vector<AttemptRecord> history(2);
  rich.ref = "r";
  rich.history = history;
  BOOST_REQUIRE(decoder.result(text_of(rich)));
  const auto read = decoder.result(std::string(least_result) + "}");
  BOOST_REQUIRE_MESSAGE(read, objection(read));
  BOOST_TEST(read->http == 0);
  BOOST_TEST(!read->code);
  BOOST_TEST(read->id.empty());
  BOOST_TEST(read->msg.empty());
  BOOST_TEST(read->attempts == 0U);
  BOOST_TEST(!read->trace_id);
  BOOST_TEST(!read->latency);
  BOOST_TEST(!read->ref);
  BOOST_TEST(read->history.empty());
}

BOOST_AUTO_TEST_CASE(a_run_line_is_decoded_as_it_was_written) {
  const auto written = samples::run(3, 12345678901);
  Decoder decoder;
  const auto read = decoder.run(text_of(written));
  BOOST_REQUIRE(read);
  BOOST_TEST(samples::line(*read) == samples::line(written));
}

BOOST_AUTO_TEST_CASE(a_retry_names_its_parent_and_other_runs_none) {
  auto written = samples::run();
  Decoder decoder;
  BOOST_TEST(!decoder.run(text_of(written)).value().parent.has_value());
  written.parent = {"r-0", "/reports/a \"b\".ndjson", 7};
  const auto read = decoder.run(text_of(written)).value();
  BOOST_REQUIRE(read.parent.has_value());
  BOOST_TEST(read.parent->run_id == "r-0");
  BOOST_TEST(read.parent->report == "/reports/a \"b\".ndjson");
  BOOST_TEST(read.parent->superseded == 7U);
  BOOST_TEST(text_of(read) == text_of(written));
}

BOOST_AUTO_TEST_CASE(a_run_with_operations_from_a_file_names_it_and_other_runs_none) {
  auto written = samples::run();
  Decoder decoder;
  BOOST_TEST(!decoder.run(text_of(written)).value().operations.has_value());
  written.operations = {"/etc/notes \"1\".toml", 0x00ab};
  BOOST_TEST(text_of(written).find(R"("operations":{"path":"/etc/notes \"1\".toml","xxh3":"00000000000000ab"})") !=
             std::string::npos);
  const auto read = decoder.run(text_of(written)).value();
  BOOST_REQUIRE(read.operations.has_value());
  BOOST_TEST(read.operations->xxh3 == 0xabU);
  BOOST_TEST(text_of(read) == text_of(written));
}

BOOST_AUTO_TEST_CASE(an_end_line_is_decoded_as_it_was_written) {
  auto written = samples::end(2, "aborted");
  written.counts.by_status = {1, 2, 3, 4, 5};
  written.counts.remaining = 6;
  written.unsettled = {7, 4294967295U};
  written.pace = {4, 3, 2, 1};
  written.found = {.limit = 141.25, .in_flight = 8, .noise = 0.125};
  written.limits = {{250ms, 300}, {90min, 0.5}};
  written.error = "disk full";
  Decoder decoder;
  const auto read = decoder.end(text_of(written));
  BOOST_REQUIRE(read);
  BOOST_TEST(samples::line(*read) == samples::line(written));
  BOOST_TEST((read->found == written.found));
  BOOST_TEST((read->limits == written.limits));
}

BOOST_AUTO_TEST_CASE(the_advised_step_is_decoded_as_it_was_written) {
  Decoder decoder;
  auto written = samples::end(1, "aborted");
  for (const NextStep& step :
       {NextStep{.command = CommandName::resume}, NextStep{.command = CommandName::retry},
        NextStep{.command = CommandName::resume,
                 .settings = {{SettingName::max_errors, "100%"}, {SettingName::endpoint, "https://a\"b"}}}}) {
    written.next_step = step;
    const auto read = decoder.end(text_of(written));
    BOOST_REQUIRE(read);
    BOOST_TEST((read->next_step == step), text_of(written));
  }
}

BOOST_AUTO_TEST_CASE(a_step_of_a_later_version_is_as_good_as_none) {
  BOOST_TEST(!step_with(R"("next_step":{"command":"repair"})"));
  BOOST_TEST(!step_with(R"("next_step":{"command":"resume","settings":{"later":"1","rate":"1/s"}})"));
  BOOST_TEST(!step_with(R"("next_step":{"settings":{"rate":"1/s"}})"));
  BOOST_TEST(!step_with(R"("next_step":{})"));
  BOOST_TEST(!step_with(
      R"("error":"run 'koobatch resume r --later 1'","next_step":{"command":"resume","settings":{"later":"1"}})"));
  const auto known = step_with(R"("next_step":{"command":"resume","later":[1],"settings":{"rate":"1/s"}})");
  BOOST_TEST((known == NextStep{.command = CommandName::resume, .settings = {{SettingName::rate, "1/s"}}}));
}

BOOST_AUTO_TEST_CASE(a_step_of_the_wrong_type_is_an_error) {
  Decoder decoder;
  for (const std::string step : {"1", "\"resume\"", R"({"command":1})", R"({"settings":[]})",
                                 R"({"command":"resume","settings":{"max-errors":5}})"}) {
    const auto read =
        decoder.end(R"({"type":"end","segment":1,"reason":"aborted","counts":{},"next_step":)" + step + "}");
    BOOST_REQUIRE_MESSAGE(!read, step);
    BOOST_TEST(read.error().message == "has an unusable 'next_step'", step);
  }
}

BOOST_AUTO_TEST_CASE(in_a_line_of_an_earlier_version_the_errors_text_tells_the_step) {
  const NextStep resume{.command = CommandName::resume};
  BOOST_TEST((step_with(R"("error":"continue with 'koobatch resume r.ndjson --max-errors N'")") == resume));
  BOOST_TEST((step_with(R"("error":"; then run 'koobatch resume 'my report''")") == resume));
  BOOST_TEST(!step_with(R"("error":"disk full; see 'koobatch report r.ndjson'")"));
  BOOST_TEST(!step_with(R"("error":"the file was changed after it was validated. Restore it, then resume")"));
}

BOOST_AUTO_TEST_CASE(a_limit_that_is_no_pair_of_numbers_is_an_error) {
  Decoder decoder;
  for (const std::string limit : {"[1]", "[1,2,3]", "1", "[1,\"2\"]", "[-1,2]", "[1,1e300]"}) {
    std::string changed = text_of(samples::end());
    const std::string before = R"("user_cuts":0)";
    changed.replace(changed.find(before), before.size(), before + ",\"limits\":[" + limit + "]");
    BOOST_TEST(!decoder.end(changed), limit);
  }
}

BOOST_AUTO_TEST_CASE(a_mark_is_decoded_with_its_number) {
  Decoder decoder;
  const auto n = decoder.sync(samples::without_newline(samples::sync(18446744073709551615U)));
  BOOST_REQUIRE(n);
  BOOST_TEST(*n == 18446744073709551615U);
}

BOOST_AUTO_TEST_CASE(a_noted_attempt_is_decoded_as_it_was_written) {
  Decoder decoder;
  const auto note = decoder.attempt(text_of(samples::note(17, 3)));
  BOOST_REQUIRE(note);
  BOOST_TEST((note->trace_id == samples::note(17, 3).trace_id));
  BOOST_TEST((note->at == samples::noon()));
  BOOST_TEST(decoder.attempt(R"({"type":"attempt","line":17,"at":"2026-11-21T17:00:00.123Z"})").error().message ==
             "has no 'trace_id'");
}

BOOST_AUTO_TEST_CASE(the_type_of_a_line_is_found_wherever_it_stands) {
  Decoder decoder;
  BOOST_TEST(decoder.type(text_of(samples::run())).value() == LineType::run);
  BOOST_TEST(decoder.type(text_of(samples::result(1))).value() == LineType::result);
  BOOST_TEST(decoder.type(text_of(samples::end())).value() == LineType::end);
  BOOST_TEST(decoder.type(text_of(samples::note(1))).value() == LineType::attempt);
  BOOST_TEST(decoder.type(R"({"n":1,"type":"sync"})").value() == LineType::sync);
  BOOST_TEST(decoder.type(R"({"type":"note","text":"hello"})").value() == LineType::other);
  BOOST_TEST(!decoder.type(R"({"typ":"sync"})"));
  BOOST_TEST(!decoder.type(R"({"type":7})"));
}

BOOST_AUTO_TEST_CASE(a_line_that_is_not_json_is_refused) {
  Decoder decoder;
  for (const std::string_view text :
       {"", " ", "{", "}", "[]", "7", "nonsense", R"({"type":"sync","n":1)", R"({"type":"sync","n":1}})",
        R"({"type":"sync","n":1}{"type":"sync","n":1})", R"({"type":"sync","n":1} x)", R"({"type":"sync" "n":1})",
        "{\"type\":\"sync\",\"n\":1,\"a\":\"\xff\"}"}) {
    BOOST_TEST(!decoder.type(text), text);
    BOOST_TEST(!decoder.sync(text), text);
  }
}

BOOST_AUTO_TEST_CASE(members_of_a_later_version_are_skipped) {
  Decoder decoder;
  const auto read = decoder.result(std::string(least_result) + R"(,"later":{"a":[1,{"b":"}"}]},"http":200})");
  BOOST_REQUIRE_MESSAGE(read, objection(read));
  BOOST_TEST(read->http == 200);
}

BOOST_AUTO_TEST_CASE(a_member_of_the_wrong_type_is_named) {
  Decoder decoder;
  const auto with = [&](std::string_view member) {
    return objection(decoder.result(std::string(least_result) + "," + std::string(member) + "}"));
  };
  BOOST_TEST(with(R"("line":0)") == "has an unusable 'line'");
  BOOST_TEST(with(R"("line":4294967296)") == "has an unusable 'line'");
  BOOST_TEST(with(R"("line":-1)") == "has an unusable 'line'");
  BOOST_TEST(with(R"("line":"1")") == "has an unusable 'line'");
  BOOST_TEST(with(R"("status":"done")") == "has an unusable 'status'");
  BOOST_TEST(with(R"("http":99999999999)") == "has an unusable 'http'");
  BOOST_TEST(with(R"("code":"0")") == "has an unusable 'code'");
  BOOST_TEST(with(R"("trace_id":"01")") == "has an unusable 'trace_id'");
  BOOST_TEST(with(R"("at":"yesterday")") == "has an unusable 'at'");
  BOOST_TEST(with(R"("latency_ms":-1)") == "has an unusable 'latency_ms'");
  BOOST_TEST(with(R"("history":[{"attempt":256}])") == "has an unusable 'history'");
  BOOST_TEST(with(R"("history":{})") == "has an unusable 'history'");
  BOOST_TEST(with(R"("http":200)") == "");
}

BOOST_AUTO_TEST_CASE(a_time_is_parsed_strictly_whatever_was_parsed_before) {
  Decoder decoder;
  auto written = samples::result(1);
  for (const auto offset : {0ms, 1ms, 876ms, 877ms, 0ms, 86'400'000ms, 123ms}) {
    written.at = samples::noon() + offset;
    const auto read = decoder.result(text_of(written));
    BOOST_REQUIRE_MESSAGE(read, objection(read));
    BOOST_TEST((read->at == written.at));
  }
  const auto with = [&](std::string_view at) {
    return objection(decoder.result(std::string(least_result) + ",\"at\":\"" + std::string(at) + "\"}"));
  };
  BOOST_TEST(with("2026-11-21T17:00:00.124Z") == "");
  for (const std::string_view at :
       {"2026-11-21T17:00:00.12xZ", "2026-11-21T17:00:00./00Z", "2026-11-21T17:00:00.123z", "2026-11-21T17:00:00.1234Z",
        "2026-11-21T17:00:00.12Z", "2026-11-21T17:00:61.123Z"}) {
    BOOST_TEST(with(at) == "has an unusable 'at'", at);
  }
}

BOOST_AUTO_TEST_CASE(a_segments_duration_must_be_usable_in_arithmetic) {
  Decoder decoder;
  for (const char* seconds : {"-0.001", "1e13", "1e308", "\"1\""}) {
    const auto line =
        fmt::format(R"({{"type":"end","segment":1,"reason":"completed","counts":{{}},"seconds":{}}})", seconds);
    BOOST_TEST(decoder.end(line).error().message == "has an unusable 'seconds'", seconds);
  }
}

BOOST_AUTO_TEST_CASE(a_missing_member_is_named) {
  Decoder decoder;
  BOOST_TEST(objection(decoder.result(R"({"type":"result","line":1})")) == "has no 'op'");
  BOOST_TEST(decoder.sync(R"({"type":"sync"})").error().message == "has no 'n'");
  BOOST_TEST(decoder.end(R"({"type":"end","segment":1,"reason":"completed"})").error().message == "has no 'counts'");
  BOOST_TEST(decoder.run(R"({"type":"run","run_id":"r"})").error().message == "has no 'schema'");
}

BOOST_AUTO_TEST_CASE(a_report_of_another_schema_names_the_version_that_wrote_it) {
  Decoder decoder;
  const auto read = decoder.run(R"({"type":"run","schema":2,"version":"9.1","job":7})");
  BOOST_REQUIRE(!read);
  BOOST_TEST(read.error().message.find("schema 2") != std::string::npos);
  const auto whole = decoder.run(R"({"type":"run","schema":2,"run_id":"r","version":"9.1"})");
  BOOST_REQUIRE(!whole);
  BOOST_TEST(whole.error().message ==
             "is of schema 2, but this koobatch reads schema 1; use the version that wrote it (9.1)");
}

BOOST_AUTO_TEST_CASE(lines_of_different_lengths_can_follow_each_other) {
  Decoder decoder;
  for (const std::size_t size : {10U, 2'000'000U, 100U, 0U}) {
    const std::string ref(size, 'x');
    auto written = samples::result(1);
    written.ref = ref;
    const auto read = decoder.result(text_of(written));
    BOOST_REQUIRE(read);
    BOOST_TEST((read->ref == ref));
  }
}

BOOST_AUTO_TEST_CASE(what_was_read_is_recorded_with_the_result) {
  auto written = samples::result(7, Status::skipped);
  written.readings = 2;
  written.reason = "drifted";
  written.reading = R"("was":{"fileName":"Plans \"2\""})";
  const auto text = text_of(written);
  BOOST_TEST(text.find(R"("status":"skipped")") != std::string::npos);
  BOOST_TEST(text.find(R"("readings":2)") != std::string::npos);
  BOOST_TEST(text.find(R"("was":{"fileName":"Plans \"2\""},"sum":)") != std::string::npos, text);
  BOOST_TEST(has_valid_sum(text));
  Decoder decoder;
  const auto read = decoder.result(text);
  BOOST_REQUIRE_MESSAGE(read, objection(read));
  BOOST_TEST(read->readings == 2U);
  BOOST_TEST(read->reason == "drifted");
}

BOOST_AUTO_TEST_CASE(a_run_of_a_plan_names_it_and_other_runs_none) {
  auto written = samples::run();
  Decoder decoder;
  BOOST_TEST(!decoder.run(text_of(written)).value().plan.has_value());
  written.plan = {"1a2b3c4d5e6f", "00ff"};
  const auto read = decoder.run(text_of(written)).value();
  BOOST_REQUIRE(read.plan.has_value());
  BOOST_TEST(read.plan->id == "1a2b3c4d5e6f");
  BOOST_TEST(text_of(read) == text_of(written));
}

BOOST_AUTO_TEST_CASE(counts_that_only_plans_have_are_written_if_there_are_any) {
  auto written = samples::end();
  BOOST_TEST(text_of(written).find("skipped") == std::string::npos);
  written.counts.by_status = {1, 0, 0, 0, 0, 3, 4};
  BOOST_TEST(text_of(written).find(R"("invalid":0,"unchanged":3,"skipped":4,"remaining")") != std::string::npos);
  BOOST_TEST(Decoder().end(text_of(written)).value().counts.by_status == written.counts.by_status,
             boost::test_tools::per_element());
  BOOST_TEST(written.counts.fulfilled() == 4U);
}

BOOST_AUTO_TEST_SUITE_END()
