// What each answer of a service, however odd, does to the operation that got it, and that the run goes on after it.
//
// Every case is a job of three operations on one key. They go one after the other: the first is answered well, the
// second gets the case's answers, the third shows that the run has recovered.
#include "archives.hpp"
#include "scripted_server.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>

using namespace koobatch::test;
using namespace std::chrono_literals;

namespace {

using Then = Reply::Then;

constexpr const char* token = "s3cret-token/4711";

const std::string rename_job = R"({"op":"rename_shared_folder","id":"1","fileName":"a"})"
                               "\n"
                               R"({"op":"rename_shared_folder","id":"1","fileName":"b"})"
                               "\n"
                               R"({"op":"rename_shared_folder","id":"1","fileName":"c"})"
                               "\n";

/// Events must not be sent twice.
const std::string event_job = R"({"op":"post_event","id":"1","text":"a"})"
                              "\n"
                              R"({"op":"post_event","id":"1","text":"b"})"
                              "\n"
                              R"({"op":"post_event","id":"1","text":"c"})"
                              "\n";

struct Expected {
  std::vector<Reply> replies;  ///< to the attempts of the second operation, in turn
  std::string status = "succeeded";
  unsigned attempts = 2;  ///< of the second operation
  std::string says{};     ///< must be part of its result
  std::vector<std::string> flags{};
  bool reused = false;  ///< on the connection of the first, instead of one of its own
  const std::string& job = rename_job;
};

/// A run of one case.
struct Trial {
  Trial(const std::string& job, std::vector<Reply> replies, bool reused, std::vector<std::string> flags)
      : server(with_first(std::move(replies), reused)) {
    workspace.write("job.ndjson", job);
    workspace.write("token", token);
    ::chmod(workspace.path("token").c_str(), 0600);
    std::vector<std::string> command = {"run",
                                        workspace.path("job.ndjson"),
                                        "--endpoint",
                                        server.url(),
                                        "--user-id",
                                        "7",
                                        "--token-file",
                                        workspace.path("token"),
                                        "--connections",
                                        "1",
                                        "--rate",
                                        "1000/s",
                                        "--retry-base",
                                        "1ms",
                                        "--timeout",
                                        "2s",
                                        "--report",
                                        workspace.path("r"),
                                        "--progress",
                                        "none",
                                        "-v"};
    command.insert(command.end(), flags.begin(), flags.end());
    finished = run_koobatch(command);
    lines = read_report(workspace.path("r"));
    BOOST_TEST((workspace.read("r") + finished.out + finished.err).find(token) == std::string::npos,
               "the token is nowhere to be seen");
  }

  static std::vector<Reply> with_first(std::vector<Reply> replies, bool reused) {
    replies.insert(replies.begin(), Reply{.bytes = success(reused ? "" : "Connection: close\r\n"),
                                          .then = reused ? Then::keep_open : Then::close});
    return replies;
  }

  const ReportedResult& result(std::uint32_t line) const {
    const auto found = std::find_if(lines.results.begin(), lines.results.end(),
                                    [&](const ReportedResult& result) { return result.line == line; });
    BOOST_REQUIRE_MESSAGE(found != lines.results.end(), "no result of line " << line << ": " << finished.err);
    return *found;
  }

  Workspace workspace;
  ScriptedServer server;
  Finished finished;
  ReportLines lines;
};

void check(const Expected& expected) {
  const Trial trial(expected.job, expected.replies, expected.reused, expected.flags);
  const auto& result = trial.result(2);
  BOOST_TEST(result.status == expected.status, result.text);
  BOOST_TEST(result.attempts == expected.attempts, result.text);
  BOOST_TEST(result.text.find(expected.says) != std::string::npos, result.text);
  BOOST_TEST(trial.result(1).status == "succeeded");
  BOOST_TEST(trial.result(3).status == "succeeded", trial.result(3).text);
  BOOST_TEST(trial.result(3).attempts == 1U, trial.result(3).text);
  BOOST_TEST(trial.server.requests() == 2 + expected.attempts);
  BOOST_TEST(trial.finished.status == (expected.status == "succeeded" ? 0 : 1), trial.finished.err);
}

/// A whole answer, on a connection that stays open.
Reply http(int status, std::string_view body = {}, std::string_view headers = {}) {
  return {.bytes = http_answer(status, body, headers)};
}

/// Attempts that all get this.
std::vector<Reply> always(const Reply& reply, std::size_t times) {
  return std::vector<Reply>(times, reply);
}

const std::string head = "HTTP/1.1 200 OK\r\n";
const std::string ok_body = R"({"code":0,"msg":"success"})";
constexpr const char* refusal = R"({"code":13000405,"msg":"name already used"})";

}  // namespace

