#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/declared_quota.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace koobatch::koodrive {

/// What a header field says of a quota, and how.
enum class QuotaForm : std::uint8_t {
  policies,   ///< `"default";q=100;w=60`, or as it once was, `100;w=60`: a list
  states,     ///< `"default";r=50;t=30`, or as it once was, `limit=100, remaining=50, reset=30`: a list
  limit,      ///< `100`, or with its policies, `100, 100;w=60`
  remaining,  ///< `50`
  reset,      ///< `30`, or `1764415380`: seconds, or the seconds or milliseconds since 1970
  gateway,    ///< `remain:9,limit:10,time:10 second`
};

struct QuotaField {
  std::string_view name;
  QuotaForm form;
  bool prefixed = false;  ///< with the "X-" of old: a set of its own
  DeclaredQuota::Scope scope = DeclaredQuota::Scope::everybody;
};

/// All header fields that are read, and all their names.
inline constexpr std::array<QuotaField, 16> quota_fields = {{
    {.name = "RateLimit-Policy", .form = QuotaForm::policies},
    {.name = "RateLimit", .form = QuotaForm::states},
    {.name = "RateLimit-Limit", .form = QuotaForm::limit},
    {.name = "RateLimit-Remaining", .form = QuotaForm::remaining},
    {.name = "RateLimit-Reset", .form = QuotaForm::reset},
    {.name = "X-RateLimit-Limit", .form = QuotaForm::limit, .prefixed = true},
    {.name = "X-RateLimit-Remaining", .form = QuotaForm::remaining, .prefixed = true},
    {.name = "X-RateLimit-Reset", .form = QuotaForm::reset, .prefixed = true},
    {.name = "X-Apig-RateLimit-api", .form = QuotaForm::gateway},
    {.name = "X-Apig-RateLimit-api-allenv", .form = QuotaForm::gateway},
    {.name = "X-Apig-RateLimit-app", .form = QuotaForm::gateway},
    {.name = "X-Apig-RateLimit-app-allenv", .form = QuotaForm::gateway},
    {.name = "X-Apig-RateLimit-ip", .form = QuotaForm::gateway},
    {.name = "X-Apig-RateLimit-ip-allenv", .form = QuotaForm::gateway},
    {.name = "X-Apig-RateLimit-user", .form = QuotaForm::gateway, .scope = DeclaredQuota::Scope::user},
    {.name = "X-Apig-RateLimit-user-allenv", .form = QuotaForm::gateway, .scope = DeclaredQuota::Scope::user},
}};

/// Adds what the header fields of an answer declare. `fields`: a line "name: value\n" for each, as http::Answer keeps
/// them; unknown ones and parts that make no sense are passed over. `now`: by the clock that they were written by.
/// Where they contradict each other, the strictest holds. Repeated lines change nothing.
void read_quota_fields(std::string_view fields, WallTime now, DeclaredQuotas& out);

/// Adds what the message of a gateway that throttles declares: "…: policy user over ratelimit,limit:XX,time:1 second".
void read_quota_message(std::string_view message, DeclaredQuota::Scope scope, DeclaredQuotas& out);

}  // namespace koobatch::koodrive
