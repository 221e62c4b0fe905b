#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace koobatch {

/// Whether the character controls a terminal, or hides or reorders the text around it: controls (C0, DEL, C1), line and
/// paragraph separators, and invisible format characters such as those that change the writing direction.
bool is_harmful(std::int32_t code_point);

/// Appends foreign text (from the service or the job) so that it cannot affect a terminal: harmful characters become
/// `\u{1b}`, bytes that are not UTF-8 become U+FFFD.
void append_harmless(std::string& out, std::string_view text);
std::string harmless(std::string_view text);

/// Appends JSON so that it cannot affect a terminal, and is the same JSON nevertheless: harmful characters, which can
/// only stand in its strings, become `\u001b`, bytes that are not UTF-8 become U+FFFD.
void append_harmless_json(std::string& out, std::string_view json);

/// At most `limit` bytes of a header's text, for messages and the report. It need not be UTF-8, so everything but
/// visible ASCII becomes `?`.
std::string printable_ascii(std::string_view text, std::size_t limit);

/// The number of columns `text` (harmless, valid UTF-8) takes on a terminal: two for wide characters, none for
/// combining ones.
std::size_t columns(std::string_view text);

/// `text` (harmless, valid UTF-8), cut to at most `width` columns, with "…" where it was cut off.
std::string clipped(std::string_view text, std::size_t width);

}  // namespace koobatch
