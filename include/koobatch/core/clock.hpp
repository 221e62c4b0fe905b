#pragma once
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace koobatch {

/// Time that only moves forward: for every decision (pace, retries, deadlines).
using Steady = std::chrono::steady_clock;
using TimePoint = Steady::time_point;
using Duration = std::chrono::nanoseconds;

/// Calendar time in UTC: for what people and servers read.
using WallClock = std::chrono::system_clock;
using WallTime = WallClock::time_point;
// The readers below move times before 1970 and after 2199 to the nearest there, so that the difference of any two times
// they read is a Duration.

/// Seconds as a floating point number, for rates and messages.
inline double seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}

/// Appends "2026-11-21T17:00:00.123Z" (RFC 3339, milliseconds, UTC).
void append_timestamp(std::string& out, WallTime t);
std::string timestamp(WallTime t);
/// Reads what append_timestamp writes; nothing else.
std::optional<WallTime> parse_timestamp(std::string_view text);

/// "20251103T070140Z": the form of the service's X-Date header, whole seconds rounded down. 16 characters.
constexpr std::size_t x_date_length = 16;
/// Writes exactly x_date_length characters to `out`.
void write_x_date(WallTime t, char* out);
/// Reads the form above.
std::optional<WallTime> parse_x_date(std::string_view text);

/// Reads an HTTP date in its preferred form, "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7). The obsolete forms are
/// not read: a service of today writes this one. The name of the day need not fit the date.
std::optional<WallTime> parse_http_date(std::string_view text);
/// Writes that form, whole seconds rounded down.
std::string http_date(WallTime t);

}  // namespace koobatch
