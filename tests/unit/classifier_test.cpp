#include "koobatch/koodrive/classifier.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using koobatch::Duration;
using koobatch::WallTime;
using namespace koobatch;
using namespace std::chrono_literals;

namespace {

const WallTime now = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21)) + 17h;

/// An answer of the service, on its way through the classifier.
struct Classified : koodrive::Outcome {
  explicit Classified(http::Answer answer, std::string_view expected_id = {}, WallTime at = now) {
    koodrive::Classifier().classify(answer, expected_id, at, *this);
  }
};

http::Answer answer(int http, std::string body = {}) {
  http::Answer a;
  a.delivery = http::Delivery::answered;
  a.http = http;
  a.body = std::move(body);
  return a;
}

http::Answer page(int http, std::string body, std::string content_type = "text/html; charset=utf-8") {
  http::Answer a = answer(http, std::move(body));
  a.content_type = std::move(content_type);
  return a;
}

http::Answer retry_after(int http, std::string value) {
  http::Answer a = answer(http);
  a.retry_after = std::move(value);
  return a;
}

http::Answer failed(http::Delivery delivery, std::string why) {
  http::Answer a;
  a.delivery = delivery;
  a.error = std::move(why);
  return a;
}

std::string nested(std::size_t depth) {
  return R"({"code":0,"x":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
}

const char* const folder = "1757156480072657793";
const char* const other_folder = "1757156480072657794";

/// What a classifier makes of an answer, in words, so that two can be compared and shown.
std::string judged(koodrive::Classifier& classifier, const http::Answer& given, std::string_view expected_id) {
  http::Answer copy = given;
  koodrive::Outcome out;
  classifier.classify(copy, expected_id, now, out);
  return fmt::format("verdict {} code {} msg '{}' error '{}' page '{}' close {}", static_cast<int>(out.verdict),
                     out.code.value_or(-1), out.msg, out.error, out.page, out.close);
}

std::string judged_anew(const http::Answer& given, std::string_view expected_id) {
  koodrive::Classifier classifier;
  return judged(classifier, given, expected_id);
}

