#pragma once
#include <unicode/utf8.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace koobatch {

/// Decodes the code point at `text[i]` and moves `i` past it. Precondition: i < size. Negative for bytes that are not
/// UTF-8, of which at least one is skipped.
inline std::int32_t next_code_point(std::string_view text, std::size_t& i) {
// The conversions are inside ICU's macro.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
  UChar32 c = 0;
  U8_NEXT(text.data(), i, text.size(), c);
  return c;
#pragma GCC diagnostic pop
}

/// Calls `each(code point, its bytes)` along the text. The code point is negative for bytes that are not UTF-8.
template <class Each>
void for_each_character(std::string_view text, Each each) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t from = i;
    const std::int32_t c = next_code_point(text, i);
    each(c, text.substr(from, i - from));
  }
}

}  // namespace koobatch
