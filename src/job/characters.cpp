#include "job/characters.hpp"

#include "koobatch/core/utf8.hpp"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <cassert>

namespace koobatch::job {
namespace {

constexpr std::string_view formula_begin = "=\"";
constexpr char formula_end = '"';
constexpr char text_mark = '\'';

// Blank in every font, though not white space to Unicode: U+180E, U+200B, U+2060, U+2800, U+3164, U+FEFF.
constexpr std::array<UChar32, 6> further_blanks = {0x180e, 0x200b, 0x2060, 0x2800, 0x3164, 0xfeff};

constexpr std::size_t longest_character = 4;

bool is_variation_selector(UChar32 c) {
  return (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0100 && c <= 0xe01ef) || (c >= 0x180b && c <= 0x180d);
}

/// The position of the last character.
std::size_t last_begin(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && text.size() - at < longest_character && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U) {
    --at;
  }
  return at;
}

template <class Unwanted>
std::string_view trim(std::string_view text, Unwanted unwanted) {
  while (!text.empty()) {
    std::size_t next = 0;
    if (!unwanted(next_code_point(text, next))) break;
    text.remove_prefix(next);
  }
  while (!text.empty() && unwanted(last_character(text))) text.remove_suffix(text.size() - last_begin(text));
  return text;
}

}  // namespace

bool is_blank_character(std::int32_t code_point) {
  if (code_point <= 0x20) return code_point == 0x20 || (code_point >= 0x09 && code_point <= 0x0d);
  if (code_point < 0x80) return false;
  return u_isUWhiteSpace(code_point) != 0 || std::ranges::find(further_blanks, code_point) != further_blanks.end();
}

bool is_invisible(std::int32_t code_point) {
  if (code_point < 0) return false;
  if (code_point < 0x80) return code_point < 0x20 || code_point == 0x7f;
  constexpr auto controls = U_GC_CC_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK;
  if ((U_GET_GC_MASK(code_point) & controls) != 0) return true;
  return u_hasBinaryProperty(code_point, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0 && !is_variation_selector(code_point);
}

std::int32_t first_character(std::string_view text) {
  assert(!text.empty());
  std::size_t i = 0;
  return next_code_point(text, i);
}

std::int32_t last_character(std::string_view text) {
  assert(!text.empty());
  std::size_t i = last_begin(text);
  return next_code_point(text, i);
}

std::string_view trim_text(std::string_view text) {
  return trim(text, is_blank_character);
}

std::string_view trim_identifier(std::string_view text) {
  const auto unwanted = [](UChar32 c) { return is_blank_character(c) || is_invisible(c); };
  text = trim(text, unwanted);
  if (is_text_formula(text)) {
    text.remove_prefix(formula_begin.size());
    text.remove_suffix(1);
  }
  if (text.starts_with(text_mark)) text.remove_prefix(1);
  return trim(text, unwanted);
}

bool is_text_formula(std::string_view identifier) {
  return identifier.size() > formula_begin.size() && identifier.starts_with(formula_begin) &&
         identifier.ends_with(formula_end);
}

}  // namespace koobatch::job
