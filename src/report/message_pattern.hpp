#pragma once
#include <string>
#include <string_view>

namespace koobatch::report {

/// Appends `text` with "…" for whatever differs between messages of one kind: quotations, and words that contain a
/// digit (identifiers, numbers, times). "folder 17 of 'a b' does not exist" becomes "folder … of '…' does not exist",
/// and so does the message with 18 and another name. The function is idempotent.
void append_message_pattern(std::string& out, std::string_view text);

}  // namespace koobatch::report
