#pragma once
#include <string>
#include <string_view>

namespace koobatch::job {

/// Says where and why `text` is not JSON: "is not valid JSON at byte 17: …". simdjson refuses a text without saying
/// where, so this reads it a second time with Boost.JSON; should that one find nothing, `verdict` is what is said.
std::string explain_json_error(std::string_view text, std::string_view verdict);

}  // namespace koobatch::job
