#include "koobatch/core/toml_text.hpp"

#include <algorithm>

namespace koobatch {

std::optional<std::size_t> too_deep_line(std::string_view text) {
  constexpr std::ptrdiff_t max_dots_in_a_line = 1000;
  std::size_t number = 0;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    ++number;
    if (std::count(line.begin(), line.end(), '.') > max_dots_in_a_line) return number;
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return std::nullopt;
}

}  // namespace koobatch
