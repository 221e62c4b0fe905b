#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace koobatch {

/// Names one character in a message: '*' for printable ASCII, otherwise U+1F600 (GRINNING FACE).
std::string describe_character(std::int32_t code_point);

/// Quotes foreign text for a message: in double quotes, cut after 60 characters, and safe to print on a terminal.
/// Characters that are not printable or would reorder the line are written as \u{9b}, bytes that are not UTF-8 as
/// \x{c0}.
std::string quote(std::string_view text);

}  // namespace koobatch
