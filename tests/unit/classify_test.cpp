#include "koobatch/flow/classify.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using koobatch::Duration;
using koobatch::WallTime;
using namespace koobatch::flow;
using namespace std::chrono_literals;

namespace {

const WallTime now = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21)) + 17h;

/// An answer of the service, on its way through the classifier.
struct Classified : Outcome {
  explicit Classified(Answer answer, std::string_view expected_id = {}, WallTime at = now) {
    Classifier().classify(answer, expected_id, at, *this);
  }
};

Answer answer(int http, std::string body = {}) {
  Answer a;
  a.delivery = Delivery::answered;
  a.http = http;
  a.body = std::move(body);
  return a;
}

Answer retry_after(int http, std::string value) {
  Answer a = answer(http);
  a.retry_after = std::move(value);
  return a;
}

Answer failed(Delivery delivery, std::string why) {
  Answer a;
  a.delivery = delivery;
  a.error = std::move(why);
  return a;
}

std::string nested(std::size_t depth) {
  return R"({"code":0,"x":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
}

const char* const folder = "1757156480072657793";

}  // namespace

namespace koobatch::flow {
std::ostream& boost_test_print_type(std::ostream& out, Verdict verdict) {
  constexpr const char* names[] = {"succeeded", "rejected", "undecidable",  "throttled",  "not_applied",
                                   "unclear",   "stale",    "unauthorized", "suspicious", "repeat"};
  return out << names[static_cast<std::size_t>(verdict)];
}
}  // namespace koobatch::flow

BOOST_AUTO_TEST_SUITE(classify)

// What the service says: the documented answers.

BOOST_AUTO_TEST_CASE(the_documented_success_of_a_rename) {
  const Classified it(answer(200, R"({"id":"1757156480072657793","code":0,"msg":"success"})"), folder);
  BOOST_TEST(it.verdict == Verdict::succeeded);
  BOOST_TEST(it.http == 200);
  BOOST_TEST((it.code == 0));
  BOOST_TEST(it.msg == "success");
  BOOST_TEST(it.error.empty());
  BOOST_TEST(!it.close);
}

BOOST_AUTO_TEST_CASE(the_documented_success_of_an_album_update) {
  BOOST_TEST(Classified(answer(200, R"({"code":0,"msg":"Success."})")).verdict == Verdict::succeeded);
}

BOOST_AUTO_TEST_CASE(a_success_without_the_id_is_fine) {
  BOOST_TEST(Classified(answer(200, R"({"code":0,"msg":"success"})"), folder).verdict == Verdict::succeeded);
  BOOST_TEST(Classified(answer(200, R"({"code":0,"id":null})"), folder).verdict == Verdict::succeeded);
}

BOOST_AUTO_TEST_CASE(the_id_may_come_as_a_number) {
  BOOST_TEST(Classified(answer(200, R"({"code":0,"id":1757156480072657793})"), folder).verdict == Verdict::succeeded);
  BOOST_TEST(Classified(answer(200, R"({"code":0,"id":1757156480072657794})"), folder).verdict == Verdict::undecidable);
}

BOOST_AUTO_TEST_CASE(an_id_where_none_is_expected_is_not_looked_at) {
  BOOST_TEST(Classified(answer(200, R"({"code":0,"id":"other"})")).verdict == Verdict::succeeded);
  BOOST_TEST(Classified(answer(200, R"({"code":0,"id":{"a":1}})")).verdict == Verdict::succeeded);
}

