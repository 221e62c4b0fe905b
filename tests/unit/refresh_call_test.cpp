#include "koobatch/koodrive/refresh_call.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace koobatch;
using namespace koobatch::koodrive;
using namespace koobatch::auth;
using namespace std::chrono_literals;

namespace {

RefreshAnswer read(std::string body) {
  return read_refresh_answer(body);
}

/// The documented answer with this session in it.
RefreshAnswer with_session(const std::string& session) {
  return read(R"({"data":{"sessionInfo":{)" + session + R"(}},"code":0,"msg":"success"})");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(refresh_call)

BOOST_AUTO_TEST_CASE(the_documented_answer_gives_both_tokens_and_the_time_they_live) {
  const auto answer =
      with_session(R"("accessToken":"AT 3b911d","expiresIn":1800,"issuedAt":"1772006999088","refreshToken":"0e0e72")");
  BOOST_TEST(answer.code.value() == 0);
  BOOST_TEST_REQUIRE(answer.session.has_value());
  BOOST_TEST(answer.session->access_token.view() == "AT 3b911d");
  BOOST_TEST(answer.session->refresh_token->view() == "0e0e72");
  BOOST_TEST((*answer.session->lifetime == 1800s));
}

BOOST_AUTO_TEST_CASE(what_is_missing_or_odd_beside_the_access_token_is_left_out) {
  const auto bare = with_session(R"("accessToken":"t")");
  BOOST_TEST_REQUIRE(bare.session.has_value());
  BOOST_TEST(!bare.session->refresh_token.has_value());
  BOOST_TEST(!bare.session->lifetime.has_value());
  BOOST_TEST((*with_session(R"("accessToken":"t","expiresIn":"60")").session->lifetime == 60s));
  for (const char* odd : {"-1", "0", "1e400", "\"soon\"", "null", "9223372036854775807"}) {
    const auto answer = with_session(std::string(R"("accessToken":"t","refreshToken":"","expiresIn":)") + odd);
    BOOST_TEST((!answer.session || !answer.session->lifetime), odd);
    BOOST_TEST((!answer.session || !answer.session->refresh_token));
  }
}

BOOST_AUTO_TEST_CASE(without_an_access_token_that_can_be_sent_there_is_no_session) {
  for (const char* session : {R"("refreshToken":"r")", R"("accessToken":"")", R"("accessToken":7)",
                              R"("accessToken":"a\r\nX-Evil: 1")", R"("accessToken":" a")"}) {
    BOOST_TEST(!with_session(session).session.has_value(), session);
  }
  BOOST_TEST(!with_session("\"accessToken\":\"" + std::string(max_secret + 1, 'x') + "\"").session.has_value());
  for (const char* body :
       {"", "{", "[]", "{}", R"({"data":7,"code":0})", R"({"data":{"sessionInfo":null},"code":0})"}) {
    BOOST_TEST(!read(body).session.has_value(), body);
  }
}

BOOST_AUTO_TEST_CASE(the_answer_is_read_in_every_form_in_which_an_operations_answer_is) {
  const std::string session = R"("data":{"sessionInfo":{"accessToken":"t","expiresIn":60.0}},"code":0.0})";
  for (const std::string& body : {"\xef\xbb\xbf{" + session, "{\"msg\":\"\xb3\xc9\xb9\xa6\"," + session}) {
    const auto answer = read(body);
    BOOST_TEST(answer.code.value() == 0);
    BOOST_TEST_REQUIRE(answer.session.has_value());
    BOOST_TEST((*answer.session->lifetime == 60s));
  }
}

BOOST_AUTO_TEST_CASE(a_refusal_keeps_its_code) {
  BOOST_TEST(read(R"({"code":"13000201","msg":"no"})").code.value() == 13000201);
  BOOST_TEST(!read("<html>").code.has_value());
}

BOOST_AUTO_TEST_CASE(the_body_is_json_whatever_the_token_holds) {
  BOOST_TEST(refresh_body("0e0e72").view() == R"({"refreshToken":"0e0e72"})");
  BOOST_TEST(refresh_body(R"(a"b\c)").view() == R"({"refreshToken":"a\"b\\c"})");
}

BOOST_AUTO_TEST_SUITE_END()
