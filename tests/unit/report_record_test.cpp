#include "koobatch/core/json.hpp"
#include "report_samples.hpp"

#include <limits>

using namespace koobatch;
using namespace koobatch::report;
using namespace std::chrono_literals;

// The sums in the expected lines were computed with the xxHash library itself, not with the code under test.
BOOST_AUTO_TEST_SUITE(report_record)

BOOST_AUTO_TEST_CASE(a_result_is_written_as_documented) {
  BOOST_TEST(
      samples::line(samples::result(17)) ==
      R"({"type":"result","line":17,"op":"rename_shared_folder","id":"1757156480072657793","status":"succeeded",)"
      R"("http":200,"code":0,"msg":"success","attempts":1,)"
      R"("trace_id":"0101010101010101010000000000000000000000000001000100000001",)"
      R"("at":"2026-11-21T17:00:00.123Z","latency_ms":3.214,"sum":"462b5088d5bc6284"})"
      "\n");
}

BOOST_AUTO_TEST_CASE(the_callers_reference_is_copied_into_the_result) {
  auto r = samples::result(17);
  r.ref = "order 7";
  BOOST_TEST(samples::line(r).ends_with(R"("latency_ms":3.214,"ref":"order 7","sum":"35de9d8db8f64265"})"
                                        "\n"));
  r.ref = "";
  BOOST_TEST(samples::line(r).find(R"("ref":"")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(several_attempts_leave_a_history_and_no_answer_an_error) {
  const std::vector<AttemptRecord> history = {
      {1, 503, std::nullopt, "", samples::noon(), 1500us},
      {2, 0, std::nullopt, "connection reset by peer", samples::noon() + 877ms, 20ms}};
  ResultRecord r;
  r.line = 18;
  r.op = "update_album";
  r.id = "a\"b";
  r.status = Status::unknown;
  r.attempts = 2;
  r.trace_id = TraceId{0x15555, 18, 2};
  r.at = samples::noon() + 877ms;
  r.latency = 20ms;
  r.error = "connection reset by peer";
  r.history = history;
  BOOST_TEST(samples::line(r) ==
             R"({"type":"result","line":18,"op":"update_album","id":"a\"b","status":"unknown","attempts":2,)"
             R"("trace_id":"0101010101010101010000000000000000000000000001001000000010",)"
             R"("at":"2026-11-21T17:00:01.000Z","latency_ms":20.000,"error":"connection reset by peer",)"
             R"("history":[{"attempt":1,"http":503,"at":"2026-11-21T17:00:00.123Z","latency_ms":1.500},)"
             R"({"attempt":2,"error":"connection reset by peer","at":"2026-11-21T17:00:01.000Z","latency_ms":20.000}],)"
             R"("sum":"a2c7aaf09faa65f2"})"
             "\n");
  r.history = std::span(history).first(1);
  BOOST_TEST(samples::line(r).find("history") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_invalid_operation_has_only_its_known_members) {
  ResultRecord r;
  r.line = 3;
  r.status = Status::invalid;
  r.at = samples::noon();
  r.error = "fileName: is required";
  BOOST_TEST(samples::line(r) ==
             R"({"type":"result","line":3,"op":"","id":"","status":"invalid","attempts":0,)"
             R"("at":"2026-11-21T17:00:00.123Z","error":"fileName: is required","sum":"2b1929cb381baa11"})"
             "\n");
}

BOOST_AUTO_TEST_CASE(a_segment_begins_with_a_run_line) {
  auto r = samples::run(2, 5);
  r.trace_prefix = 87381;
  BOOST_TEST(samples::line(r) ==
             R"({"type":"run","schema":1,"run_id":"r-1","segment":2,"version":"0.1.0",)"
             R"("started":"2026-11-21T17:00:00.123Z","trace_prefix":87381,)"
             R"("job":{"path":"/jobs/rename.ndjson","format":"ndjson","bytes":1234,"operations":5,)"
             R"("xxh3":"00000000deadbeef"},"endpoint":"https://service.example","settings":{"connections":16},)"
             R"("sum":"375f692d7a4fc77d"})"
             "\n");
}

BOOST_AUTO_TEST_CASE(a_run_line_states_that_the_job_is_verified_while_it_is_sent) {
  auto r = samples::run();
  BOOST_TEST(samples::line(r).find("verified") == std::string::npos);
  r.job.verified = true;
  const auto text = samples::line(r);
  BOOST_TEST(text.find(R"("xxh3":"00000000deadbeef","verified":true},)") != std::string::npos, text);
  BOOST_TEST(Decoder().run(samples::without_newline(text)).value().job.verified);
}

BOOST_AUTO_TEST_CASE(a_changed_job_is_recognised_by_the_text_of_the_error) {
  auto r = samples::end(1, "aborted");
  r.error = "jobs/a: the file was changed after it was validated; nothing more is sent. Restore it, then resume";
  BOOST_TEST(found_job_changed(r));
  r.reason = "interrupted";
  BOOST_TEST(!found_job_changed(r));
  r = samples::end(1, "aborted");
  r.error = "disk full";
  BOOST_TEST(!found_job_changed(r));
}

BOOST_AUTO_TEST_CASE(a_segment_closes_with_an_end_line) {
  EndRecord r;
  r.segment = 2;
  r.reason = "aborted";
  r.counts.by_status = {1, 2, 3, 4, 5};
  r.counts.remaining = 6;
  r.unsettled = {7, 9};
  r.at = samples::noon();
  r.seconds = 1.5;
  r.requests = 17;
  r.pace = {3, 2, 1, 4, 5};
  r.error = "disk full";
  BOOST_TEST(samples::line(r) ==
             R"({"type":"end","segment":2,"reason":"aborted","counts":{"succeeded":1,"rejected":2,"failed":3,)"
             R"("unknown":4,"invalid":5,"remaining":6},"unsettled":[7,9],"at":"2026-11-21T17:00:00.123Z",)"
             R"("seconds":1.500,"requests":17,"pace":{"cuts":3,"pauses":2,"user_pauses":1,"outages":4,"user_cuts":5},)"
             R"("error":"disk full","sum":"7fe32a191dcefddf"})"
             "\n");
  r.found = {.limit = 141.25, .in_flight = 8, .noise = 0.12};
  r.limits = {{250ms, 300}, {6s, 141.25}};
  BOOST_TEST(
      samples::line(r).find(
          R"("user_cuts":5,"limit":141.250,"in_flight_limit":8,"noise":0.120,"limits":[[0.250,300.000],[6.000,141.250]]})") !=
      std::string::npos);
  r.next_step = NextStep{.command = CommandName::resume,
                         .report = "never written",
                         .settings = {{SettingName::max_errors, "N"}, {SettingName::simulate, {}}}};
  BOOST_TEST(samples::line(r).find(R"("error":"disk full","next_step":{"command":"resume",)"
                                   R"("settings":{"max-errors":"N","simulate":""}},"sum":)") != std::string::npos,
             samples::line(r));
  r.next_step = NextStep{.command = CommandName::retry};
  BOOST_TEST(samples::line(r).find(R"("next_step":{"command":"retry"},"sum":)") != std::string::npos);
  EndRecord plain;
  plain.reason = "completed";
  plain.counts[Status::succeeded] = 1;
  plain.at = samples::noon();
  plain.seconds = 0.25;
  plain.requests = 1;
  BOOST_TEST(samples::line(plain) ==
             R"({"type":"end","segment":1,"reason":"completed","counts":{"succeeded":1,"rejected":0,"failed":0,)"
             R"("unknown":0,"invalid":0,"remaining":0},"unsettled":[],"at":"2026-11-21T17:00:00.123Z",)"
             R"("seconds":0.250,"requests":1,"pace":{"cuts":0,"pauses":0,"user_pauses":0,"outages":0,"user_cuts":0},)"
             R"("sum":"7e7e02e54e4c0e66"})"
             "\n");
}

BOOST_AUTO_TEST_CASE(a_mark_states_that_everything_before_it_is_durable) {
  BOOST_TEST(samples::sync(3) == "{\"type\":\"sync\",\"n\":3,\"sum\":\"4e9608a2ca610092\"}\n");
}

BOOST_AUTO_TEST_CASE(lines_are_appended_to_existing_content) {
  std::string out = "before\n";
  append_line(out, samples::result(17));
  append_sync_line(out, 3);
  append_line(out, samples::run());
  append_line(out, samples::end());
  BOOST_TEST(out == "before\n" + samples::line(samples::result(17)) + samples::sync(3) + samples::line(samples::run()) +
                        samples::line(samples::end()));
}

BOOST_AUTO_TEST_CASE(a_time_is_right_when_the_second_changes_and_changes_back) {
  auto r = samples::result(1);
  const auto shown = [&](WallTime t) {
    r.at = t;
    return samples::line(r).find("\"at\":\"" + timestamp(t) + "\"") != std::string::npos;
  };
  for (const auto offset : {0ms, 1ms, 876ms, 877ms, 1876ms, 1877ms, 876ms, 86'400'000ms, 0ms}) {
    BOOST_TEST(shown(samples::noon() + offset));
  }
}

BOOST_AUTO_TEST_CASE(a_latency_has_three_decimals_and_is_rounded) {
  const auto shown = [](Duration latency) {
    auto r = samples::result(1);
    r.latency = latency;
    const std::string text = samples::line(r);
    const auto from = text.find("\"latency_ms\":") + 13;
    return text.substr(from, text.find(',', from) - from);
  };
  BOOST_TEST(shown(0ns) == "0.000");
  BOOST_TEST(shown(499ns) == "0.000");
  BOOST_TEST(shown(500ns) == "0.001");
  BOOST_TEST(shown(999'499ns) == "0.999");
  BOOST_TEST(shown(999'500ns) == "1.000");
  BOOST_TEST(shown(61s + 7us) == "61000.007");
  BOOST_TEST(shown(-5ms) == "0.000");
}

BOOST_AUTO_TEST_CASE(the_longest_numbers_and_texts_fit) {
  auto r = samples::result(std::numeric_limits<std::uint32_t>::max(), Status::succeeded);
  const std::string worst(5000, '\x01');
  r.op = r.id = r.msg = r.error = worst;
  r.ref = worst;
  r.http = std::numeric_limits<int>::min();
  r.code = std::numeric_limits<std::int64_t>::min();
  r.attempts = std::numeric_limits<unsigned>::max();
  r.latency = Duration::max();
  const std::string text = samples::line(r);
  BOOST_TEST(text.size() > 5 * 6 * worst.size());
  BOOST_TEST(has_valid_sum(samples::without_newline(text)));
}

BOOST_AUTO_TEST_CASE(text_is_escaped_wherever_the_special_character_stands) {
  for (std::size_t size = 1; size < 40; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (const char special : {'"', '\\', '\n', '\x1f', '\0'}) {
        std::string id(size, 'x');
        id[place] = special;
        auto r = samples::result(1);
        r.id = id;
        std::string expected;
        append_json_string(expected, id);
        BOOST_REQUIRE(samples::line(r).find("\"id\":" + expected + ",\"status\"") != std::string::npos);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(non_ascii_text_is_kept_and_invalid_utf8_is_replaced) {
  auto r = samples::result(1);
  const auto shown = [&](std::string_view msg) {
    r.msg = msg;
    const std::string text = samples::line(r);
    const auto from = text.find("\"msg\":\"") + 7;
    return text.substr(from, text.find('"', from) - from);
  };
  BOOST_TEST(shown("Prüfung 名前 \x7f") == "Prüfung 名前 \x7f");
  BOOST_TEST(shown("a\xff\xfe"
                   "b") == "a��b");
  BOOST_TEST(shown("cut \xe5\x90") == "cut �");
  auto run = samples::run();
  run.job.path = "/jobs/\xff.ndjson";
  BOOST_TEST(samples::line(run).find("/jobs/�.ndjson") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_checksum_covers_every_bit_of_its_line) {
  const std::string text = samples::without_newline(samples::line(samples::result(17)));
  BOOST_REQUIRE(has_valid_sum(text));
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string damaged = text;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    BOOST_REQUIRE_MESSAGE(!has_valid_sum(damaged), "bit " << bit << " can flip unnoticed");
  }
}

BOOST_AUTO_TEST_CASE(a_part_of_a_line_has_no_valid_checksum) {
  const std::string text = samples::line(samples::result(17));
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    BOOST_REQUIRE(!has_valid_sum(std::string_view(text).substr(0, size)));
  }
  BOOST_TEST(!has_valid_sum(text));  // the newline is not part of the line
  BOOST_TEST(!has_valid_sum(R"(,"sum":"2d06800538d394c2"})"));
}

BOOST_AUTO_TEST_CASE(finished_operations_are_all_but_the_remaining_ones) {
  Counts counts;
  counts.by_status = {1, 2, 3, 4, 5};
  counts.remaining = 100;
  BOOST_TEST(counts.finished() == 15U);
}

BOOST_AUTO_TEST_SUITE_END()
