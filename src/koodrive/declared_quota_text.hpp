#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/declared_quota.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

// The parts that texts about quotas are made of. Forgiving: what is written by many hands is read as far as it can be.

namespace koobatch::koodrive {

/// Without spaces and tabs around it, nor quotation marks around that.
std::string_view unquoted(std::string_view text);

/// Takes the part before the next `separator` that is not between quotation marks, or all, off `text`.
std::string_view take_part(std::string_view& text, char separator);

struct NameAndValue {
  std::string_view name;
  std::string_view value;  ///< empty if there is none
};
/// What stands before and after the first `separator`, both unquoted.
NameAndValue split(std::string_view text, char separator);

/// Whether two ASCII texts are the same but for upper and lower case.
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// A number of requests: digits only; more than DeclaredQuota::max_count is that.
std::optional<std::uint32_t> parse_requests(std::string_view text);
/// A limit: a number of requests, at least 1. Nobody could keep less.
std::optional<std::uint32_t> parse_limit(std::string_view text);
/// A window: "60", "1 second", "2 minutes", hours or days; more than 0, up to DeclaredQuota::max_time.
std::optional<Duration> parse_window(std::string_view text);
/// The time until a reset, up to DeclaredQuota::max_time: seconds, or when it will be, as seconds or milliseconds since
/// 1970 or as an HTTP date. What is past is 0.
std::optional<Duration> parse_reset(std::string_view text, WallTime now);

}  // namespace koobatch::koodrive
