#include "koodrive/delay.hpp"

#include "koobatch/core/eight_bytes.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <limits>

namespace koobatch::koodrive {
namespace {}  // namespace

std::optional<std::chrono::seconds> parse_seconds(std::string_view text, std::chrono::seconds longest) {
  assert(longest.count() <= std::numeric_limits<std::int64_t>::max() / 10 - 1);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  if (!is_digits(whole)) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : whole) value = std::min<std::int64_t>(value * 10 + (c - '0'), longest.count());
  if (point != std::string_view::npos) {
    const std::string_view part = text.substr(point + 1);
    if (!is_digits(part)) return std::nullopt;
    if (part.find_first_not_of('0') != std::string_view::npos) ++value;
  }
  return std::min(std::chrono::seconds(value), longest);
}

}  // namespace koobatch::koodrive