BOOST_AUTO_TEST_CASE(the_id_of_another_resource_tells_nothing_about_ours_and_closes_the_connection) {
  const Classified it(answer(200, R"({"id":"42","code":0,"msg":"success"})"), folder);
  BOOST_TEST(it.verdict == Verdict::undecidable);
  BOOST_TEST(it.close);
  BOOST_TEST(it.error.find("42") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_id_of_another_resource_makes_a_refusal_worthless_too) {
  for (const int http : {200, 400, 404}) {
    const Classified it(answer(http, R"({"id":"42","code":13000405,"msg":"name already used"})"), folder);
    BOOST_TEST(it.verdict == Verdict::undecidable);
    BOOST_TEST(it.close);
  }
}

BOOST_AUTO_TEST_CASE(a_code_other_than_zero_is_a_refusal_even_with_http_200) {
  const Classified it(answer(200, R"({"code":13000405,"msg":"name already used"})"), folder);
  BOOST_TEST(it.verdict == Verdict::rejected);
  BOOST_TEST((it.code == 13000405));
  BOOST_TEST(it.msg == "name already used");
  BOOST_TEST(Classified(answer(200, R"({"code":-1})")).verdict == Verdict::rejected);
}

BOOST_AUTO_TEST_CASE(the_code_may_be_a_string) {
  BOOST_TEST(Classified(answer(200, R"({"code":"0","msg":"success"})")).verdict == Verdict::succeeded);
  const Classified refused(answer(200, R"({"code":"13000309","msg":"gone"})"));
  BOOST_TEST(refused.verdict == Verdict::rejected);
  BOOST_TEST((refused.code == 13000309));
}

BOOST_AUTO_TEST_CASE(the_message_is_for_people_and_decides_nothing) {
  BOOST_TEST(Classified(answer(200, R"({"code":0})")).verdict == Verdict::succeeded);
  BOOST_TEST(Classified(answer(200, R"({"code":0,"msg":null})")).verdict == Verdict::succeeded);
  BOOST_TEST(Classified(answer(200, R"({"code":0,"msg":{"en":"fine"}})")).verdict == Verdict::succeeded);
}

BOOST_AUTO_TEST_CASE(a_long_message_is_cut_between_two_characters) {
  std::string body = R"({"code":13000201,"msg":"x)";
  for (int i = 0; i < 1000; ++i) body += "中";
  const Classified it(answer(200, body + "\"}"));
  BOOST_TEST(it.msg.size() == 511U);
  BOOST_TEST(it.msg.substr(508) == "中");
}

// 2xx that cannot be read: may have been applied.

BOOST_AUTO_TEST_CASE(a_success_that_cannot_be_read_may_or_may_not_be_one) {
  for (const char* body : {"",
                           " ",
                           "null",
                           "[]",
                           "0",
                           "\"code\"",
                           "{}",
                           R"({"msg":"success"})",
                           R"({"code":null})",
                           R"({"code":true})",
                           R"({"code":"zero"})",
                           R"({"code":""})",
                           R"({"code":0.5})",
                           R"({"code":0)",
                           R"({"code":0,)",
                           R"({"code":0,})",
                           R"({"code":0 "msg":"x"})",
                           R"({"code":0}})",
                           R"({"code":0}{"code":0})",
                           R"({"code":0} x)",
                           R"({"code":0,"x":tru})",
                           R"({"code":0,"x":[1,})",
                           R"({"code":0,"x":[1})",
                           R"({"code":0,"msg":"unfinished)",
                           R"({"code":0,"msg":"\ud800"})",
                           "{\"code\":0,\"msg\":\"\xff\"}",
                           R"({"code":13000405,"code":0})",
                           R"({"code":99999999999999999999})",
                           "<html><body>It works!</body></html>"}) {
    const Classified it(answer(200, body), folder);
    BOOST_TEST(it.verdict == Verdict::unclear, body);
    BOOST_TEST(it.error.find("HTTP 200") == 0U, body);
    BOOST_TEST(it.http == 200);
  }
}

BOOST_AUTO_TEST_CASE(the_success_is_read_with_room_for_white_space_and_unknown_members) {
  BOOST_TEST(Classified(answer(200, " {\r\n \"data\" : {\"a\":[1,2,{}]} , \"code\" : 0 } \n")).verdict ==
             Verdict::succeeded);
}

BOOST_AUTO_TEST_CASE(deep_nesting_is_read_or_refused_but_never_fatal) {
  BOOST_TEST(Classified(answer(200, nested(100))).verdict == Verdict::succeeded);
  BOOST_TEST(Classified(answer(200, nested(30000))).verdict == Verdict::unclear);
  BOOST_TEST(Classified(answer(200, std::string(60000, '['))).verdict == Verdict::unclear);
}

BOOST_AUTO_TEST_CASE(only_http_200_is_the_documented_success) {
  BOOST_TEST(Classified(answer(204)).verdict == Verdict::unclear);
  BOOST_TEST(Classified(answer(202, R"({"code":0})")).verdict == Verdict::unclear);
  BOOST_TEST(Classified(answer(206, R"({"code":0})")).verdict == Verdict::unclear);
  BOOST_TEST(Classified(answer(202, R"({"code":13000405})")).verdict == Verdict::rejected);
}

