#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace koobatch {

/// Time that only moves forward: for every decision (pace, retries, deadlines).
using Steady = std::chrono::steady_clock;
using TimePoint = Steady::time_point;
using Duration = std::chrono::nanoseconds;

/// Calendar time in UTC: for timestamps that people and servers read.
using WallClock = std::chrono::system_clock;
using WallTime = WallClock::time_point;
// The parsers below clamp times to the years 1970 to 2199, so that the difference of any two parsed times fits a
// Duration.

/// Seconds as a floating point number, for rates and messages.
inline double seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}

/// Appends "2026-11-21T17:00:00.123Z" (RFC 3339, milliseconds, UTC).
void append_timestamp(std::string& out, WallTime t);
std::string timestamp(WallTime t);
/// Reads what append_timestamp writes; nothing else.
std::optional<WallTime> parse_timestamp(std::string_view text);

}  // namespace koobatch
