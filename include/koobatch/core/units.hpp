#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace koobatch {

/// Parses "200ms", "1.5s", "10m", "2h", "1d" or several of them, largest first ("1h30m"); only the last may have a
/// fraction. "0" needs no unit. Errors (usage) say what is wrong with the text without repeating it: the caller quotes
/// it.
Result<Duration> parse_duration(std::string_view text);

/// The range of rates, in events a second. A slower one is probably a typing error, and its interval would overflow the
/// clock's arithmetic; a faster one is far beyond what any network carries.
constexpr double lowest_rate = 1.0 / (24 * 3600);
constexpr double highest_rate = 1e9;

/// Parses "500/s", "60/min" or "1000/h" into events a second, from lowest_rate to highest_rate.
Result<double> parse_rate(std::string_view text);

/// Parses a whole number in decimal digits, from `min` to `max`.
Result<std::uint64_t> parse_count(std::string_view text, std::uint64_t min, std::uint64_t max);

/// For people, with at most two parts: "850ms", "4.2s", "12s", "3m05s", "2h10m", "4d03h". A negative duration counts as
/// 0.
std::string format_duration(Duration d);

/// Formats events a second for people: "1,200/s", "50/s", "9.53/s", "0.25/s", "1/h".
std::string format_rate(double rate);

/// "1,000,000"
std::string format_count(std::uint64_t n);

/// "1 operation", "1,000 operations"
std::string count_of(std::uint64_t n, std::string_view noun);

}  // namespace koobatch
