#include "koobatch/koodrive/refresh_call.hpp"

#include "koobatch/auth/token.hpp"
#include "koobatch/auth/wipe.hpp"
#include "koobatch/core/json.hpp"
#include "koobatch/core/whole_number.hpp"
#include "koodrive/body_text.hpp"

#include <simdjson.h>

#include <utility>

namespace koobatch::koodrive {
namespace {

namespace dom = simdjson::dom;

std::optional<std::int64_t> number_in(const dom::object& object, std::string_view name) {
  dom::element value;
  if (object.at_key(name).get(value) != simdjson::SUCCESS) return std::nullopt;
  return whole_number(value);
}

/// A token that can be sent; nothing if there is none.
std::optional<auth::Secret> token_in(const dom::object& object, std::string_view name) {
  std::string_view text;
  if (object.at_key(name).get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
  auto token = auth::check_token(auth::Secret(text), std::string(name));
  if (!token) return std::nullopt;
  return std::move(*token);
}

std::optional<Session> session_in(const dom::object& object) {
  auto access_token = token_in(object, "accessToken");
  if (!access_token) return std::nullopt;
  Session session{std::move(*access_token), token_in(object, "refreshToken"), std::nullopt};
  // No token lives longer than a year, and a larger number might overflow.
  const auto lifetime = number_in(object, "expiresIn");
  if (lifetime && *lifetime > 0 && *lifetime < 366 * 24 * 3600) session.lifetime = std::chrono::seconds(*lifetime);
  return session;
}

}  // namespace

auth::Secret refresh_body(std::string_view refresh_token) {
  std::string text;
  // In one piece, however much of it has to be escaped: a string that grows leaves copies behind.
  text.reserve(64 + 6 * refresh_token.size());
  JsonWriter(text).add("refreshToken", refresh_token).end();
  auth::Secret body{std::string_view(text)};
  auth::wipe(text);
  return body;
}

RefreshAnswer read_refresh_answer(std::string& body, std::string_view content_type) {
  RefreshAnswer answer;
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  dom::parser parser;
  dom::object object;
  auto json = without_byte_order_mark(body);
  std::optional<WipedString> text;
  if (parser.parse(json.data(), json.size(), false).get(object) != simdjson::SUCCESS) {
    text = to_utf8(body, content_type);
    if (!text) return answer;
    text->reserve(text->size() + simdjson::SIMDJSON_PADDING);
    if (parser.parse(text->data(), text->size(), false).get(object) != simdjson::SUCCESS) return answer;
  }
  answer.code = number_in(object, "code");
  dom::object data, session;
  if (object.at_key("data").get(data) == simdjson::SUCCESS &&
      data.at_key("sessionInfo").get(session) == simdjson::SUCCESS) {
    if (auto found = session_in(session)) answer.session.emplace(std::move(*found));
  }
  return answer;
}

}  // namespace koobatch::koodrive
