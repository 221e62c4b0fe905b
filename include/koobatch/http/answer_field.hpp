#pragma once
#include "koobatch/http/answer.hpp"

#include <cstddef>
#include <string_view>

namespace koobatch::http {

/// How many bytes of header fields about rate limits are kept; a field that does not fit is dropped.
constexpr std::size_t max_rate_limit_bytes = 1024;

/// Whether the name begins like RateLimit, X-RateLimit or X-Apig: a cheap test that rejects nearly all other names.
inline bool may_be_rate_limit(std::string_view name) {
  constexpr std::size_t shortest = std::string_view("RateLimit").size();
  if (name.size() < shortest) return false;
  const auto is = [&](std::size_t at, char letter) { return (name[at] | ('a' - 'A')) == letter; };
  if (!is(0, 'x')) return is(0, 'r') && is(1, 'a');
  return (is(2, 'r') && is(3, 'a')) || (is(2, 'a') && is(3, 'p'));
}
/// Keeps RateLimit and RateLimit-…, also with X- or a gateway's X-Apig- in front, and no other field.
void keep_rate_limit(std::string_view name, std::string_view value, Answer& answer);
/// Keeps a header field if a run needs it. `name`: in lower case.
void keep_field(std::string_view name, std::string_view value, Answer& answer);

}  // namespace koobatch::http
