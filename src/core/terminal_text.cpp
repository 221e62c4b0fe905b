#include "koobatch/core/terminal_text.hpp"

#include "koobatch/core/utf8.hpp"

#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/utf16.h>

#include <algorithm>
#include <iterator>

namespace koobatch {
namespace {

std::size_t columns(UChar32 c) {
  constexpr auto combining = U_GC_MN_MASK | U_GC_ME_MASK;
  if ((U_GET_GC_MASK(c) & combining) != 0) return 0;
  const int width = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
  return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

}  // namespace

bool is_harmful(std::int32_t code_point) {
  constexpr auto mask = U_GC_CC_MASK | U_GC_CF_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK;
  return (U_GET_GC_MASK(code_point) & mask) != 0;
}

void append_harmless(std::string& out, std::string_view text) {
  for_each_character(text, [&](UChar32 c, std::string_view bytes) {
    if (c < 0) {
      out.append("\xef\xbf\xbd");
    } else if (is_harmful(c)) {
      fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", static_cast<std::uint32_t>(c));
    } else {
      out.append(bytes);
    }
  });
}

std::string harmless(std::string_view text) {
  std::string out;
  append_harmless(out, text);
  return out;
}

void append_harmless_json(std::string& out, std::string_view json) {
  for_each_character(json, [&](UChar32 c, std::string_view bytes) {
    if (c < 0) {
      out.append("\xef\xbf\xbd");
    } else if (!is_harmful(c)) {
      out.append(bytes);
    } else if (U_IS_BMP(c)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}\\u{:04x}", static_cast<unsigned>(U16_LEAD(c)),
                     static_cast<unsigned>(U16_TRAIL(c)));
    }
  });
}

std::string printable_ascii(std::string_view text, std::size_t limit) {
  std::string out(text.substr(0, limit));
  std::replace_if(out.begin(), out.end(), [](char c) { return c < 0x20 || c >= 0x7f; }, '?');
  return out;
}

std::size_t columns(std::string_view text) {
  std::size_t sum = 0;
  for_each_character(text, [&](UChar32 c, std::string_view) { sum += columns(c); });
  return sum;
}

std::string clipped(std::string_view text, std::size_t width) {
  if (columns(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::size_t taken = 0, used = 0;
  bool full = false;
  for_each_character(text, [&](UChar32 c, std::string_view bytes) {
    full = full || used + columns(c) > width - 1;
    if (full) return;
    used += columns(c);
    taken += bytes.size();
  });
  return std::string(text.substr(0, taken)) + "…";
}

}  // namespace koobatch
