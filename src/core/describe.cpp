#include "koobatch/core/describe.hpp"

#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/utf8.hpp"

#include <fmt/format.h>
#include <unicode/uchar.h>

#include <array>
#include <iterator>

namespace koobatch {
namespace {

// ICU has no names for the control characters that occur in practice.
std::string_view control_name(UChar32 c) {
  switch (c) {
    case 0x00:
      return "null";
    case 0x08:
      return "backspace";
    case 0x09:
      return "tab";
    case 0x0a:
      return "line feed";
    case 0x0d:
      return "carriage return";
    case 0x1b:
      return "escape";
    case 0x7f:
      return "delete";
    default:
      return {};
  }
}

bool is_harmless(UChar32 c) {
  return u_isprint(c) != 0 && !is_harmful(c) && c != '"' && c != '\\';
}

}  // namespace

std::string describe_character(std::int32_t code_point) {
  if (code_point > 0x20 && code_point < 0x7f) return fmt::format("'{}'", static_cast<char>(code_point));
  std::string_view name = control_name(code_point);
  std::array<char, 128> buffer{};
  if (name.empty()) {
    UErrorCode status = U_ZERO_ERROR;
    const auto size = u_charName(code_point, U_UNICODE_CHAR_NAME, buffer.data(), buffer.size(), &status);
    if (U_SUCCESS(status)) name = {buffer.data(), static_cast<std::size_t>(size)};
  }
  const auto number = static_cast<std::uint32_t>(code_point);
  return name.empty() ? fmt::format("U+{:04X}", number) : fmt::format("U+{:04X} ({})", number, name);
}

std::string quote(std::string_view text) {
  constexpr int max_characters = 60;
  std::string out = "\"";
  std::size_t i = 0;
  for (int n = 0; i < text.size() && n < max_characters; ++n) {
    const auto from = i;
    const auto c = next_code_point(text, i);
    if (c < 0) {
      i = from + 1;
      fmt::format_to(std::back_inserter(out), "\\x{{{:02x}}}", static_cast<unsigned char>(text[from]));
    } else if (is_harmless(c)) {
      out.append(text, from, i - from);
    } else if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(static_cast<char>(c));
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", static_cast<std::uint32_t>(c));
    }
  }
  out.append(i < text.size() ? "…\"" : "\"");
  return out;
}

}  // namespace koobatch
