#pragma once
#include <unicode/utf8.h>

#include <cstdint>
#include <string_view>

namespace koobatch::report {

/// Calls `each(code point, its bytes)` along the text. The code point is negative for bytes that are not UTF-8.
template <class Each>
void for_each_character(std::string_view text, Each each) {
  const char* const bytes = text.data();
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < size;) {
    const std::int32_t from = i;
    UChar32 c;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
    U8_NEXT(bytes, i, size, c);  // ICU's macro narrows as it pleases
#pragma GCC diagnostic pop
    each(c, text.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(i - from)));
  }
}

}  // namespace koobatch::report
