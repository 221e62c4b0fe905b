#pragma once
#include "koobatch/auth/secret.hpp"
#include "koobatch/core/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace koobatch::koodrive {

/// The service's own call for a new token.
constexpr std::string_view refresh_target = "/koodrive/ose/v1/auth/refreshToken";

/// {"refreshToken":"…"}
auth::Secret refresh_body(std::string_view refresh_token);

/// What the service gives for a refresh token.
struct Session {
  auth::Secret access_token;
  std::optional<auth::Secret> refresh_token;  ///< to be used next time; nothing: the same again
  std::optional<Duration> lifetime;           ///< of the access token, from when it was issued
};

struct RefreshAnswer {
  std::optional<std::int64_t> code;
  std::optional<Session> session;  ///< if there is one, and its tokens can be used
};

/// Reads the answer to the call, in any encoding that operations' answers may have. `body` is given JSON padding, hence
/// not const.
RefreshAnswer read_refresh_answer(std::string& body, std::string_view content_type = {});

}  // namespace koobatch::koodrive
