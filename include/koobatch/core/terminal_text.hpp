#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace koobatch {

/// Does the character control a terminal, or hide or reorder what is around it? Controls (C0, DEL, C1), line and
/// paragraph separators, and invisible format characters such as the ones that turn the writing direction.
bool is_harmful(std::int32_t code_point);

/// Appends a text that came from outside (the service, the job) so that it cannot do anything to a terminal: harmful
/// characters become `\u{1b}`, bytes that are not UTF-8 become U+FFFD.
void append_harmless(std::string& out, std::string_view text);
std::string harmless(std::string_view text);

/// At most `limit` bytes of a header's text, for messages and the report: it need not even be UTF-8, so what is not
/// visible ASCII becomes `?`.
std::string printable_ascii(std::string_view text, std::size_t limit);

/// Columns `text` (harmless, valid UTF-8) takes on a terminal: two for wide characters, none for combining ones.
std::size_t columns(std::string_view text);

/// `text` (harmless, valid UTF-8), cut to at most `width` columns, with "…" where something was cut off.
std::string clipped(std::string_view text, std::size_t width);

}  // namespace koobatch
