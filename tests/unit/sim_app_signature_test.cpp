#include "koobatch/koodrive/app_signature.hpp"
#include "sim/app_signature.hpp"
#include "sim_requests.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

namespace koobatch::sim {
namespace {

struct Fixture {
  std::shared_ptr<const auth::AppKey> app = std::make_shared<const auth::AppKey>("app-1", auth::Secret("s3cret"));
  Service service{"", app};
  Judgement judgement;
  Request request = rename_request();
  std::string authorization;

  void sign(const auth::AppKey& key) {
    authorization.clear();
    const std::string_view path = request.target.substr(0, request.target.find('?'));
    koodrive::Signer(key).append_authorization(
        {.method = request.method,
         .path = path,
         .query = request.target.substr(std::min(path.size() + 1, request.target.size())),
         .host = *request.host,
         .x_date = *request.date,
         .user_id = *request.user_id,
         .body = request.body},
        authorization);
    request.authorization = authorization;
  }
  void replace(std::string_view what, std::string_view with) {
    boost::algorithm::replace_first(authorization, what, with);
    request.authorization = authorization;
  }
  std::string judged() {
    service.judge(request, example_now(), judgement);
    return judgement.accepted() ? "accepted" : fmt::format("{} {}", judgement.status, judgement.msg);
  }
};

constexpr const char* wrong = "401 Authorization: the signature does not match the request";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sim_app_signature, Fixture)

BOOST_AUTO_TEST_CASE(a_request_signed_by_the_client_is_accepted) {
  sign(*app);
  BOOST_TEST(judged() == "accepted");
  for (const char* target :
       {"/koodrive/ose/v1/1795607640592646273/update", "/koodrive/ose/v1/%E7%9B%B8%E5%86%8C%202025/update",
        "/koodrive/ose/v1/100%25/update", "/koodrive/ose/v1/a%252Fb%2Fc/update", "/koodrive/ose/v1/%e7%9B%b8/update",
        "/koodrive/ose/v1/~a%7Eb%2b+'()*!/update"}) {
    request = update_album_request();
    request.target = target;
    sign(*app);
    BOOST_TEST(judged() == "accepted", target);
  }
}

BOOST_AUTO_TEST_CASE(a_signature_covers_path_headers_and_body) {
  sign(*app);
  const Request good = request;
  const auto judged_with = [&](auto change) {
    request = good;
    change(request);
    return judged();
  };
  BOOST_TEST(judged_with([](Request& r) { r.host = "127.0.0.2"; }) == wrong);
  BOOST_TEST(judged_with([](Request& r) { r.date = "20251103T070139Z"; }) == wrong);
  BOOST_TEST(judged_with([](Request& r) { r.user_id = "user-2"; }) == wrong);
  BOOST_TEST(judged_with([](Request& r) { r.body = R"({"id":"1757156480072657793","fileName":"newName123457"})"; }) ==
             wrong);
  BOOST_TEST(judged_with([](Request& r) { r.language = "de-DE"; }) == "accepted", "it is not signed");

  request = update_album_request();
  sign(*app);
  request.target = "/koodrive/ose/v1/1795607640592646274/update";
  BOOST_TEST(judged() == wrong);
}

BOOST_AUTO_TEST_CASE(a_signature_covers_the_query_in_any_order_and_encoding) {
  service.offer_items();
  request.method = "GET";
  request.body = {};
  const std::string list = "/koodrive/ose/v1/sharefolder/list?";
  for (const char* query :
       {"offset=0&limit=10", "limit=10&offset=0", "limit=10&offset=0&keyWord=a%20b%26c%3D",
        "limit=10&offset=0&keyWord=~%7E%e7%9b%b8+", "offset=0&limit=10&keyWord=", "limit=10&offset=0&"}) {
    const std::string target = list + query;
    request.target = target;
    sign(*app);
    BOOST_TEST(judged() == "accepted", query);
    const std::string other = target + "1";
    request.target = other;
    BOOST_TEST(judged() == wrong, query);
  }
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_query_is_said_once_its_signature_was_found_right) {
  service.offer_items();
  request.method = "GET";
  request.body = {};
  for (const auto& [query, said] : {std::pair("offset=0&&limit=10", "400 : there is no such parameter"),
                                    std::pair("offset=2&limit=10&offset=1", "400 offset: given more than once"),
                                    std::pair("limit=10&offset=0&a-b=1&a=2&a=1", "400 a: given more than once")}) {
    const std::string target = std::string("/koodrive/ose/v1/sharefolder/list?") + query;
    request.target = target;
    sign(*app);
    BOOST_TEST(judged() == said, query);
  }
}

BOOST_AUTO_TEST_CASE(another_secret_app_or_algorithm_is_not_authorised) {
  sign(auth::AppKey("app-1", auth::Secret("s3cre")));
  BOOST_TEST(judged() == wrong);
  sign(auth::AppKey("app-2", auth::Secret("s3cret")));
  BOOST_TEST(judged() == "401 Authorization: no app has this AppId");
  sign(*app);
  replace("HMAC-SHA256", "HMAC-SHA512");
  BOOST_TEST(judged().starts_with("401 Authorization: has none of the forms"));
}

BOOST_AUTO_TEST_CASE(only_the_documented_form_is_accepted) {
  for (const auto& [what, with] :
       {std::pair(",SignedHeaders", ", SignedHeaders"), std::pair("AppId=", "appid="), std::pair(",Signature=", ";"),
        std::pair("HMAC-SHA256 ", "HMAC-SHA256  "), std::pair("Signature=", "Signature=a,b=")}) {
    sign(*app);
    replace(what, with);
    BOOST_TEST(judged().starts_with("401 Authorization: is not of the form"), with << ": " << judged());
  }
  sign(*app);
  request.authorization = std::string_view(authorization).substr(0, authorization.size() - 1);
  BOOST_TEST(judged() == wrong, "truncated");
  sign(*app);
  replace(authorization.substr(authorization.size() - 64),
          boost::algorithm::to_upper_copy(authorization.substr(authorization.size() - 64)));
  BOOST_TEST(judged() == wrong, "hex digits must be lower-case");
}

BOOST_AUTO_TEST_CASE(the_signed_headers_are_those_sent_and_required) {
  const auto judged_with = [&](std::string_view names) {
    sign(*app);
    replace("host;x-date;x-user-id", names);
    return judged();
  };
  BOOST_TEST(judged_with("host;x-user-id") == "401 Authorization: x-date is not among SignedHeaders");
  BOOST_TEST(judged_with("host;x-date") == "401 Authorization: x-user-id is not among SignedHeaders");
  BOOST_TEST(judged_with("x-date;x-user-id") == wrong);
  BOOST_TEST(judged_with("x-date;host;x-user-id").ends_with("SignedHeaders is not sorted, or names a header twice"));
  BOOST_TEST(judged_with("host;host;x-date;x-user-id").ends_with("names a header twice"));
  BOOST_TEST(judged_with("host;language;x-date;x-user-id").ends_with("names language, which was not sent"));
  sign(*app);
  request.user_id.reset();
  BOOST_TEST(judged() == "401 Authorization: SignedHeaders names x-user-id, which was not sent");
}

BOOST_AUTO_TEST_CASE(a_date_outside_the_window_is_refused_even_if_correctly_signed) {
  request.date = "20251103T064639Z";
  sign(*app);
  BOOST_TEST(judged().starts_with("400 X-Date: 20251103T064639Z is"));
}

BOOST_AUTO_TEST_CASE(with_an_app_a_token_is_not_accepted) {
  BOOST_TEST(judged() == "401 Authorization: the token is not valid");
  service = Service("example-token", app);
  BOOST_TEST(judged() == "accepted", "unless it is the configured one");
  sign(*app);
  BOOST_TEST(judged() == "accepted");
}

BOOST_AUTO_TEST_CASE(without_an_app_a_signature_is_not_accepted) {
  service = Service("");
  sign(*app);
  BOOST_TEST(judged() == "401 Authorization: no app is known here (simulate --app-id)");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace koobatch::sim
