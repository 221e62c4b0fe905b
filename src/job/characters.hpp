#pragma once
#include <cstdint>
#include <string_view>

// Characters that people do not see in a value and hardly ever intend.

namespace koobatch::job {

/// Whether the character is white space, including that which does not break (U+00A0) or has no width (U+FEFF, U+200B).
bool is_blank_character(std::int32_t code_point);

/// Whether the character is not displayed: a control character, or one that Unicode says to ignore, such as joiners and
/// those that change the writing direction. Not a variation selector, which belongs to the character before it.
bool is_invisible(std::int32_t code_point);

/// The first and the last character; negative if it is not UTF-8. Precondition: the text is not empty.
std::int32_t first_character(std::string_view text);
std::int32_t last_character(std::string_view text);

/// The text without surrounding blanks.
std::string_view trim_text(std::string_view text);

/// An identifier without what surrounds it: blanks and invisible characters, the apostrophe with which a spreadsheet
/// marks text, and the formula ="…" that keeps it from reading a number.
std::string_view trim_identifier(std::string_view text);

/// Whether the identifier is enclosed in a spreadsheet's formula for text: ="…".
bool is_text_formula(std::string_view identifier);

}  // namespace koobatch::job