BOOST_AUTO_TEST_SUITE(answers)

// 2xx ----------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(success_is_success) {
  check({.replies = {{.bytes = success()}}, .attempts = 1, .says = R"("http":200,"code":0,"msg":"success")"});
}

BOOST_AUTO_TEST_CASE(success_with_broken_json_is_repeated) {
  check({.replies = {http(200, R"({"code":0,"msg":"succ)")}, .says = "cannot be read as the documented answer"});
}

BOOST_AUTO_TEST_CASE(success_with_broken_json_to_the_end_is_unknown) {
  check({.replies = always(http(200, R"({"code":0)"), 3),
         .status = "unknown",
         .attempts = 3,
         .says = "cannot be read as the documented answer",
         .flags = {"--max-attempts", "3"}});
}

BOOST_AUTO_TEST_CASE(an_event_whose_success_cannot_be_read_is_unknown_at_once) {
  check({.replies = {http(200, R"({"code":0,)")},
         .status = "unknown",
         .attempts = 1,
         .says = "cannot be read",
         .job = event_job});
}

BOOST_AUTO_TEST_CASE(a_page_instead_of_an_answer_is_repeated_and_takes_no_attempt_from_the_only_operation_that_can_go) {
  check({.replies = always(http(200, "<html>"), 3),
         .attempts = 4,
         .says = R"(HTTP 200, application/json, '<html>': not an answer of the service)",
         .flags = {"--max-attempts", "3"}});
}

BOOST_AUTO_TEST_CASE(http_204_is_not_the_documented_success) {
  check({.replies = {{.bytes = "HTTP/1.1 204 No Content\r\n\r\n"}}, .says = "HTTP 204"});
}

BOOST_AUTO_TEST_CASE(a_code_other_than_zero_is_a_refusal) {
  check({.replies = {http(200, refusal)},
         .status = "rejected",
         .attempts = 1,
         .says = R"("http":200,"code":13000405,"msg":"name already used")"});
}

BOOST_AUTO_TEST_CASE(a_success_about_another_id_is_unknown_and_closes_the_connection) {
  check({.replies = {http(200, R"({"id":"2","code":0,"msg":"success"})")},
         .status = "unknown",
         .attempts = 1,
         .says = "the answer is about id 2"});
}

BOOST_AUTO_TEST_CASE(a_body_compressed_unasked_cannot_be_read) {
  check({.replies = {http(200, archives::gzip(ok_body), "Content-Encoding: gzip\r\n")}, .says = "cannot be read"});
}

BOOST_AUTO_TEST_CASE(a_body_with_a_byte_order_mark_a_decimal_code_or_words_in_gbk_is_read) {
  for (const std::string body :
       {"\xef\xbb\xbf{\"code\":0}", "{\"code\":0.0}", "{\"code\":0,\"msg\":\"\xb3\xc9\xb9\xa6\"}"}) {
    check({.replies = {http(200, body)}, .attempts = 1});
  }
}

BOOST_AUTO_TEST_CASE(a_body_that_cannot_be_read_is_quoted_and_a_token_in_it_masked) {
  check({.replies = {http(200, fmt::format(R"({{"code":0,"msg":"{}, welc)", token))},
         .says = R"(application/json, 40 bytes, '{\"code\":0,\"msg\":\"***, welc')"});
}

BOOST_AUTO_TEST_CASE(a_status_line_without_blank_and_reason_is_read) {
  check({.replies = {{.bytes =
                          "HTTP/1.1 200\r\nContent-Length: " + std::to_string(ok_body.size()) + "\r\n\r\n" + ok_body}},
         .attempts = 1,
         .says = R"("http":200,"code":0)"});
}

// 1xx ----------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(http_100_and_103_are_passed_over) {
  check({.replies = {{.bytes =
                          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + success()}},
         .attempts = 1});
}

BOOST_AUTO_TEST_CASE(http_100_long_before_the_answer_is_passed_over) {
  check({.replies = {{.bytes = "HTTP/1.1 100 Continue\r\n\r\n", .later = success()}}, .attempts = 1});
}

BOOST_AUTO_TEST_CASE(http_101_is_unknown_and_closes_the_connection) {
  check({.replies = {{.bytes = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"}},
         .status = "unknown",
         .attempts = 1,
         .says = "switched protocols"});
}

// 3xx ----------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_redirect_is_rejected_with_its_target_and_not_followed) {
  const ScriptedServer elsewhere;
  check({.replies = {http(301, "", fmt::format("Location: {}/login\r\n", elsewhere.url()))},
         .status = "rejected",
         .attempts = 1,
         .says = fmt::format("redirected to '{}/login'", elsewhere.url())});
  BOOST_TEST(elsewhere.connections() == 0U);
}

// 4xx ----------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(http_400_with_a_documented_code_is_rejected) {
  check({.replies = {http(400, refusal)}, .status = "rejected", .attempts = 1, .says = "name already used"});
}

BOOST_AUTO_TEST_CASE(http_400_without_a_documented_code_is_rejected_if_there_are_no_other_credentials) {
  check({.replies = {http(400, R"({"code":1,"msg":"authentication failed"})")},
         .status = "rejected",
         .attempts = 1,
         .says = "authentication failed"});
}

BOOST_AUTO_TEST_CASE(http_403_is_rejected) {
  check({.replies = {http(403, R"({"code":13000410,"msg":"no permission"})")},
         .status = "rejected",
         .attempts = 1,
         .says = "no permission"});
}

BOOST_AUTO_TEST_CASE(http_404_is_rejected) {
  check({.replies = {http(404, "<html>")}, .status = "rejected", .attempts = 1, .says = R"("http":404)"});
}

/// A token file that is replaced while the run goes on.
struct Rotation {
  Reply answers_then_rotates(int status) const {
    Reply reply = http(status, R"({"code":1,"msg":"authentication failed"})");
    reply.before = [path = path_] { std::ofstream(path) << "another-token"; };
    return reply;
  }
  std::vector<std::string> flags() const { return {"--token-file", path_}; }

  Rotation() {
    std::ofstream(path_) << token;
    ::chmod(path_.c_str(), 0600);
  }
  Workspace workspace_;
  std::string path_ = workspace_.path("rotated");
};

BOOST_AUTO_TEST_CASE(http_401_is_repeated_with_the_credentials_read_anew) {
  const Rotation rotation;
  check({.replies = {rotation.answers_then_rotates(401)}, .flags = rotation.flags()});
}

BOOST_AUTO_TEST_CASE(http_400_that_may_be_about_credentials_is_repeated_with_those_read_anew) {
  const Rotation rotation;
  check({.replies = {rotation.answers_then_rotates(400)}, .flags = rotation.flags()});
}

/// The run stops; the operation stays unfinished, and a resumed run finishes it.
void check_stop(const std::vector<Reply>& replies, std::vector<std::string> flags) {
  const Trial trial(rename_job, replies, false, std::move(flags));
  BOOST_TEST(trial.finished.status == 5, trial.finished.err);
  BOOST_TEST(trial.finished.err.find("HTTP 401") != std::string::npos, trial.finished.err);
  BOOST_TEST(trial.lines.results.size() == 1U);
  BOOST_TEST(trial.server.requests() == 1 + replies.size());
  const auto resumed = run_koobatch({"resume", trial.workspace.path("r"), "-q"});
  BOOST_TEST(resumed.status == 0, resumed.err);
  BOOST_TEST(read_report(trial.workspace.path("r")).results.size() == 3U);
}

BOOST_AUTO_TEST_CASE(http_401_without_other_credentials_stops_the_run_with_nothing_finalised) {
  check_stop({http(401, R"({"code":1,"msg":"token expired"})")}, {});
}

BOOST_AUTO_TEST_CASE(http_401_to_the_credentials_read_anew_stops_the_run_with_nothing_finalised) {
  const Rotation rotation;
  check_stop({rotation.answers_then_rotates(401), http(401)}, rotation.flags());
}

// Throttled ----------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(http_408_is_repeated) {
  check({.replies = {http(408)}, .says = R"("history":[{"attempt":1,"http":408)"});
}
BOOST_AUTO_TEST_CASE(http_425_is_repeated) {
  check({.replies = {http(425)}, .says = R"("history":[{"attempt":1,"http":425)"});
}
BOOST_AUTO_TEST_CASE(http_429_is_repeated) {
  check({.replies = {http(429)}, .says = R"("history":[{"attempt":1,"http":429)"});
}
BOOST_AUTO_TEST_CASE(http_503_is_repeated) {
  check({.replies = {http(503)}, .says = R"("history":[{"attempt":1,"http":503)"});
}

BOOST_AUTO_TEST_CASE(http_429_is_repeated_for_an_event_too_because_it_was_not_applied) {
  check({.replies = {http(429)}, .says = R"("history":[{"attempt":1,"http":429)", .job = event_job});
}

BOOST_AUTO_TEST_CASE(throttling_does_not_use_up_the_attempts) {
  check({.replies = always(http(429), 4), .attempts = 5, .flags = {"--max-attempts", "2"}});
}

BOOST_AUTO_TEST_CASE(the_gateways_throttling_is_repeated) {
  check({.replies = {http(429, R"({"error_code":"APIG.0308","error_msg":"The throttling threshold has been )"
                               R"(reached: policy user over ratelimit,limit:5,time:1 second"})")},
         .says = R"("history":[{"attempt":1,"http":429)"});
}

BOOST_AUTO_TEST_CASE(the_gateways_throttling_is_repeated_whatever_status_it_comes_with) {
  check({.replies = {http(403, R"({"error_code":"APIG.0308","error_msg":"policy api"})")},
         .says = R"("history":[{"attempt":1,"http":403)"});
}

/// How much later the second attempt came than the first was answered, in ms, by the report.
double waited(const Expected& expected) {
  const Trial trial(expected.job, expected.replies, expected.reused, expected.flags);
  BOOST_TEST(trial.finished.status == 0, trial.finished.err);
  BOOST_TEST(trial.result(2).attempts == 2U);
  const auto seconds_of = [](const std::string& text, std::size_t from) {
    const auto at = text.find(R"("at":")", from) + 6;
    return std::stod(text.substr(at + 14, 2)) * 60 + std::stod(text.substr(at + 17, 6));
  };
  const std::string& text = trial.result(2).text;
  const auto history = text.find(R"("history")");
  const double between = seconds_of(text, text.find(R"("attempt":2)", history)) - seconds_of(text, history);
  return (between < 0 ? between + 3600 : between) * 1000;
}

BOOST_AUTO_TEST_CASE(retry_after_in_seconds_is_waited_for) {
  BOOST_TEST(waited({.replies = {http(429, "", "Retry-After: 1\r\n")}}) >= 990);
}

BOOST_AUTO_TEST_CASE(retry_after_as_a_date_is_waited_for_by_the_services_clock) {
  BOOST_TEST(waited({.replies = {http(503, "",
                                      "Date: Sat, 21 Nov 2020 17:00:00 GMT\r\n"
                                      "Retry-After: Sat, 21 Nov 2020 17:00:01 GMT\r\n")}}) >= 990);
}

BOOST_AUTO_TEST_CASE(retry_after_of_nothing_backs_off) {
  check({.replies = {http(429, "", "Retry-After: 0\r\n")}});
}
BOOST_AUTO_TEST_CASE(retry_after_in_the_past_backs_off) {
  check({.replies = {http(429, "", "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n")}});
}
BOOST_AUTO_TEST_CASE(negative_retry_after_backs_off) {
  check({.replies = {http(429, "", "Retry-After: -1\r\n")}});
}
BOOST_AUTO_TEST_CASE(retry_after_with_an_exponent_backs_off) {
  check({.replies = {http(503, "", "Retry-After: 1e20\r\n")}});
}
BOOST_AUTO_TEST_CASE(retry_after_that_is_rubbish_backs_off) {
  check({.replies = {http(503, "", "Retry-After: soon, \xff perhaps\r\n")}});
}

// 5xx ----------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(http_500_is_repeated) {
  check({.replies = {http(500, R"({"code":1,"msg":"oops"})")}, .says = R"("history":[{"attempt":1,"http":500)"});
}
BOOST_AUTO_TEST_CASE(http_502_is_repeated) {
  check({.replies = {http(502, "<html>")}, .says = R"("history":[{"attempt":1,"http":502)"});
}
BOOST_AUTO_TEST_CASE(http_504_is_repeated) {
  check({.replies = {http(504)}, .says = R"("history":[{"attempt":1,"http":504)"});
}

BOOST_AUTO_TEST_CASE(http_500_to_the_end_is_unknown) {
  check({.replies = always(http(500, R"({"code":1,"msg":"oops"})"), 3),
         .status = "unknown",
         .attempts = 3,
         .says = R"("http":500,"code":1,"msg":"oops")",
         .flags = {"--max-attempts", "3"}});
}

BOOST_AUTO_TEST_CASE(an_event_answered_with_http_500_is_unknown_at_once) {
  check({.replies = {http(500)}, .status = "unknown", .attempts = 1, .says = R"("http":500)", .job = event_job});
}

// Lengths ------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_body_shorter_than_declared_is_repeated) {
  check({.replies = {{.bytes = head + "Content-Length: 100\r\n\r\n" + ok_body, .then = Then::close}},
         .says = "the connection was closed in the middle of the answer"});
}