// Throttled: certainly not applied.

BOOST_AUTO_TEST_CASE(statuses_that_ask_for_patience) {
  for (const int http : {408, 425, 429, 503}) {
    const Classified it(answer(http));
    BOOST_TEST(it.verdict == Verdict::throttled, http);
    BOOST_TEST(!it.retry_after.has_value());
    BOOST_TEST(!it.user_only);
  }
}

BOOST_AUTO_TEST_CASE(the_gateways_throttling_of_one_user) {
  const Classified it(answer(429,
                             R"({"error_code":"APIG.0308","error_msg":"The throttling threshold has been reached: )"
                             R"(policy user over ratelimit,limit:XX,time:1 second"})"));
  BOOST_TEST(it.verdict == Verdict::throttled);
  BOOST_TEST(it.user_only);
  BOOST_TEST(it.msg.find("policy user over ratelimit") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_gateways_throttling_of_everybody) {
  const Classified it(
      answer(429, R"({"error_code":"APIG.0308","error_msg":"The throttling threshold has been reached: policy api"})"));
  BOOST_TEST(it.verdict == Verdict::throttled);
  BOOST_TEST(!it.user_only);
}

BOOST_AUTO_TEST_CASE(the_gateways_throttling_code_counts_whatever_status_it_comes_with) {
  for (const int http : {200, 400, 403, 500}) {
    BOOST_TEST(Classified(answer(http, R"({"error_code":"APIG.0308","error_msg":"policy api"})")).verdict ==
               Verdict::throttled);
  }
}

BOOST_AUTO_TEST_CASE(retry_after_in_seconds) {
  BOOST_TEST((Classified(retry_after(429, "7")).retry_after == 7s));
  BOOST_TEST((Classified(retry_after(503, "0")).retry_after == 0s));
}

BOOST_AUTO_TEST_CASE(retry_after_as_a_date) {
  BOOST_TEST((Classified(retry_after(503, "Sat, 21 Nov 2026 17:00:30 GMT")).retry_after == 30s));
  BOOST_TEST((Classified(retry_after(503, "Sat, 21 Nov 2026 16:00:00 GMT")).retry_after == 0s));
}

BOOST_AUTO_TEST_CASE(a_date_is_measured_by_the_servers_clock_however_wrong_ours_is) {
  Answer a = retry_after(429, "Sat, 21 Nov 2026 17:00:30 GMT");
  a.date = "Sat, 21 Nov 2026 17:00:10 GMT";
  BOOST_TEST((Classified(a, {}, now - 24h).retry_after == 20s));
  BOOST_TEST((Classified(a, {}, now + 24h).retry_after == 20s));
}

BOOST_AUTO_TEST_CASE(no_retry_after_is_longer_than_five_minutes) {
  for (const char* value : {"300", "301", "86400", "9223372036854775807", "99999999999999999999999999",
                            "Sun, 22 Nov 2026 17:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"}) {
    BOOST_TEST((Classified(retry_after(429, value)).retry_after == 5min), value);
  }
}

BOOST_AUTO_TEST_CASE(dates_that_are_centuries_apart_ask_for_no_more_and_no_less) {
  Answer late = retry_after(503, "Fri, 31 Dec 9999 23:59:59 GMT");
  late.date = "Mon, 01 Jan 0001 00:00:00 GMT";
  BOOST_TEST((Classified(late).retry_after == 5min));
  Answer past = retry_after(503, "Mon, 01 Jan 0001 00:00:00 GMT");
  past.date = "Fri, 31 Dec 9999 23:59:59 GMT";
  BOOST_TEST((Classified(past).retry_after == 0s));
}

BOOST_AUTO_TEST_CASE(a_retry_after_that_is_rubbish_is_none) {
  for (const char* value : {"soon", "-1", "1e20", "1.5", "+3", "0x10", "12 s", "2026-11-21T17:00:30Z"}) {
    const Classified it(retry_after(429, value));
    BOOST_TEST(it.verdict == Verdict::throttled, value);
    BOOST_TEST(!it.retry_after.has_value(), value);
  }
}