std::string success_of(std::string_view id) {
  return fmt::format(R"({{"id":"{}","code":0,"msg":"success"}})", id);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(classifier)

// What the service says: the documented answers.

BOOST_AUTO_TEST_CASE(the_documented_success_of_a_rename) {
  const Classified it(answer(200, R"({"id":"1757156480072657793","code":0,"msg":"success"})"), folder);
  BOOST_TEST(it.verdict == koodrive::Verdict::succeeded);
  BOOST_TEST(it.http == 200);
  BOOST_TEST((it.code == 0));
  BOOST_TEST(it.msg == "success");
  BOOST_TEST(it.error.empty());
  BOOST_TEST(!it.close);
}

BOOST_AUTO_TEST_CASE(the_documented_success_of_an_album_update) {
  BOOST_TEST(Classified(answer(200, R"({"code":0,"msg":"Success."})")).verdict == koodrive::Verdict::succeeded);
}

BOOST_AUTO_TEST_CASE(whatever_byte_of_a_known_success_is_changed_it_is_judged_as_without_knowledge) {
  for (const std::string& known : {success_of(folder), std::string(R"({"code":0,"msg":"success"})")}) {
    koodrive::Classifier classifier;
    for (std::size_t at = 0; at < known.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        // Learnt anew each time, because the one before may have been learnt from.
        judged(classifier, answer(200, known), folder);
        auto body = known;
        body[at] = static_cast<char>(byte);
        const auto expected = judged_anew(answer(200, body), folder);
        const auto found = judged(classifier, answer(200, body), folder);
        if (found != expected) BOOST_ERROR(body << ": " << found << ", but anew " << expected);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_words_of_a_success_are_read_in_its_encoding_whatever_came_before) {
  koodrive::Classifier classifier;
  for (const char* const charset : {"gbk", "iso-8859-1", "utf-8", "gbk"}) {
    auto given = answer(200, "{\"code\":0,\"msg\":\"\xb3\xc9\"}");
    given.content_type = fmt::format("application/json; charset={}", charset);
    BOOST_TEST(judged(classifier, given, {}) == judged_anew(given, {}), charset);
  }
}

BOOST_AUTO_TEST_CASE(successes_of_every_kind_are_judged_the_same_after_each_other) {
  const std::vector<std::string> bodies = {
      success_of(folder),
      success_of(other_folder),
      success_of(""),
      R"({"code":0,"msg":"success"})",
      R"({"code":0,"msg":"done"})",
      R"({"code":"0"})",
      R"({"code":0,"id":1757156480072657793})",
      R"({"code":0,"id":null})",
      R"({"code":0,"msg":"1757156480072657793","id":"\u0031757156480072657793"})",
      R"({"code":0,"msg":"1757156480072657793","id":"1757156480072657793"})",
      R"({"code":0,"error_code":"APIG.0308"})",
      R"({"code":1,"msg":"success"})",
      "\xef\xbb\xbf{\"code\":0}",
      "{}",
      "",
  };
  const std::vector<std::string> ids = {folder, other_folder, "", "a\",\"code\":1,\"x\":\"b"};
  for (const auto& first : bodies) {
    for (const auto& second : bodies) {
      for (const auto& first_id : ids) {
        for (const auto& second_id : ids) {
          for (const int status : {200, 202, 500}) {
            koodrive::Classifier classifier;
            judged(classifier, answer(200, first), first_id);
            const auto given = answer(status, second);
            BOOST_TEST(judged(classifier, given, second_id) == judged_anew(given, second_id),
                       first << " for " << first_id << ", then " << second << " for " << second_id);
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_success_without_the_id_is_fine) {
  BOOST_TEST(Classified(answer(200, R"({"code":0,"msg":"success"})"), folder).verdict == koodrive::Verdict::succeeded);
  BOOST_TEST(Classified(answer(200, R"({"code":0,"id":null})"), folder).verdict == koodrive::Verdict::succeeded);
}

BOOST_AUTO_TEST_CASE(the_id_may_come_as_a_number) {
  BOOST_TEST(Classified(answer(200, R"({"code":0,"id":1757156480072657793})"), folder).verdict ==
             koodrive::Verdict::succeeded);
  BOOST_TEST(Classified(answer(200, R"({"code":0,"id":1757156480072657794})"), folder).verdict ==
             koodrive::Verdict::undecidable);
}

BOOST_AUTO_TEST_CASE(an_id_where_none_is_expected_is_not_looked_at) {
  BOOST_TEST(Classified(answer(200, R"({"code":0,"id":"other"})")).verdict == koodrive::Verdict::succeeded);
  BOOST_TEST(Classified(answer(200, R"({"code":0,"id":{"a":1}})")).verdict == koodrive::Verdict::succeeded);
}

BOOST_AUTO_TEST_CASE(the_id_of_another_resource_tells_nothing_about_ours_and_closes_the_connection) {
  const Classified it(answer(200, R"({"id":"42","code":0,"msg":"success"})"), folder);
  BOOST_TEST(it.verdict == koodrive::Verdict::undecidable);
  BOOST_TEST(it.close);
  BOOST_TEST(it.error.find("42") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_id_of_another_resource_makes_a_refusal_worthless_too) {
  for (const int http : {200, 400, 404}) {
    const Classified it(answer(http, R"({"id":"42","code":13000405,"msg":"name already used"})"), folder);
    BOOST_TEST(it.verdict == koodrive::Verdict::undecidable);
    BOOST_TEST(it.close);
  }
}

BOOST_AUTO_TEST_CASE(a_code_other_than_zero_is_a_refusal_even_with_http_200) {
  const Classified it(answer(200, R"({"code":13000405,"msg":"name already used"})"), folder);
  BOOST_TEST(it.verdict == koodrive::Verdict::rejected);
  BOOST_TEST((it.code == 13000405));
  BOOST_TEST(it.msg == "name already used");
  BOOST_TEST(Classified(answer(200, R"({"code":-1})")).verdict == koodrive::Verdict::rejected);
}

BOOST_AUTO_TEST_CASE(the_code_may_be_a_string) {
  BOOST_TEST(Classified(answer(200, R"({"code":"0","msg":"success"})")).verdict == koodrive::Verdict::succeeded);
  const Classified refused(answer(200, R"({"code":"13000309","msg":"gone"})"));
  BOOST_TEST(refused.verdict == koodrive::Verdict::rejected);
  BOOST_TEST((refused.code == 13000309));
}

BOOST_AUTO_TEST_CASE(the_message_is_for_people_and_decides_nothing) {
  BOOST_TEST(Classified(answer(200, R"({"code":0})")).verdict == koodrive::Verdict::succeeded);
  BOOST_TEST(Classified(answer(200, R"({"code":0,"msg":null})")).verdict == koodrive::Verdict::succeeded);
  BOOST_TEST(Classified(answer(200, R"({"code":0,"msg":{"en":"fine"}})")).verdict == koodrive::Verdict::succeeded);
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
    BOOST_TEST(it.verdict == koodrive::Verdict::unclear, body);
    BOOST_TEST(it.error.find("HTTP 200") == 0U, body);
    BOOST_TEST(it.http == 200);
  }
}

BOOST_AUTO_TEST_CASE(the_success_is_read_with_room_for_white_space_and_unknown_members) {
  BOOST_TEST(Classified(answer(200, " {\r\n \"data\" : {\"a\":[1,2,{}]} , \"code\" : 0 } \n")).verdict ==
             koodrive::Verdict::succeeded);
}

BOOST_AUTO_TEST_CASE(a_body_with_a_byte_order_mark_is_read) {
  BOOST_TEST(Classified(answer(200, "\xef\xbb\xbf{\"code\":0}")).verdict == koodrive::Verdict::succeeded);
  const std::string little("\xff\xfe{\0\"\0c\0o\0d\0e\0\"\0:\0\x30\0}\0", 22);
  BOOST_TEST(Classified(answer(200, little)).verdict == koodrive::Verdict::succeeded);
}

BOOST_AUTO_TEST_CASE(a_code_with_a_decimal_point_is_read_if_it_is_an_integer) {
  BOOST_TEST(Classified(answer(200, R"({"code":0.0})")).verdict == koodrive::Verdict::succeeded);
  BOOST_TEST((Classified(answer(200, R"({"code":13000405.0})")).code == 13000405));
  BOOST_TEST((Classified(answer(200, R"({"code":1.3000405e7})")).code == 13000405));
  for (const char* body : {R"({"code":0.5})", R"({"code":1e300})", R"({"code":-1e300})", R"({"code":"0.5"})"}) {
    BOOST_TEST(Classified(answer(200, body)).verdict == koodrive::Verdict::unclear, body);
  }
}

BOOST_AUTO_TEST_CASE(words_in_another_encoding_hide_no_code) {
  // "the name exists already" and a character whose second byte is a backslash, in GBK.
  const std::string gbk = "{\"code\":13000405,\"msg\":\"\xc3\xfb\xb3\xc6\xd2\xd1\xb4\xe6\xd4\xda\x81\x5c\"}";
  for (const char* type : {"application/json", "application/json;charset=GBK", "application/json; charset=\"utf-8\"",
                           "application/json; charset=no-such-encoding"}) {
    const Classified it(page(200, gbk, type));
    BOOST_TEST(it.verdict == koodrive::Verdict::rejected, type);
    BOOST_TEST((it.code == 13000405));
    BOOST_TEST(it.msg == "名称已存在乗");
  }
  const std::string latin = "{\"code\":13000405,\"msg\":\"d\xe9j\xe0\"}";
  BOOST_TEST(Classified(page(200, latin, "application/json; charset=ISO-8859-1")).msg == "déjà");
  BOOST_TEST(Classified(page(200, latin, "application/json")).verdict == koodrive::Verdict::unclear,
             "it could be anything");
}

BOOST_AUTO_TEST_CASE(a_body_that_cannot_be_read_is_quoted_with_its_type_and_length) {
  constexpr std::string_view begin = "HTTP 200 with a body that cannot be read as the documented answer: ";
  const auto said = [&](http::Answer a) {
    const Classified it(std::move(a));
    BOOST_TEST(it.error.starts_with(begin), it.error);
    return it.error.substr(begin.size());
  };
  BOOST_TEST(said(page(200, R"({"code":0,"msg":"succ)", "application/json; charset=utf-8")) ==
             R"(application/json, 21 bytes, '{"code":0,"msg":"succ')");
  BOOST_TEST(said(answer(200, "{\"a\":\r\n \x1b[2J\xff")) == "no content type, 13 bytes, '{\"a\": \\u{1b}[2J\ufffd'");
  const std::string longer = said(answer(200, "{" + std::string(60'000, 'x')));
  BOOST_TEST(longer == "no content type, 60,001 bytes, '{" + std::string(78, 'x') + "…'");
}

BOOST_AUTO_TEST_CASE(a_secret_in_a_body_that_cannot_be_read_is_masked_also_where_the_quotation_ends) {
  koodrive::Outcome out;
  for (const std::string& before : {std::string(), std::string(74, 'x'), std::string(77, 'x')}) {
    http::Answer a = answer(200, "{" + before + "s3cret");
    koodrive::Classifier().classify(a, folder, now, out, "s3cret");
    BOOST_TEST(out.error.find("s3c") == std::string::npos, out.error);
  }
}

BOOST_AUTO_TEST_CASE(a_body_that_may_hold_a_new_secret_is_not_quoted) {
  using Quoting = koodrive::Classifier::Quoting;
  koodrive::Outcome out;
  for (http::Answer a : {answer(200, R"({"data":{"accessToken":"new)"), page(200, R"({"accessToken":"new)"),
                         page(403, "accessToken=new", "text/plain")}) {
    koodrive::Classifier(Quoting::no).classify(a, {}, now, out);
    BOOST_TEST(!out.error.empty());
    BOOST_TEST(out.error.find("new") == std::string::npos, out.error);
    BOOST_TEST(out.page.find("new") == std::string::npos, out.page);
  }
  http::Answer login = page(200, "<title>Sign in</title>");
  koodrive::Classifier(Quoting::no).classify(login, {}, now, out);
  BOOST_TEST(out.page == "text/html, 'Sign in'");
}

BOOST_AUTO_TEST_CASE(a_compressed_body_is_named_so) {
  http::Answer a = page(200, "\x1f\x8b\x08 and more", "application/json");
  BOOST_TEST(Classified(a).error.ends_with(
      ": application/json, 12 bytes, compressed with gzip, though it was asked for as it is"));
  a.body = "anything";
  a.content_encoding = "br";
  BOOST_TEST(Classified(a).error.ends_with("compressed with br, though it was asked for as it is"));
  a = page(403, "\x1f\x8b\x08");
  BOOST_TEST(Classified(a).error == "text/html, compressed with gzip");
  a = answer(200, R"({"code":0})");
  a.content_encoding = "gzip";
  BOOST_TEST(Classified(a).verdict == koodrive::Verdict::succeeded, "it says so, and is not");
}

BOOST_AUTO_TEST_CASE(deep_nesting_is_read_or_refused_but_never_fatal) {
  BOOST_TEST(Classified(answer(200, nested(100))).verdict == koodrive::Verdict::succeeded);
  BOOST_TEST(Classified(answer(200, nested(30000))).verdict == koodrive::Verdict::unclear);
  BOOST_TEST(Classified(answer(200, std::string(60000, '['))).verdict == koodrive::Verdict::unclear);
}

BOOST_AUTO_TEST_CASE(only_http_200_is_the_documented_success) {
  BOOST_TEST(Classified(answer(204)).verdict == koodrive::Verdict::unclear);
  BOOST_TEST(Classified(answer(202, R"({"code":0})")).verdict == koodrive::Verdict::unclear);
  BOOST_TEST(Classified(answer(206, R"({"code":0})")).verdict == koodrive::Verdict::unclear);
  BOOST_TEST(Classified(answer(202, R"({"code":13000405})")).verdict == koodrive::Verdict::rejected);
}

// What answers in place of the service.

BOOST_AUTO_TEST_CASE(a_page_is_no_answer_of_the_service_and_does_not_prove_it_up) {
  const Classified it(page(200, "<html><title>Sign in</title>"), folder);
  BOOST_TEST(it.verdict == koodrive::Verdict::unclear);
  BOOST_TEST(it.foreign);
  BOOST_TEST(!it.service_up());
  BOOST_TEST(it.http == 200);
  BOOST_TEST(it.error == "HTTP 200, text/html, 'Sign in': not an answer of the service");
  BOOST_TEST(describe(it) == "HTTP 200, text/html, 'Sign in'");
}

BOOST_AUTO_TEST_CASE(neither_is_an_answer_with_nothing_in_it) {
  for (const int http : {200, 202, 204}) {
    const Classified it(answer(http));
    BOOST_TEST(it.foreign, http);
    BOOST_TEST(it.error == "HTTP " + std::to_string(http) + ", no body: not an answer of the service");
  }
}

BOOST_AUTO_TEST_CASE(an_answer_that_may_have_been_the_services_proves_it_up) {
  for (const char* body : {R"({"code":0)", "{}", "[]", R"({"code":0,"code":0})"}) {
    const Classified it(page(200, body, "application/json"), folder);
    BOOST_TEST(it.verdict == koodrive::Verdict::unclear, body);
    BOOST_TEST(!it.foreign, body);
    BOOST_TEST(it.service_up(), body);
  }
}

BOOST_AUTO_TEST_CASE(the_documented_answer_is_the_services_whatever_type_it_claims) {
  const Classified it(page(200, R"({"code":0,"msg":"success"})"), folder);
  BOOST_TEST(it.verdict == koodrive::Verdict::succeeded);
  BOOST_TEST(!it.foreign);
}

BOOST_AUTO_TEST_CASE(a_refusal_by_a_page_says_what_the_page_is) {
  for (const int http : {400, 403, 404, 407}) {
    const Classified it(page(http, "<title>Access denied - support ID 123</title>"));
    BOOST_TEST(it.verdict == (http == 400 ? koodrive::Verdict::suspicious : koodrive::Verdict::rejected));
    BOOST_TEST(!it.foreign);
    BOOST_TEST(it.error == "text/html, 'Access denied - support ID 123'");
    BOOST_TEST(describe(it) == "HTTP " + std::to_string(http) + ", text/html, 'Access denied - support ID 123'");
  }
  BOOST_TEST(Classified(answer(403, R"({"code":1})")).error.empty());
  BOOST_TEST(Classified(answer(403)).error.empty());
  BOOST_TEST(Classified(page(401, "<title>Sign in</title>")).said() == ": text/html, 'Sign in'");
}

BOOST_AUTO_TEST_CASE(the_page_of_a_firewall_is_quoted_with_its_support_number) {
  const Classified it(page(403,
                           "<html><head><title>Request Rejected</title></head><body>The requested URL was rejected."
                           "<br><br>Your support ID is: 17571564800726577<br></body></html>"));
  BOOST_TEST(it.error == "text/html, 'Request Rejected', support ID 17571564800726577");
  koodrive::Outcome out;
  http::Answer echo = page(403, "<title>No</title>Support ID: s3cret-1");
  koodrive::Classifier().classify(echo, {}, now, out, "s3cret-1");
  BOOST_TEST(out.page == "text/html, 'No'");
}

BOOST_AUTO_TEST_CASE(a_page_in_another_encoding_is_quoted_in_ours) {
  BOOST_TEST(
      Classified(page(403, "<title>\xc3\xfb\xb3\xc6\xd2\xd1\xb4\xe6\xd4\xda</title>", "text/html; charset=gb2312"))
          .page == "text/html, '名称已存在'");
  BOOST_TEST(Classified(page(403, "<title>\xc3\xfb\xb3\xc6\xd2\xd1\xb4\xe6\xd4\xda</title>", "text/html")).page ==
             "text/html, '名称已存在'");
}

BOOST_AUTO_TEST_CASE(a_page_of_a_server_error_is_named_where_the_outage_is) {
  const Classified it(page(502, "<title>502 Bad Gateway</title>"));
  BOOST_TEST(it.verdict == koodrive::Verdict::unclear);
  BOOST_TEST(describe(it) == "HTTP 502, text/html, '502 Bad Gateway'");
  BOOST_TEST(Classified(page(503, "<title>Down</title>")).verdict == koodrive::Verdict::throttled);
}

// Throttled: certainly not applied.

BOOST_AUTO_TEST_CASE(statuses_that_ask_for_patience) {
  for (const int http : {408, 425, 429, 503}) {
    const Classified it(answer(http));
    BOOST_TEST(it.verdict == koodrive::Verdict::throttled, http);
    BOOST_TEST(!it.retry_after.has_value());
    BOOST_TEST(!it.user_only);
  }
}

BOOST_AUTO_TEST_CASE(the_gateways_throttling_of_one_user) {
  const Classified it(answer(429,
                             R"({"error_code":"APIG.0308","error_msg":"The throttling threshold has been reached: )"
                             R"(policy user over ratelimit,limit:XX,time:1 second"})"));
  BOOST_TEST(it.verdict == koodrive::Verdict::throttled);
  BOOST_TEST(it.user_only);
  BOOST_TEST(it.msg.find("policy user over ratelimit") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_gateways_throttling_of_everybody) {
  const Classified it(
      answer(429, R"({"error_code":"APIG.0308","error_msg":"The throttling threshold has been reached: policy api"})"));
  BOOST_TEST(it.verdict == koodrive::Verdict::throttled);
  BOOST_TEST(!it.user_only);
}

BOOST_AUTO_TEST_CASE(the_gateways_throttling_code_counts_whatever_status_it_comes_with) {
  for (const int http : {200, 400, 403, 500}) {
    BOOST_TEST(Classified(answer(http, R"({"error_code":"APIG.0308","error_msg":"policy api"})")).verdict ==
               koodrive::Verdict::throttled);
  }
}

BOOST_AUTO_TEST_CASE(retry_after_in_seconds) {
  BOOST_TEST((Classified(retry_after(429, "7")).retry_after == 7s));
  BOOST_TEST((Classified(retry_after(503, "0")).retry_after == 0s));
}

BOOST_AUTO_TEST_CASE(retry_after_as_a_date) {
  BOOST_TEST((Classified(retry_after(503, "Sat, 21 Nov 2026 17:00:30 GMT")).retry_after == 30s));
  BOOST_TEST((Classified(retry_after(503, "Saturday, 21-Nov-26 17:00:30 GMT")).retry_after == 30s));
  BOOST_TEST((Classified(retry_after(503, "Sat Nov 21 17:00:30 2026")).retry_after == 30s));
  BOOST_TEST((Classified(retry_after(503, "Sat, 21 Nov 2026 16:00:00 GMT")).retry_after == 0s));
}

BOOST_AUTO_TEST_CASE(a_retry_after_with_a_decimal_part_is_rounded_up) {
  BOOST_TEST((Classified(retry_after(429, "1.5")).retry_after == 2s));
  BOOST_TEST((Classified(retry_after(429, "0.001")).retry_after == 1s));
  BOOST_TEST((Classified(retry_after(429, "7.000")).retry_after == 7s));
  BOOST_TEST((Classified(retry_after(429, "299.9")).retry_after == 5min));
}

BOOST_AUTO_TEST_CASE(a_date_is_measured_by_the_servers_clock_however_wrong_ours_is) {
  http::Answer a = retry_after(429, "Sat, 21 Nov 2026 17:00:30 GMT");
  a.date = "Sat, 21 Nov 2026 17:00:10 GMT";
  BOOST_TEST((Classified(a, {}, now - 24h).retry_after == 20s));
  BOOST_TEST((Classified(a, {}, now + 24h).retry_after == 20s));
  for (const char* date : {"Saturday, 21-Nov-26 17:00:10 GMT", "Sat Nov 21 17:00:10 2026"}) {
    a.date = date;
    BOOST_TEST((Classified(a, {}, now - 24h).retry_after == 20s), date);
  }
}

BOOST_AUTO_TEST_CASE(no_retry_after_is_longer_than_five_minutes) {
  for (const char* value :
       {"300", "301", "86400", "9223372036854775807", "99999999999999999999999999", "99999999999999999999999999.5",
        "Sun, 22 Nov 2026 17:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"}) {
    BOOST_TEST((Classified(retry_after(429, value)).retry_after == 5min), value);
  }
}

BOOST_AUTO_TEST_CASE(dates_that_are_centuries_apart_ask_for_no_more_and_no_less) {
  http::Answer late = retry_after(503, "Fri, 31 Dec 9999 23:59:59 GMT");
  late.date = "Mon, 01 Jan 0001 00:00:00 GMT";
  BOOST_TEST((Classified(late).retry_after == 5min));
  http::Answer past = retry_after(503, "Mon, 01 Jan 0001 00:00:00 GMT");
  past.date = "Fri, 31 Dec 9999 23:59:59 GMT";
  BOOST_TEST((Classified(past).retry_after == 0s));
}

BOOST_AUTO_TEST_CASE(a_retry_after_that_is_rubbish_is_none) {
  for (const char* value :
       {"soon", "-1", "1e20", "1.", ".5", "1.5.2", "1,5", "+3", "0x10", "12 s", "NaN", "2026-11-21T17:00:30Z"}) {
    const Classified it(retry_after(429, value));
    BOOST_TEST(it.verdict == koodrive::Verdict::throttled, value);
    BOOST_TEST(!it.retry_after.has_value(), value);
  }
}

BOOST_AUTO_TEST_CASE(retry_after_means_nothing_where_nothing_is_throttled) {
  BOOST_TEST(!Classified(retry_after(400, "7")).retry_after.has_value());
  BOOST_TEST(!Classified(retry_after(301, "7")).retry_after.has_value());
}

// What the service says of its limits.

BOOST_AUTO_TEST_CASE(a_quota_that_an_answer_declares_is_read_whatever_became_of_the_request) {
  for (http::Answer a : {answer(200, R"({"code":0})"), answer(200, R"({"code":13000405})"), answer(400), answer(401),
                         answer(429), answer(500), answer(503)}) {
    a.rate_limits = "RateLimit-Policy: \"a\";q=300;w=1\nRateLimit: \"a\";r=7;t=1\n";
    const Classified it(a);
    BOOST_TEST(it.quotas.size() == 1U, a.http);
    BOOST_TEST((*it.quotas.begin() == DeclaredQuota{DeclaredQuota::Scope::everybody, 300, 7, 1s, 1s}), a.http);
  }
  BOOST_TEST(Classified(answer(429)).quotas.empty());
}

BOOST_AUTO_TEST_CASE(what_answers_in_place_of_the_service_declares_nothing) {
  http::Answer a = page(200, "<html><title>Sign in</title>");
  a.rate_limits = "RateLimit-Limit: 1\n";
  BOOST_TEST(Classified(a).quotas.empty());
  http::Answer lost = failed(http::Delivery::lost, "reset");
  lost.rate_limits = "RateLimit-Limit: 1\n";
  BOOST_TEST(Classified(lost).quotas.empty());
}

BOOST_AUTO_TEST_CASE(a_reset_that_is_a_time_is_measured_by_the_servers_clock) {
  http::Answer a = answer(200, R"({"code":0})");
  a.rate_limits = "X-RateLimit-Reset: 1795280430\n";
  BOOST_TEST((Classified(a).quotas.begin()->reset == 30s));
  a.date = "Sat, 21 Nov 2026 17:00:10 GMT";
  BOOST_TEST((Classified(a, {}, now - 24h).quotas.begin()->reset == 20s));
}

BOOST_AUTO_TEST_CASE(the_gateways_message_declares_its_quota_beside_the_header) {
  http::Answer a = answer(429, R"({"error_code":"APIG.0308","error_msg":"The throttling threshold has been reached: )"
                               R"(policy user over ratelimit,limit:20,time:1 second"})");
  a.rate_limits = "X-Apig-RateLimit-api: remain:9,limit:300,time:1 second\n";
  const Classified it(a);
  BOOST_REQUIRE(it.quotas.size() == 2U);
  BOOST_TEST((it.quotas.begin()[0] == DeclaredQuota{DeclaredQuota::Scope::user, 20, {}, 1s, {}}));
  BOOST_TEST((it.quotas.begin()[1] == DeclaredQuota{DeclaredQuota::Scope::everybody, 300, 9, 1s, {}}));
  const Classified other(answer(400, R"({"error_code":"APIG.0101","error_msg":"policy api,limit:5,time:1 second"})"));
  BOOST_TEST(other.quotas.empty());
}

// Refused.

BOOST_AUTO_TEST_CASE(http_401_is_about_the_credentials) {
  BOOST_TEST(Classified(answer(401, R"({"code":13000410,"msg":"no permission"})")).verdict ==
             koodrive::Verdict::unauthorized);
  BOOST_TEST(Classified(answer(401)).verdict == koodrive::Verdict::unauthorized);
}

BOOST_AUTO_TEST_CASE(http_400_with_a_documented_code_is_final) {
  for (const char* code :
       {"13000102", "13000201", "13000301", "13000305", "13000306", "13000309", "13000405", "13000410"}) {
    const std::string body = std::string(R"({"code":)") + code + R"(,"msg":"no"})";
    BOOST_TEST(Classified(answer(400, body)).verdict == koodrive::Verdict::rejected, code);
  }
  BOOST_TEST(Classified(answer(400, R"({"code":"13000102"})")).verdict == koodrive::Verdict::rejected);
}

BOOST_AUTO_TEST_CASE(http_400_without_a_documented_code_may_be_about_the_credentials) {
  for (const char* body : {"", "{}", R"({"code":0})", R"({"code":13000400,"msg":"?"})", "<html>",
                           R"({"error_code":"APIG.0301","error_msg":"Incorrect IAM authentication information"})"}) {
    BOOST_TEST(Classified(answer(400, body)).verdict == koodrive::Verdict::suspicious, body);
  }
}

BOOST_AUTO_TEST_CASE(other_client_errors_are_final) {
  for (const int http : {402, 403, 404, 405, 409, 410, 413, 422, 451, 499}) {
    BOOST_TEST(Classified(answer(http, R"({"code":0})")).verdict == koodrive::Verdict::rejected, http);
  }
}

BOOST_AUTO_TEST_CASE(a_gateway_fault_keeps_the_gateways_words) {
  const Classified it(answer(404, R"({"error_code":"APIG.0101","error_msg":"The API does not exist"})"));
  BOOST_TEST(it.verdict == koodrive::Verdict::rejected);
  BOOST_TEST(it.msg == "The API does not exist");
  BOOST_TEST(Classified(answer(404, R"({"error_code":"APIG.0101"})")).msg == "APIG.0101");
}

BOOST_AUTO_TEST_CASE(redirects_are_final_and_name_their_target) {
  for (const int http : {300, 301, 302, 303, 307, 308}) {
    http::Answer a = answer(http, R"({"code":0})");
    a.location = "https://elsewhere.example/login";
    const Classified it(a);
    BOOST_TEST(it.verdict == koodrive::Verdict::rejected);
    BOOST_TEST(it.error.find("https://elsewhere.example/login") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_redirect_says_which_service_it_leads_to_if_it_leads_to_one) {
  const auto leads_to = [](std::string location) {
    http::Answer a = answer(302);
    a.location = std::move(location);
    return Classified(a).leads_to;
  };
  BOOST_TEST(leads_to("https://Elsewhere.example/login?to=a b") == "https://Elsewhere.example");
  BOOST_TEST(leads_to("http://10.0.0.1:8080") == "http://10.0.0.1:8080");
  BOOST_TEST(leads_to("HTTPS://x:443/") == "https://x");
  for (const char* location :
       {"", "/login", "//x/login", "ftp://x/", "https://", "https://user@x/", "https://x:0/", "login?to=https://x/"}) {
    BOOST_TEST(leads_to(location) == "", location);
  }
}

BOOST_AUTO_TEST_CASE(a_redirect_without_a_target_says_so) {
  const Classified it(answer(304));
  BOOST_TEST(it.verdict == koodrive::Verdict::rejected);
  BOOST_TEST(it.error.find("without") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_target_that_is_not_text_cannot_spoil_the_report) {
  http::Answer a = answer(302);
  a.location = "https://x/\xff\xfe" + std::string(5000, 'y');
  const Classified it(a);
  BOOST_TEST(it.error.size() < 400U);
  for (const char c : it.error) BOOST_TEST((c >= 0x20 && c < 0x7f));
}

BOOST_AUTO_TEST_CASE(http_101_was_not_asked_for_and_closes_the_connection) {
  const Classified it(answer(101));
  BOOST_TEST(it.verdict == koodrive::Verdict::undecidable);
  BOOST_TEST(it.close);
  BOOST_TEST(!it.error.empty());
}

// Server errors: may have been applied, whatever the body claims.

BOOST_AUTO_TEST_CASE(server_errors_leave_the_fate_open) {
  for (const int http : {500, 501, 502, 504, 505, 507, 599}) {
    const Classified it(answer(http, R"({"code":0,"msg":"success"})"));
    BOOST_TEST(it.verdict == koodrive::Verdict::unclear, http);
    BOOST_TEST(it.http == http);
    BOOST_TEST(it.msg == "success");
  }
  BOOST_TEST(Classified(answer(500, R"({"code":13000201,"msg":"generic"})")).verdict == koodrive::Verdict::unclear);
}

// What the wire says.

BOOST_AUTO_TEST_CASE(a_request_that_was_not_sent_was_not_applied) {
  const Classified it(failed(http::Delivery::not_sent, "connection refused"));
  BOOST_TEST(it.verdict == koodrive::Verdict::not_applied);
  BOOST_TEST(it.http == 0);
  BOOST_TEST(it.error == "connection refused");
  BOOST_TEST(!it.service_up());
}

BOOST_AUTO_TEST_CASE(a_request_whose_answer_was_lost_may_have_been_applied) {
  const Classified it(failed(http::Delivery::lost, "no answer within 30 s"));
  BOOST_TEST(it.verdict == koodrive::Verdict::unclear);
  BOOST_TEST(it.error == "no answer within 30 s");
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_no_valid_http_is_told_apart_from_none) {
  http::Answer a = failed(http::Delivery::lost, "the answer is not valid HTTP: bad field");
  BOOST_TEST(!Classified(a).garbled);
  a.garbled = true;
  BOOST_TEST(Classified(a).garbled);
  BOOST_TEST(Classified(a).verdict == koodrive::Verdict::unclear);
}

BOOST_AUTO_TEST_CASE(a_stale_connection_is_told_apart) {
  BOOST_TEST(Classified(failed(http::Delivery::stale, "closed")).verdict == koodrive::Verdict::stale);
  BOOST_TEST(Classified(failed(http::Delivery::refused, "ended")).verdict == koodrive::Verdict::refused);
  BOOST_TEST(Classified(failed(http::Delivery::overloaded, "ended")).verdict == koodrive::Verdict::throttled);
}

// The classifier itself.

BOOST_AUTO_TEST_CASE(nothing_of_one_answer_shows_in_the_next) {
  koodrive::Classifier classifier;
  koodrive::Outcome out;
  http::Answer first = answer(429, R"({"error_code":"APIG.0308","error_msg":"policy user"})");
  first.retry_after = "9";
  first.rate_limits = "RateLimit-Limit: 9\n";
  classifier.classify(first, folder, now, out);
  http::Answer second = answer(200, "rubbish");
  classifier.classify(second, folder, now, out);
  BOOST_TEST(out.verdict == koodrive::Verdict::unclear);
  BOOST_TEST(!out.code.has_value());
  BOOST_TEST(out.msg.empty());
  BOOST_TEST(!out.retry_after.has_value());
  BOOST_TEST(out.quotas.empty());
  BOOST_TEST(!out.user_only);
  http::Answer foreign = page(200, "<html>");
  classifier.classify(foreign, folder, now, out);
  BOOST_TEST(out.foreign);
  http::Answer third = failed(http::Delivery::not_sent, "refused");
  classifier.classify(third, folder, now, out);
  BOOST_TEST(out.http == 0);
  BOOST_TEST(!out.foreign);
  BOOST_TEST(out.page.empty());
  http::Answer fourth = answer(200, R"({"code":0})");
  classifier.classify(fourth, folder, now, out);
  BOOST_TEST(out.verdict == koodrive::Verdict::succeeded);
  BOOST_TEST(out.error.empty());
}

BOOST_AUTO_TEST_CASE(a_secret_that_the_answer_echoes_is_masked_before_anything_is_cut_off) {
  koodrive::Classifier classifier;
  koodrive::Outcome out;
  const auto classify = [&](http::Answer a) -> const koodrive::Outcome& {
    classifier.classify(a, folder, now, out, "s3cret");
    return out;
  };
  BOOST_TEST(classify(answer(403, R"({"code":1,"msg":"s3cret is not s3cret"})")).msg == "*** is not ***");
  BOOST_TEST(classify(answer(403, R"({"code":1,"msg":"\u0073\u0033cret"})")).msg == "***");
  BOOST_TEST(classify(answer(404, R"({"error_code":"s3cret"})")).msg == "***");
  BOOST_TEST(classify(answer(200, R"({"code":0,"id":"s3cret"})")).error.find("id ***,") != std::string::npos);
  const std::string long_message = R"({"code":1,"msg":")" + std::string(508, 'x') + "s3cret\"}";
  BOOST_TEST(classify(answer(403, long_message)).msg == std::string(508, 'x') + "***");
  http::Answer redirect = answer(302);
  redirect.location = std::string(252, 'x') + "s3cret";
  BOOST_TEST(classify(redirect).error.find("x***'") != std::string::npos);
  const std::string long_title = "<title>" + std::string(96, 'x') + "s3cret</title>";
  for (const int http : {200, 403}) {
    BOOST_TEST(classify(page(http, long_title)).page == "text/html, '" + std::string(96, 'x') + "***'");
    BOOST_TEST(classify(page(http, "s3cret", "text/s3cret")).page == "text/***, '***'");
  }
}

BOOST_AUTO_TEST_CASE(the_services_own_documented_answers_prove_that_it_accepted_the_credentials) {
  for (const auto& proof : {answer(200, R"({"code":0})"), answer(200, R"({"code":13000405})"),
                            answer(400, R"({"code":13000102})"), answer(404, R"({"code":13000309})")}) {
    BOOST_TEST(koodrive::proves_service(Classified(proof)), proof.http << proof.body);
  }
}

BOOST_AUTO_TEST_CASE(what_may_come_from_whatever_never_saw_the_credentials_proves_nothing_about_them) {
  const auto* const gateway = R"({"error_code":"APIG.0202","error_msg":"Backend unavailable"})";
  std::vector<http::Answer> answers = {answer(200, "<html>"), answer(200, R"({"code":1})"), answer(204),
                                       answer(302),           answer(400, R"({"code":1})"), answer(101)};
  for (const int http : {401, 408, 425, 429, 500, 502, 503, 504}) {
    answers.push_back(answer(http, R"({"code":13000201,"msg":"Operation failed."})"));
  }
  for (const int http : {200, 400, 403, 404, 429, 500, 502, 503}) {
    answers.push_back(answer(http, gateway));
    answers.push_back(answer(http, R"({"error_code":"APIG.0308","error_msg":"policy user"})"));
    answers.push_back(answer(http, "<html>"));
  }
  for (const auto delivery : {http::Delivery::not_sent, http::Delivery::stale, http::Delivery::lost}) {
    answers.push_back(failed(delivery, "why"));
  }
  for (const auto& no_proof : answers) {
    BOOST_TEST(!koodrive::proves_service(Classified(no_proof)), no_proof.http << no_proof.body);
  }
  // A refusal that the clock explains, which the caller marks so, was not about the operation.
  koodrive::Outcome refused = Classified(answer(400, R"({"code":13000102})"));
  refused.verdict = koodrive::Verdict::repeat;
  BOOST_TEST(!koodrive::proves_service(refused));
}

BOOST_AUTO_TEST_CASE(secrets_of_before_are_masked_too_the_longer_ones_first) {
  std::vector<koobatch::auth::Secret> former;
  former.emplace_back("older");
  former.emplace_back("older.1");
  koodrive::Outcome out;
  http::Answer echo = answer(403, R"({"code":13000410,"msg":"present older.1 older present.2"})");
  koodrive::Classifier().classify(echo, {}, now, out, "present.2", former);
  BOOST_TEST(out.msg == "present *** *** ***");
  echo = answer(302);
  echo.location = "https://elsewhere/?token=older";
  koodrive::Classifier().classify(echo, {}, now, out, {}, former);
  BOOST_TEST(out.error == "redirected to 'https://elsewhere/?token=***'; redirects are not followed");
}

BOOST_AUTO_TEST_CASE(an_operation_may_have_a_success_of_its_own) {
  constexpr std::uint16_t statuses[] = {200, 202};
  koodrive::Expected expected("7");
  expected.id_member = "note";
  expected.success_http = statuses;
  expected.success_code = 5;
  koodrive::Classifier classifier;
  const auto verdict = [&](int http, std::string body) {
    auto given = answer(http, std::move(body));
    koodrive::Outcome out;
    classifier.classify(given, expected, now, out);
    return out.verdict;
  };
  using koodrive::Verdict;
  // Twice each: what was learnt of one must not be taken for another.
  for (int i = 0; i < 2; ++i) {
    BOOST_TEST((verdict(202, R"({"note":"7","code":5})") == Verdict::succeeded));
    BOOST_TEST((verdict(200, R"({"id":"8","code":"5"})") == Verdict::succeeded));
    BOOST_TEST((verdict(200, R"({"note":"8","code":5})") == Verdict::undecidable));
    BOOST_TEST((verdict(201, R"({"note":"7","code":5})") == Verdict::unclear));
    BOOST_TEST((verdict(200, R"({"note":"7","code":0})") == Verdict::rejected));
  }
}

BOOST_AUTO_TEST_CASE(a_success_that_is_known_of_one_operation_is_none_of_another) {
  koodrive::Classifier classifier;
  const auto verdict = [&](const koodrive::Expected& expected) {
    auto given = answer(200, R"({"id":"7","code":0,"msg":"success"})");
    koodrive::Outcome out;
    classifier.classify(given, expected, now, out);
    return out.verdict;
  };
  koodrive::Expected other("7");
  other.success_code = 5;
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST((verdict("7") == koodrive::Verdict::succeeded));
    BOOST_TEST((verdict(other) == koodrive::Verdict::rejected));
    BOOST_TEST((verdict("8") == koodrive::Verdict::undecidable));
  }
}

BOOST_AUTO_TEST_CASE(a_reading_needs_no_code_and_names_any_id) {
  const auto verdict = [](http::Answer it) {
    koodrive::Outcome outcome;
    koodrive::Classifier().classify(it, koodrive::Expected::reading(), now, outcome);
    return outcome.verdict;
  };
  using koodrive::Verdict;
  BOOST_TEST((verdict(answer(200, R"({"albumList":[{"id":"1"}],"total":1})")) == Verdict::succeeded));
  BOOST_TEST((verdict(answer(200, R"({"code":0,"folders":[],"id":"7"})")) == Verdict::succeeded));
  BOOST_TEST((verdict(answer(200, R"({"code":13000102,"msg":"parameters"})")) == Verdict::rejected));
  BOOST_TEST((verdict(answer(400, R"({"code":13000309})")) == Verdict::rejected));
  BOOST_TEST((verdict(answer(200, R"({"albumList":[)")) == Verdict::unclear));
  BOOST_TEST((verdict(answer(201, "{}")) == Verdict::unclear));
  BOOST_TEST((verdict(answer(200, R"({"error_code":"APIG.0308","error_msg":"limit"})")) == Verdict::throttled));
}

BOOST_AUTO_TEST_SUITE_END()