BOOST_AUTO_TEST_CASE(an_event_answered_with_a_body_shorter_than_declared_is_unknown_at_once) {
  check({.replies = {{.bytes = head + "Content-Length: 100\r\n\r\n" + ok_body, .then = Then::close}},
         .status = "unknown",
         .attempts = 1,
         .says = "in the middle of the answer",
         .job = event_job});
}

BOOST_AUTO_TEST_CASE(a_body_longer_than_declared_is_read_as_declared_and_the_connection_not_used_again) {
  const Trial trial(rename_job, {{.bytes = success() + R"({"code":13000405})"}}, false, {});
  BOOST_TEST(trial.finished.status == 0, trial.finished.err);
  BOOST_TEST(trial.result(2).attempts == 1U);
  BOOST_TEST(trial.result(3).attempts == 1U);
  BOOST_TEST(trial.server.connections() == 3U);
}

BOOST_AUTO_TEST_CASE(a_body_without_a_length_ends_with_the_connection) {
  check({.replies = {{.bytes = head + "\r\n" + ok_body, .then = Then::close}}, .attempts = 1});
}

BOOST_AUTO_TEST_CASE(transfer_encoding_with_content_length_is_refused) {
  check({.replies = {{.bytes = head + "Transfer-Encoding: chunked\r\nContent-Length: 26\r\n\r\n1a\r\n" + ok_body +
                               "\r\n0\r\n\r\n"}},
         .says = "the answer is not valid HTTP"});
}

