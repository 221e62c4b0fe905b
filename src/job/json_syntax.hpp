#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace koobatch::job {

/// Says where and why `text` is not JSON: "is not valid JSON at byte 17: …". simdjson refuses a text without saying
/// where, so this reads it a second time with Boost.JSON; should that one find nothing, `verdict` is what is said.
std::string explain_json_error(std::string_view text, std::string_view verdict);

/// What JSON the job is in, if not one object per line, and how to convert it; nothing if that is not to be seen from
/// its first record, which was refused.
std::optional<std::string> find_other_form(std::string_view first_line);

/// "is not valid UTF-8 at byte 17 (0xc0)"; nothing if it is.
std::optional<std::string> explain_utf8_error(std::string_view text);

}  // namespace koobatch::job
