#pragma once
#include <chrono>
#include <optional>
#include <string_view>

namespace koobatch::koodrive {

/// Seconds as services write them: digits, with or without a decimal part, which is rounded up; at most `longest`.
/// Nothing if it is anything else: signs, exponents, units, white space. Precondition: `longest` is at most 10^17 s.
std::optional<std::chrono::seconds> parse_seconds(std::string_view text, std::chrono::seconds longest);

}  // namespace koobatch::koodrive
