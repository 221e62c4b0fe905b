#include "koobatch/net/request.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace koobatch;
using koobatch::net::RequestRenderer;
using namespace std::chrono_literals;

namespace {

const net::Endpoint endpoint{true, "koo.example", "443", "koo.example"};
const WallTime date = WallTime(std::chrono::sys_days(std::chrono::year(2025) / 11 / 3)) + 7h + 1min + 40s + 900ms;
const TraceId trace{5, 17, 1};

job::Operation folder_rename(std::string_view user, std::string_view language) {
  job::Fields fields;
  fields.row = job::find_operation("rename_shared_folder");
  fields.values[0].present = fields.values[1].present = true;
  fields.values[0].text = "1757156480072657793";
  fields.values[1].text = "newName123456";
  job::Operation operation;
  job::OperationBuilder::build(fields, 17, user, language, operation);
  return operation;
}

job::Operation album(std::string_view id) {
  job::Fields fields;
  fields.row = job::find_operation("update_album");
  fields.values[0].present = fields.values[1].present = true;
  fields.values[0].text = id;
  fields.values[1].text = "albumName22";
  job::Operation operation;
  job::OperationBuilder::build(fields, 17, "u", "", operation);
  return operation;
}

std::string rendered(const job::Operation& operation) {
  std::string out;
  RequestRenderer(endpoint).render(operation, "Bearer+secret", date, trace, out);
  return out;
}

/// The product's version changes; that it is named does not.
std::string without_user_agent(std::string text) {
  const auto from = text.find("User-Agent: koobatch/");
  BOOST_REQUIRE(from != std::string::npos);
  return text.erase(from, text.find("\r\n", from) + 2 - from);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(request)

BOOST_AUTO_TEST_CASE(a_rename_is_rendered_to_the_byte) {
  BOOST_TEST(without_user_agent(rendered(folder_rename("user-1", "de-DE"))) ==
             "POST /koodrive/ose/v1/sharefolder/rename HTTP/1.1\r\n"
             "Host: koo.example\r\n"
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

BOOST_AUTO_TEST_CASE(a_language_nobody_asked_for_is_not_sent) {
  BOOST_TEST(rendered(folder_rename("user-1", "")).find("language") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_album_is_named_in_the_path_encoded_once) {
  const std::string text = rendered(album("a/b c%41"));
  BOOST_TEST(text.find("POST /koodrive/ose/v1/a%2Fb%20c%2541/update HTTP/1.1\r\n") == 0U);
  BOOST_TEST(text.substr(text.size() - 22) == R"({"name":"albumName22"})");
  BOOST_TEST(text.find("Content-Length: 22\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(each_rendering_replaces_the_one_before) {
  RequestRenderer renderer(endpoint);
  std::string out = "left over";
  const auto operation = folder_rename("user-1", "");
  renderer.render(operation, "Bearer+secret", date, trace, out);
  BOOST_TEST(out == rendered(operation));
  renderer.render(operation, "Bearer+secret", date, trace, out);
  BOOST_TEST(out == rendered(operation));
}

BOOST_AUTO_TEST_CASE(x_date_follows_the_clock_from_second_to_second_forward_and_back) {
  RequestRenderer renderer(endpoint);
  std::string out;
  const auto operation = folder_rename("user-1", "");
  const auto x_date_at = [&](WallTime t) {
    renderer.render(operation, "a", t, trace, out);
    return out.substr(out.find("X-Date: ") + 8, 16);
  };
  BOOST_TEST(x_date_at(date) == "20251103T070140Z");
  BOOST_TEST(x_date_at(date + 99ms) == "20251103T070140Z");
  BOOST_TEST(x_date_at(date + 100ms) == "20251103T070141Z");
  BOOST_TEST(x_date_at(date - 24h) == "20251102T070140Z");
}

BOOST_AUTO_TEST_CASE(an_apps_request_is_signed_as_it_is_sent) {
  const auth::AppKey app("app-1", auth::Secret("s3cret-0123456789abcdef"));
  RequestRenderer renderer(endpoint, &app);
  std::string out;
  const auto signature = renderer.render(folder_rename("user-1", "de-DE"), "not used", date, trace, out);
  // The first of expected/signatures.ndjson.
  BOOST_TEST(signature == "542ba8a3fe71c1c5db7a9fc4ca617b722e2177e6a9a1aefca51aa889ca10a816");
  BOOST_TEST(out.find("\r\nAuthorization: HMAC-SHA256 AppId=app-1,SignedHeaders=host;x-date;x-user-id,Signature=" +
                      std::string(signature) + "\r\nX-User-Id: user-1\r\nX-Date: 20251103T070140Z\r\n") !=
             std::string::npos);
  BOOST_TEST((signature.data() > out.data() && signature.data() < out.data() + out.size()), "a view into it");
  BOOST_TEST(out.find("not used") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_attempt_is_signed_anew) {
  const auth::AppKey app("app-1", auth::Secret("s3cret"));
  RequestRenderer renderer(endpoint, &app);
  std::string out;
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
    std::string out, expected;
    const auto operation = album(id);
    RequestRenderer(endpoint, &app).render(operation, "", date, trace, out);
    // Of the path as it is on the wire, which the service has to decode once to find the album.
    auth::Signer(app).append_authorization(
        {"POST", operation.target(), "", "koo.example", "20251103T070140Z", "u", operation.body()}, expected);
    BOOST_TEST(out.find("\r\nAuthorization: " + expected + "\r\n") != std::string::npos);
    std::string uri;
    auth::append_canonical_uri(operation.target(), uri);
    BOOST_TEST(uri == std::string(operation.target()) + "/");
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_signed_has_no_signature) {
  std::string out;
  BOOST_TEST(RequestRenderer(endpoint).render(folder_rename("u", ""), "a", date, trace, out).empty());
}

BOOST_AUTO_TEST_CASE(the_host_that_is_signed_is_the_one_sent) {
  const auth::AppKey app("app-1", auth::Secret("s3cret"));
  std::string out;
  const auto of = [&](const net::Endpoint& where) {
    return std::string(RequestRenderer(where, &app).render(folder_rename("u", ""), "", date, trace, out));
  };
  const std::string plain = of(endpoint);
  BOOST_TEST(of({true, "koo.example", "8443", "koo.example:8443"}) != plain);
  BOOST_TEST(out.find("\r\nHost: koo.example:8443\r\n") != std::string::npos);
  std::string expected;
  const auto operation = folder_rename("u", "");
  auth::Signer(app).append_authorization(
      {"POST", operation.target(), "", "koo.example:8443", "20251103T070140Z", "u", operation.body()}, expected);
  BOOST_TEST(out.find(expected) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_port_of_ones_own_is_part_of_the_host) {
  std::string out;
  RequestRenderer({false, "::1", "8080", "[::1]:8080"}).render(folder_rename("u", ""), "a", date, trace, out);
  BOOST_TEST(out.find("\r\nHost: [::1]:8080\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
