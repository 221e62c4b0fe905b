#pragma once
#include <string_view>

namespace koobatch {

/// `text` without the characters of `blanks` around it; a view into `text`.
constexpr std::string_view trimmed(std::string_view text, std::string_view blanks = " \t") {
  const auto from = text.find_first_not_of(blanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(blanks) - from + 1);
}

}  // namespace koobatch