BOOST_AUTO_TEST_CASE(content_length_with_transfer_encoding_is_refused) {
  check({.replies = {{.bytes = head + "Content-Length: 26\r\nTransfer-Encoding: chunked\r\n\r\n1a\r\n" + ok_body +
                               "\r\n0\r\n\r\n"}},
         .says = "the answer is not valid HTTP"});
}

BOOST_AUTO_TEST_CASE(two_different_content_lengths_are_refused) {
  check({.replies = {{.bytes = head + "Content-Length: 26\r\nContent-Length: 2\r\n\r\n" + ok_body}},
         .says = "the answer is not valid HTTP"});
}

BOOST_AUTO_TEST_CASE(chunks_with_extensions_and_trailers_are_read) {
  check({.replies = {{.bytes = head + "Transfer-Encoding: chunked\r\n\r\na;x=y\r\n" + ok_body.substr(0, 10) +
                               "\r\n10\r\n" + ok_body.substr(10) + "\r\n0\r\nX-Checksum: 1\r\n\r\n"}},
         .attempts = 1});
}

BOOST_AUTO_TEST_CASE(chunks_that_never_end_are_repeated) {
  check({.replies = {{.bytes = head + "Transfer-Encoding: chunked\r\n\r\n1a\r\n" + ok_body + "\r\n",
                      .then = Then::close}},
         .says = "in the middle of the answer"});
}