BOOST_AUTO_TEST_CASE(retry_after_means_nothing_where_nothing_is_throttled) {
  BOOST_TEST(!Classified(retry_after(400, "7")).retry_after.has_value());
  BOOST_TEST(!Classified(retry_after(301, "7")).retry_after.has_value());
}

// Refused.

BOOST_AUTO_TEST_CASE(http_401_is_about_the_credentials) {
  BOOST_TEST(Classified(answer(401, R"({"code":13000410,"msg":"no permission"})")).verdict == Verdict::unauthorized);
  BOOST_TEST(Classified(answer(401)).verdict == Verdict::unauthorized);
}

BOOST_AUTO_TEST_CASE(http_400_with_a_documented_code_is_final) {
  for (const char* code :
       {"13000102", "13000201", "13000301", "13000305", "13000306", "13000309", "13000405", "13000410"}) {
    const std::string body = std::string(R"({"code":)") + code + R"(,"msg":"no"})";
    BOOST_TEST(Classified(answer(400, body)).verdict == Verdict::rejected, code);
  }
  BOOST_TEST(Classified(answer(400, R"({"code":"13000102"})")).verdict == Verdict::rejected);
}

BOOST_AUTO_TEST_CASE(http_400_without_a_documented_code_may_be_about_the_credentials) {
  for (const char* body : {"", "{}", R"({"code":0})", R"({"code":13000400,"msg":"?"})", "<html>",
                           R"({"error_code":"APIG.0301","error_msg":"Incorrect IAM authentication information"})"}) {
    BOOST_TEST(Classified(answer(400, body)).verdict == Verdict::suspicious, body);
  }
}

BOOST_AUTO_TEST_CASE(other_client_errors_are_final) {
  for (const int http : {402, 403, 404, 405, 409, 410, 413, 422, 451, 499}) {
    BOOST_TEST(Classified(answer(http, R"({"code":0})")).verdict == Verdict::rejected, http);
  }
}

BOOST_AUTO_TEST_CASE(a_gateway_fault_keeps_the_gateways_words) {
  const Classified it(answer(404, R"({"error_code":"APIG.0101","error_msg":"The API does not exist"})"));
  BOOST_TEST(it.verdict == Verdict::rejected);
  BOOST_TEST(it.msg == "The API does not exist");
  BOOST_TEST(Classified(answer(404, R"({"error_code":"APIG.0101"})")).msg == "APIG.0101");
}

