#include "koobatch/koodrive/app_signature.hpp"

#include <simdjson.h>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>

using namespace koobatch;
using namespace koobatch::koodrive;
using namespace koobatch::auth;

namespace {

using Case = simdjson::dom::element;

/// Calls `check` for every line of a table that expected/signatures.py has written.
void for_each_case(const char* table, const std::function<void(Case)>& check) {
  simdjson::dom::parser parser;
  std::size_t cases = 0;
  for (const Case line : parser.load_many(std::string(KOOBATCH_SOURCE_DIR) + "/tests/unit/expected/" + table)) {
    BOOST_TEST_CONTEXT(std::string_view(line["name"])) {
      check(line);
    }
    ++cases;
  }
  BOOST_TEST(cases > 30U);
}

std::string text(Case line, const char* member) {
  return std::string(std::string_view(line[member]));
}

std::string bytes(Case line, const char* member) {
  const std::string hex = text(line, member);
  std::string result;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    result.push_back(static_cast<char>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  }
  return result;
}

std::string hex(const Sha256Digest& digest) {
  std::string result;
  append_hex(digest, result);
  return result;
}

SignedParts parts_of(Case line) {
  const auto view = [&](const char* member) { return std::string_view(line[member]); };
  return {view("method"), view("path"), view("query"), view("host"), view("x_date"), view("user_id"), view("body")};
}

std::string authorization(const SignedParts& parts) {
  std::string out;
  Signer(AppKey("app", Secret("secret"))).append_authorization(parts, out);
  return out;
}

const SignedParts some_parts{"POST", "/a", "", "koo.example", "20251103T070140Z", "user-1", "{}"};

}  // namespace

BOOST_AUTO_TEST_SUITE(app_signature)

BOOST_AUTO_TEST_CASE(hmac_sha256_is_that_of_rfc_4231_and_of_python) {
  for_each_case("hmac_sha256.ndjson", [](Case line) {
    const std::string data = bytes(line, "data");
    BOOST_TEST(hex(Sha256().digest(data)) == text(line, "sha256"));
    HmacSha256 hmac(bytes(line, "key"));
    BOOST_TEST(hex(hmac.mac(data)) == text(line, "mac"));
    hmac.mac("something else");
    BOOST_TEST(hex(hmac.mac(data)) == text(line, "mac"), "nothing is left over from one to the next");
  });
}

BOOST_AUTO_TEST_CASE(canonical_requests_are_those_python_makes) {
  for_each_case("signatures.ndjson", [](Case line) {
    std::string out;
    append_canonical_head(parts_of(line), out);
    append_hex(Sha256().digest(std::string_view(line["body"])), out);
    BOOST_TEST(out == text(line, "canonical"));
  });
}

BOOST_AUTO_TEST_CASE(authorizations_are_those_python_makes) {
  for_each_case("signatures.ndjson", [](Case line) {
    Signer signer(AppKey(text(line, "app_id"), Secret(std::string_view(line["secret"]))));
    std::string out = "Authorization: ";
    signer.append_authorization(parts_of(line), out);
    BOOST_TEST(out == "Authorization: " + text(line, "authorization"));
    out.clear();
    signer.append_authorization(some_parts, out);
    out.clear();
    signer.append_authorization(parts_of(line), out);
    BOOST_TEST(out == text(line, "authorization"), "nothing is left over from one to the next");
  });
}

BOOST_AUTO_TEST_CASE(every_part_that_is_signed_changes_the_signature) {
  const std::string signature = authorization(some_parts);
  const auto changed = [&](std::string_view SignedParts::* part, std::string_view value) {
    SignedParts parts = some_parts;
    parts.*part = value;
    return authorization(parts) != signature;
  };
  BOOST_TEST(changed(&SignedParts::method, "PUT"));
  BOOST_TEST(changed(&SignedParts::path, "/b"));
  BOOST_TEST(changed(&SignedParts::query, "a=1"));
  BOOST_TEST(changed(&SignedParts::host, "koo.example:8443"));
  BOOST_TEST(changed(&SignedParts::x_date, "20251103T070141Z"));
  BOOST_TEST(changed(&SignedParts::user_id, "user-2"));
  BOOST_TEST(changed(&SignedParts::body, "{ }"));
}

BOOST_AUTO_TEST_CASE(a_path_has_one_signature_however_it_is_spelt) {
  const auto signature = [](std::string_view path) {
    SignedParts parts = some_parts;
    parts.path = path;
    return authorization(parts);
  };
  const std::string plain = signature("/a~b/\xe7\x9b\xb8");
  BOOST_TEST(signature("/a~b/\xe7\x9b\xb8/") == plain);
  BOOST_TEST(signature("/a%7Eb/%E7%9B%B8") == plain);
  BOOST_TEST(signature("/%61%7eb/%e7%9b%b8/") == plain);
  BOOST_TEST(signature("/a~b%2F%E7%9B%B8") != plain, "an encoded slash ends no segment");
  BOOST_TEST(signature("/a%257Eb/%E7%9B%B8") != plain, "nothing is decoded twice");
}

BOOST_AUTO_TEST_SUITE_END()