// What is no HTTP ----------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_bare_carriage_return_in_a_header_is_refused) {
  check({.replies = {{.bytes = success("X-Bad: a\rb\r\n")}}, .says = "the answer is not valid HTTP"});
}

BOOST_AUTO_TEST_CASE(a_null_byte_in_a_header_is_refused) {
  check({.replies = {{.bytes = success(std::string_view("X-Bad: a\0b\r\n", 12))}},
         .says = "the answer is not valid HTTP"});
}

BOOST_AUTO_TEST_CASE(line_feeds_alone_are_refused_without_waiting_for_more_and_named) {
  check({.replies = {{.bytes = "HTTP/1.1 200 OK\nContent-Length: 26\n\n" + ok_body, .then = Then::hang}},
         .says = "the answer is not valid HTTP: bad line ending: a line of its header ends in LF instead of CR LF"});
}

BOOST_AUTO_TEST_CASE(a_header_of_24_kilobytes_is_refused_and_its_limit_named) {
  check({.replies = {{.bytes = success("X-Long: " + std::string(24 * 1024, 'x') + "\r\n")}},
         .says = "the answer is not valid HTTP: header limit exceeded: more than 16 KiB"});
}

BOOST_AUTO_TEST_CASE(another_protocol_is_refused) {
  check(
      {.replies = {{.bytes = "SSH-2.0-OpenSSH_9.2\r\n", .then = Then::close}}, .says = "the answer is not valid HTTP"});
}

