#include "koobatch/auth/refresh_call.hpp"

#include "koobatch/auth/token.hpp"
#include "koobatch/auth/wipe.hpp"
#include "koobatch/core/json.hpp"
#include "koobatch/core/whole_number.hpp"

#include <simdjson.h>

#include <utility>

namespace koobatch::auth {
namespace {

namespace dom = simdjson::dom;

std::optional<std::int64_t> number_in(const dom::object& object, std::string_view name) {
  dom::element value;
  if (object.at_key(name).get(value) != simdjson::SUCCESS) return std::nullopt;
  return whole_number(value);
}

/// A token that can be sent; nothing if there is none.
std::optional<Secret> token_in(const dom::object& object, std::string_view name) {
  std::string_view text;
  if (object.at_key(name).get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
  auto token = check_token(Secret(text), std::string(name));
  if (!token) return std::nullopt;
  return std::move(*token);
}

std::optional<Session> session_in(const dom::object& object) {
  auto access_token = token_in(object, "accessToken");
  if (!access_token) return std::nullopt;
  Session session{std::move(*access_token), token_in(object, "refreshToken"), std::nullopt};
  // Longer than a year is no time a token lives, and would only overflow.
  const auto lifetime = number_in(object, "expiresIn");
  if (lifetime && *lifetime > 0 && *lifetime < 366 * 24 * 3600) session.lifetime = std::chrono::seconds(*lifetime);
  return session;
}

}  // namespace

Secret refresh_body(std::string_view refresh_token) {
  std::string text;
  // In one piece, however much of it has to be escaped: a string that grows leaves copies behind.
  text.reserve(64 + 6 * refresh_token.size());
  JsonWriter(text).add("refreshToken", refresh_token).end();
  Secret body{std::string_view(text)};
  wipe(text);
  return body;
}

RefreshAnswer read_refresh_answer(std::string& body) {
  RefreshAnswer answer;
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  dom::parser parser;
  dom::object object;
  if (parser.parse(body.data(), body.size(), false).get(object) != simdjson::SUCCESS) return answer;
  answer.code = number_in(object, "code");
  dom::object data, session;
  if (object.at_key("data").get(data) == simdjson::SUCCESS &&
      data.at_key("sessionInfo").get(session) == simdjson::SUCCESS) {
    if (auto found = session_in(session)) answer.session.emplace(std::move(*found));
  }
  return answer;
}

}  // namespace koobatch::auth
