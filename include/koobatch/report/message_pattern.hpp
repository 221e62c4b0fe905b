#pragma once
#include <string>
#include <string_view>

namespace koobatch::report {

/// Appends `text` with "…" for whatever tells one message of a kind from the next: what is quoted, and words that hold
/// a digit (identifiers, numbers, times). "folder 17 of 'a b' does not exist" and the same with 18 and another name are
/// both "folder … of '…' does not exist". The pattern of a pattern is itself.
void append_message_pattern(std::string& out, std::string_view text);

}  // namespace koobatch::report
