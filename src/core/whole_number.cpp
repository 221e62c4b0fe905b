#include "koobatch/core/whole_number.hpp"

#include <charconv>
#include <string_view>

namespace koobatch {

std::optional<std::int64_t> whole_number(const simdjson::dom::element& value) {
  std::int64_t number = 0;
  if (value.get_int64().get(number) == simdjson::SUCCESS) return number;
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace koobatch