// Too much, too slow, too early --------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(ten_thousand_headers_are_refused) {
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += fmt::format("X-{}: {}\r\n", i, i);
  check({.replies = {{.bytes = success(many)}}, .says = "the answer is not valid HTTP"});
}

BOOST_AUTO_TEST_CASE(a_body_declared_to_have_10_gigabytes_is_refused) {
  check({.replies = {{.bytes = head + "Content-Length: 10737418240\r\n\r\n" + ok_body}},
         .says = "the answer is not valid HTTP: body limit exceeded"});
}

/// Far less than was on offer: what fits into sockets' buffers.
constexpr std::size_t bounded = 64U << 20U;

BOOST_AUTO_TEST_CASE(a_body_without_end_costs_one_attempt_and_bounded_memory) {
  const Trial trial(rename_job, {{.bytes = head + "\r\n" + std::string(65'536, 'x'), .then = Then::flood}}, false,
                    {"--timeout", "20s"});
  BOOST_TEST(trial.finished.status == 0, trial.finished.err);
  BOOST_TEST(trial.result(2).attempts == 2U);
  BOOST_TEST(trial.result(2).text.find("body limit exceeded") != std::string::npos, trial.result(2).text);
  BOOST_TEST(trial.server.flooded() < bounded);
}

BOOST_AUTO_TEST_CASE(a_header_without_end_costs_one_attempt_and_bounded_memory) {
  const Trial trial(rename_job, {{.bytes = head + "X: " + std::string(65'536, 'x'), .then = Then::flood}}, false,
                    {"--timeout", "20s"});
  BOOST_TEST(trial.finished.status == 0, trial.finished.err);
  BOOST_TEST(trial.result(2).attempts == 2U);
  BOOST_TEST(trial.server.flooded() < bounded);
}

BOOST_AUTO_TEST_CASE(interim_answers_without_end_are_given_up) {
  check(
      {.replies = {{.bytes = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\nX: y\r\n\r\n", .then = Then::hang}},
       .says = "no answer within 1 s",
       .flags = {"--timeout", "1s"}});
}

BOOST_AUTO_TEST_CASE(an_answer_that_trickles_in_is_given_one_timeout_in_all) {
  check({.replies = {{.bytes = success(), .between_bytes = 50ms}},
         .says = "no answer within 1 s",
         .flags = {"--timeout", "1s"}});
}

BOOST_AUTO_TEST_CASE(an_answer_that_never_comes_is_given_up) {
  check({.replies = {{.then = Then::hang}}, .says = "no answer within 1 s", .flags = {"--timeout", "1s"}});
}

BOOST_AUTO_TEST_CASE(an_event_without_an_answer_is_unknown_at_once) {
  check({.replies = {{.then = Then::hang}},
         .status = "unknown",
         .attempts = 1,
         .says = "no answer within 1 s",
         .flags = {"--timeout", "1s"},
         .job = event_job});
}

BOOST_AUTO_TEST_CASE(an_answer_before_the_request_was_read_is_believed) {
  check(
      {.replies = {{.bytes = http_answer(403, refusal, "Connection: close\r\n"), .then = Then::reset, .unread = true}},
       .status = "rejected",
       .attempts = 1,
       .says = "name already used"});
}

BOOST_AUTO_TEST_CASE(a_reset_before_the_request_was_read_is_repeated) {
  check({.replies = {{.then = Then::reset, .unread = true}}, .says = "the connection failed"});
}

BOOST_AUTO_TEST_CASE(an_event_that_was_reset_is_unknown_at_once) {
  check({.replies = {{.then = Then::reset}},
         .status = "unknown",
         .attempts = 1,
         .says = "the connection failed",
         .job = event_job});
}

BOOST_AUTO_TEST_CASE(a_used_connection_closed_without_an_answer_is_repeated_at_once_and_not_counted) {
  check({.replies = {{.then = Then::close}},
         .says = "the connection was closed before an answer came",
         .flags = {"--max-attempts", "1"},
         .reused = true});
}

BOOST_AUTO_TEST_CASE(a_used_connection_reset_without_an_answer_is_repeated_at_once_and_not_counted) {
  check({.replies = {{.then = Then::reset}}, .flags = {"--max-attempts", "1"}, .reused = true});
}

BOOST_AUTO_TEST_CASE(an_event_on_a_used_connection_closed_without_an_answer_is_unknown_at_once) {
  check({.replies = {{.then = Then::close}},
         .status = "unknown",
         .attempts = 1,
         .says = "closed before an answer came",
         .reused = true,
         .job = event_job});
}

// Secrets ------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_token_echoed_in_a_refusal_is_masked) {
  check({.replies = {http(403, fmt::format(R"({{"code":13000410,"msg":"no permission for {}!"}})", token))},
         .status = "rejected",
         .attempts = 1,
         .says = "no permission for ***!"});
}

BOOST_AUTO_TEST_CASE(a_token_echoed_in_a_success_is_masked) {
  check({.replies = {http(200, fmt::format(R"({{"code":0,"msg":"welcome, Bearer+{}"}})", token))},
         .attempts = 1,
         .says = "welcome, Bearer+***"});
}

BOOST_AUTO_TEST_CASE(a_token_echoed_in_a_redirect_is_masked) {
  check({.replies = {http(302, "", fmt::format("Location: http://127.0.0.1/login?token={}\r\n", token))},
         .status = "rejected",
         .attempts = 1,
         .says = "login?token=***'"});
}

BOOST_AUTO_TEST_CASE(a_token_echoed_as_an_id_is_masked) {
  check({.replies = {http(200, fmt::format(R"({{"code":0,"id":"{}"}})", token))},
         .status = "unknown",
         .attempts = 1,
         .says = "about id ***"});
}

BOOST_AUTO_TEST_CASE(a_token_cut_off_at_the_end_of_a_long_message_is_masked) {
  const Trial trial(rename_job, {http(403, fmt::format(R"({{"code":1,"msg":"{}{}"}})", std::string(505, 'x'), token))},
                    false, {});
  BOOST_TEST(trial.result(2).text.find("xxx***") != std::string::npos, trial.result(2).text);
}

BOOST_AUTO_TEST_CASE(a_token_echoed_with_http_401_is_masked) {
  check_stop({http(401, fmt::format(R"({{"code":1,"msg":"bad token {}"}})", token))}, {});
}

BOOST_AUTO_TEST_SUITE_END()
