#include "koobatch/core/whole_number.hpp"

#include <charconv>
#include <cmath>
#include <string_view>

namespace koobatch {

namespace {

/// The integer that a decimal number is; nothing if it has a fraction, or is so large that doubles skip integers.
std::optional<std::int64_t> exact_integer(double number) {
  constexpr double beyond = 9007199254740992.0;  // 2^53
  if (!(number > -beyond && number < beyond) || number != std::trunc(number)) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

}  // namespace

std::optional<std::int64_t> whole_number(const simdjson::dom::element& value) {
  std::int64_t number = 0;
  if (value.get_int64().get(number) == simdjson::SUCCESS) return number;
  double decimal = 0;
  if (value.get_double().get(decimal) == simdjson::SUCCESS) return exact_integer(decimal);
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace koobatch
