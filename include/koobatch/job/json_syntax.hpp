#pragma once
#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

namespace koobatch::job {

/// Explains where and why `text` is not JSON: "is not valid JSON at byte 17: …". simdjson does not say where, so this
/// parses the text again with Boost.JSON; if that finds nothing wrong, the explanation is what `error_code` says.
std::string explain_json_error(std::string_view text, simdjson::error_code error_code);

/// The form of JSON that the job has instead of one object per line, and how to convert it; nothing if its first line,
/// which is invalid, does not show that.
std::optional<std::string> find_other_form(std::string_view first_line);

/// "is not valid UTF-8 at byte 17 (0xc0)"; nothing if it is.
std::optional<std::string> explain_utf8_error(std::string_view text);

}  // namespace koobatch::job
