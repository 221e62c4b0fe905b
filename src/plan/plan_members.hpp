#pragma once
#include <cstdint>
#include <string_view>

/// The members of a plan's lines.
namespace koobatch::plan::members {

inline constexpr std::int64_t version = 1;
inline constexpr std::string_view plan = "plan";  ///< only the header has it; its value is the version
inline constexpr std::string_view end = "end";    ///< only the last line has it

inline constexpr std::string_view n = "n";
inline constexpr std::string_view type = "type";
inline constexpr std::string_view op = "op";
inline constexpr std::string_view user_id = "user_id";
inline constexpr std::string_view was = "was";
inline constexpr std::string_view needs = "needs";
inline constexpr std::string_view temporary = "temporary";
inline constexpr std::string_view lines = "lines";
inline constexpr std::string_view sha256 = "sha256";

}  // namespace koobatch::plan::members
