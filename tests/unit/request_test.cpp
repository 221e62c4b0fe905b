#include "koobatch/koodrive/request.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace koobatch;
using koobatch::koodrive::RequestRenderer;
using namespace std::chrono_literals;

namespace {

const http::Endpoint endpoint{true, "koo.example", "443", "koo.example"};
const WallTime date = WallTime(std::chrono::sys_days(std::chrono::year(2025) / 11 / 3)) + 7h + 1min + 40s + 900ms;
const TraceId trace{5, 17, 1};

koodrive::Operation folder_rename(std::string_view user, std::string_view language) {
  koodrive::Fields fields;
  fields.row = koodrive::service_catalogue().find("rename_shared_folder");
  fields.values[0].present = fields.values[1].present = true;
  fields.values[0].text = "1757156480072657793";
  fields.values[1].text = "newName123456";
  koodrive::Operation operation;
  koodrive::OperationBuilder::build(fields, 17, user, language, operation);
  return operation;
}

koodrive::Operation album(std::string_view id) {
  koodrive::Fields fields;
  fields.row = koodrive::service_catalogue().find("update_album");
  fields.values[0].present = fields.values[1].present = true;
  fields.values[0].text = id;
  fields.values[1].text = "albumName22";
  koodrive::Operation operation;
  koodrive::OperationBuilder::build(fields, 17, "u", "", operation);
  return operation;
}

std::string rendered(const koodrive::Operation& operation) {
  http::Request out;
  RequestRenderer(endpoint).render(operation, "Bearer+secret", date, trace, out);
  return std::string(out.bytes());
}

/// The product's version changes; that it is named does not.
std::string without_user_agent(std::string text) {
  const auto from = text.find("User-Agent: koobatch/");
  BOOST_REQUIRE(from != std::string_view::npos);
  return text.erase(from, text.find("\r\n", from) + 2 - from);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(request)

BOOST_AUTO_TEST_CASE(a_request_knows_where_its_parts_lie) {
  http::Request request;
  RequestRenderer(endpoint).render(folder_rename("user-1", "de-DE"), "Bearer+secret", date, trace, request);
  BOOST_TEST(request.method() == "POST");
  BOOST_TEST(request.target() == "/koodrive/ose/v1/sharefolder/rename");
  BOOST_TEST(request.body() == R"({"id":"1757156480072657793","fileName":"newName123456"})");
  std::string fields;
  for (std::size_t i = 0; i < request.field_count(); ++i) {
    const auto [name, value] = request.field(i);
    fields.append(name).append("=").append(value).append(";");
  }
  BOOST_TEST(fields ==
             "Authorization=Bearer+secret;X-User-Id=user-1;X-Date=20251103T070140Z;"
             "X-Traceid=0000000000000001010000000000000000000000000001000100000001;language=de-DE;Content-Length=55;");
}

BOOST_AUTO_TEST_CASE(a_rename_is_rendered_to_the_byte) {
  BOOST_TEST(without_user_agent(rendered(folder_rename("user-1", "de-DE"))) ==
             "POST /koodrive/ose/v1/sharefolder/rename HTTP/1.1\r\n"
             "Host: koo.example\r\n"
             "Accept-Encoding: identity\r\n"
             "Content-Type: application/json\r\n"
             "Authorization: Bearer+secret\r\n"
             "X-User-Id: user-1\r\n"
             "X-Date: 20251103T070140Z\r\n"
             "X-Traceid: 0000000000000001010000000000000000000000000001000100000001\r\n"
             "language: de-DE\r\n"
             "Content-Length: 55\r\n"
             "\r\n"
             R"({"id":"1757156480072657793","fileName":"newName123456"})");
}

BOOST_AUTO_TEST_CASE(a_language_that_was_not_set_is_not_sent) {
  BOOST_TEST(rendered(folder_rename("user-1", "")).find("language") == std::string_view::npos);
}

BOOST_AUTO_TEST_CASE(the_gateway_is_asked_for_its_quotas_only_by_the_request_that_is_to_ask) {
  const auth::AppKey app("app-1", auth::Secret("s3cret"));
  for (const auth::AppKey* key : {static_cast<const auth::AppKey*>(nullptr), &app}) {
    RequestRenderer renderer(endpoint, key);
    http::Request out;
    const auto operation = folder_rename("user-1", "de-DE");
    renderer.render(operation, "a", date, trace, out);
    const std::string plain(out.bytes());
    BOOST_TEST(plain.find("Apig") == std::string::npos);
    renderer.render(operation, "a", date, trace, out, true);
    std::string asking(out.bytes());
    const std::string_view question = "X-Apig-Mode: debug\r\n";
    const auto at = asking.find(question);
    BOOST_REQUIRE(at != std::string::npos);
    BOOST_TEST(asking.erase(at, question.size()) == plain, "signed or not, nothing else is different");
    renderer.render(operation, "a", date, trace, out);
    BOOST_TEST(out.bytes() == plain);
  }
}

BOOST_AUTO_TEST_CASE(an_album_is_named_in_the_path_encoded_once) {
  const std::string text = rendered(album("a/b c%41"));
  BOOST_TEST(text.find("POST /koodrive/ose/v1/a%2Fb%20c%2541/update HTTP/1.1\r\n") == 0U);
  BOOST_TEST(text.substr(text.size() - 22) == R"({"name":"albumName22"})");
  BOOST_TEST(text.find("Content-Length: 22\r\n") != std::string_view::npos);
}

BOOST_AUTO_TEST_CASE(each_rendering_replaces_the_one_before) {
  RequestRenderer renderer(endpoint);
  http::Request out;
  out.add("Left", "over");
  const auto operation = folder_rename("user-1", "");
  renderer.render(operation, "Bearer+secret", date, trace, out);
  BOOST_TEST(out.bytes() == rendered(operation));
  renderer.render(operation, "Bearer+secret", date, trace, out);
  BOOST_TEST(out.bytes() == rendered(operation));
}

BOOST_AUTO_TEST_CASE(x_date_follows_the_clock_from_second_to_second_forward_and_back) {
  RequestRenderer renderer(endpoint);
  http::Request out;
  const auto operation = folder_rename("user-1", "");
  const auto x_date_at = [&](WallTime t) {
    renderer.render(operation, "a", t, trace, out);
    return std::string(out.bytes().substr(out.bytes().find("X-Date: ") + 8, 16));
  };
  BOOST_TEST(x_date_at(date) == "20251103T070140Z");
  BOOST_TEST(x_date_at(date + 99ms) == "20251103T070140Z");
  BOOST_TEST(x_date_at(date + 100ms) == "20251103T070141Z");
  BOOST_TEST(x_date_at(date - 24h) == "20251102T070140Z");
}

BOOST_AUTO_TEST_CASE(an_apps_request_is_signed_as_it_is_sent) {
  const auth::AppKey app("app-1", auth::Secret("s3cret-0123456789abcdef"));
  RequestRenderer renderer(endpoint, &app);
  http::Request out;
  const auto signature = renderer.render(folder_rename("user-1", "de-DE"), "not used", date, trace, out);
  // The first of expected/signatures.ndjson.
  BOOST_TEST(signature == "542ba8a3fe71c1c5db7a9fc4ca617b722e2177e6a9a1aefca51aa889ca10a816");
  BOOST_TEST(
      out.bytes().find("\r\nAuthorization: HMAC-SHA256 AppId=app-1,SignedHeaders=host;x-date;x-user-id,Signature=" +
                       std::string(signature) + "\r\nX-User-Id: user-1\r\nX-Date: 20251103T070140Z\r\n") !=
      std::string_view::npos);
  BOOST_TEST((signature.data() > out.bytes().data() && signature.data() < out.bytes().data() + out.bytes().size()),
             "a view into it");
  BOOST_TEST(out.bytes().find("not used") == std::string_view::npos);
}

BOOST_AUTO_TEST_CASE(every_attempt_is_signed_again) {
  const auth::AppKey app("app-1", auth::Secret("s3cret"));
  RequestRenderer renderer(endpoint, &app);
  http::Request out;
  const auto signature_at = [&](WallTime t) {
    return std::string(renderer.render(folder_rename("user-1", ""), "", t, trace, out));
  };
  const std::string first = signature_at(date);
  BOOST_TEST(signature_at(date + 1s) != first);
  BOOST_TEST(signature_at(date) == first);
}

BOOST_AUTO_TEST_CASE(an_albums_id_is_encoded_once_in_the_signature_too) {
  const auth::AppKey app("app-1", auth::Secret("s3cret"));
  for (const char* id : {"a/b c%41", "100%", "\xe7\x9b\xb8\xe5\x86\x8c", "~!*'()"}) {
    http::Request out;
    std::string expected;
    const auto operation = album(id);
    RequestRenderer(endpoint, &app).render(operation, "", date, trace, out);
    // Of the path as it is on the wire, which the service has to decode once to find the album.
    koodrive::Signer(app).append_authorization(
        {"POST", operation.target(), "", "koo.example", "20251103T070140Z", "u", operation.body()}, expected);
    BOOST_TEST(out.bytes().find("\r\nAuthorization: " + expected + "\r\n") != std::string_view::npos);
    std::string uri;
    koodrive::append_canonical_uri(operation.target(), uri);
    BOOST_TEST(uri == std::string(operation.target()) + "/");
  }
}

BOOST_AUTO_TEST_CASE(a_request_that_is_not_signed_has_no_signature) {
  http::Request out;
  BOOST_TEST(RequestRenderer(endpoint).render(folder_rename("u", ""), "a", date, trace, out).empty());
}

BOOST_AUTO_TEST_CASE(the_host_that_is_signed_is_the_one_sent) {
  const auth::AppKey app("app-1", auth::Secret("s3cret"));
  http::Request out;
  const auto of = [&](const http::Endpoint& where) {
    return std::string(RequestRenderer(where, &app).render(folder_rename("u", ""), "", date, trace, out));
  };
  const std::string plain = of(endpoint);
  BOOST_TEST(of({true, "koo.example", "8443", "koo.example:8443"}) != plain);
  BOOST_TEST(out.bytes().find("\r\nHost: koo.example:8443\r\n") != std::string_view::npos);
  std::string expected;
  const auto operation = folder_rename("u", "");
  koodrive::Signer(app).append_authorization(
      {"POST", operation.target(), "", "koo.example:8443", "20251103T070140Z", "u", operation.body()}, expected);
  BOOST_TEST(out.bytes().find(expected) != std::string_view::npos);
}

BOOST_AUTO_TEST_CASE(a_port_other_than_the_default_is_part_of_the_host) {
  http::Request out;
  RequestRenderer({false, "::1", "8080", "[::1]:8080"}).render(folder_rename("u", ""), "a", date, trace, out);
  BOOST_TEST(out.bytes().find("\r\nHost: [::1]:8080\r\n") != std::string_view::npos);
}

BOOST_AUTO_TEST_CASE(a_reading_is_a_get_without_body_on_behalf_of_the_operation) {
  http::Request out;
  RequestRenderer(endpoint).render_reading(folder_rename("user-1", "de-DE"), "/list?offset=0&limit=1000",
                                           "Bearer+secret", date, trace, out);
  BOOST_TEST(without_user_agent(std::string(out.bytes())) ==
             "GET /list?offset=0&limit=1000 HTTP/1.1\r\nHost: koo.example\r\nAccept-Encoding: identity\r\n"
             "Content-Type: application/json\r\nAuthorization: Bearer+secret\r\nX-User-Id: user-1\r\n"
             "X-Date: 20251103T070140Z\r\nX-Traceid: " +
                 to_string(trace) + "\r\nlanguage: de-DE\r\nContent-Length: 0\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(a_reading_is_signed_with_its_query) {
  const auth::AppKey app("app-1", auth::Secret("s3cret"));
  const auto operation = folder_rename("u", "");
  for (const std::string_view query : {"", "limit=1000&offset=0"}) {
    http::Request out;
    std::string target = "/list", expected;
    if (!query.empty()) target.append("?").append(query);
    RequestRenderer(endpoint, &app).render_reading(operation, target, "", date, trace, out);
    koodrive::Signer(app).append_authorization({"GET", "/list", query, "koo.example", "20251103T070140Z", "u", ""},
                                               expected);
    BOOST_TEST(out.bytes().find("\r\nAuthorization: " + expected + "\r\n") != std::string_view::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