BOOST_AUTO_TEST_CASE(redirects_are_final_and_name_their_target) {
  for (const int http : {300, 301, 302, 303, 307, 308}) {
    Answer a = answer(http, R"({"code":0})");
    a.location = "https://elsewhere.example/login";
    const Classified it(a);
    BOOST_TEST(it.verdict == Verdict::rejected);
    BOOST_TEST(it.error.find("https://elsewhere.example/login") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_redirect_without_a_target_says_so) {
  const Classified it(answer(304));
  BOOST_TEST(it.verdict == Verdict::rejected);
  BOOST_TEST(it.error.find("without") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_target_that_is_not_text_cannot_spoil_the_report) {
  Answer a = answer(302);
  a.location = "https://x/\xff\xfe" + std::string(5000, 'y');
  const Classified it(a);
  BOOST_TEST(it.error.size() < 400U);
  for (const char c : it.error) BOOST_TEST((c >= 0x20 && c < 0x7f));
}

BOOST_AUTO_TEST_CASE(http_101_was_not_asked_for_and_closes_the_connection) {
  const Classified it(answer(101));
  BOOST_TEST(it.verdict == Verdict::undecidable);
  BOOST_TEST(it.close);
  BOOST_TEST(!it.error.empty());
}

// Server errors: may have been applied, whatever the body claims.

BOOST_AUTO_TEST_CASE(server_errors_leave_the_fate_open) {
  for (const int http : {500, 501, 502, 504, 505, 507, 599}) {
    const Classified it(answer(http, R"({"code":0,"msg":"success"})"));
    BOOST_TEST(it.verdict == Verdict::unclear, http);
    BOOST_TEST(it.http == http);
    BOOST_TEST(it.msg == "success");
  }
  BOOST_TEST(Classified(answer(500, R"({"code":13000201,"msg":"generic"})")).verdict == Verdict::unclear);
}

// What the wire says.

BOOST_AUTO_TEST_CASE(a_request_that_was_not_sent_was_not_applied) {
  const Classified it(failed(Delivery::not_sent, "connection refused"));
  BOOST_TEST(it.verdict == Verdict::not_applied);
  BOOST_TEST(it.http == 0);
  BOOST_TEST(it.error == "connection refused");
  BOOST_TEST(!it.service_up());
}

BOOST_AUTO_TEST_CASE(a_request_whose_answer_was_lost_may_have_been_applied) {
  const Classified it(failed(Delivery::lost, "no answer within 30 s"));
  BOOST_TEST(it.verdict == Verdict::unclear);
  BOOST_TEST(it.error == "no answer within 30 s");
}

BOOST_AUTO_TEST_CASE(a_stale_connection_is_told_apart) {
  BOOST_TEST(Classified(failed(Delivery::stale, "closed")).verdict == Verdict::stale);
}

// The classifier itself.

BOOST_AUTO_TEST_CASE(nothing_of_one_answer_shows_in_the_next) {
  Classifier classifier;
  Outcome out;
  Answer first = answer(429, R"({"error_code":"APIG.0308","error_msg":"policy user"})");
  first.retry_after = "9";
  classifier.classify(first, folder, now, out);
  Answer second = answer(200, "rubbish");
  classifier.classify(second, folder, now, out);
  BOOST_TEST(out.verdict == Verdict::unclear);
  BOOST_TEST(!out.code.has_value());
  BOOST_TEST(out.msg.empty());
  BOOST_TEST(!out.retry_after.has_value());
  BOOST_TEST(!out.user_only);
  Answer third = failed(Delivery::not_sent, "refused");
  classifier.classify(third, folder, now, out);
  BOOST_TEST(out.http == 0);
  Answer fourth = answer(200, R"({"code":0})");
  classifier.classify(fourth, folder, now, out);
  BOOST_TEST(out.verdict == Verdict::succeeded);
  BOOST_TEST(out.error.empty());
}

BOOST_AUTO_TEST_CASE(a_secret_that_the_answer_echoes_is_masked_before_anything_is_cut_off) {
  Classifier classifier;
  Outcome out;
  const auto classify = [&](Answer a) -> const Outcome& {
    classifier.classify(a, folder, now, out, "s3cret");
    return out;
  };
  BOOST_TEST(classify(answer(403, R"({"code":1,"msg":"s3cret is not s3cret"})")).msg == "*** is not ***");
  BOOST_TEST(classify(answer(403, R"({"code":1,"msg":"\u0073\u0033cret"})")).msg == "***");
  BOOST_TEST(classify(answer(404, R"({"error_code":"s3cret"})")).msg == "***");
  BOOST_TEST(classify(answer(200, R"({"code":0,"id":"s3cret"})")).error.find("id ***,") != std::string::npos);
  const std::string long_message = R"({"code":1,"msg":")" + std::string(508, 'x') + "s3cret\"}";
  BOOST_TEST(classify(answer(403, long_message)).msg == std::string(508, 'x') + "***");
  Answer redirect = answer(302);
  redirect.location = std::string(252, 'x') + "s3cret";
  BOOST_TEST(classify(redirect).error.find("x***'") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_documented_codes_are_documented) {
  BOOST_TEST(is_documented_refusal(13000405));
  BOOST_TEST(!is_documented_refusal(0));
  BOOST_TEST(!is_documented_refusal(13000400));
}

BOOST_AUTO_TEST_CASE(secrets_of_before_are_masked_too_the_longer_ones_first) {
  std::vector<koobatch::auth::Secret> former;
  former.emplace_back("older");
  former.emplace_back("older.1");
  Outcome out;
  Answer echo = answer(403, R"({"code":13000410,"msg":"present older.1 older present.2"})");
  Classifier().classify(echo, {}, now, out, "present.2", former);
  BOOST_TEST(out.msg == "present *** *** ***");
  echo = answer(302);
  echo.location = "https://elsewhere/?token=older";
  Classifier().classify(echo, {}, now, out, {}, former);
  BOOST_TEST(out.error == "redirected to 'https://elsewhere/?token=***'; redirects are not followed");
}

BOOST_AUTO_TEST_SUITE_END()
