#pragma once
#include "koobatch/core/clock.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

// Building blocks for reading and writing the date formats this program uses.

namespace koobatch {

/// A time broken down into its calendar parts, in UTC.
struct CivilTime {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<std::chrono::milliseconds> time;

  explicit CivilTime(WallTime t)
      : date(std::chrono::floor<std::chrono::days>(t)),
        time(std::chrono::floor<std::chrono::milliseconds>(t) - std::chrono::floor<std::chrono::days>(t)) {}
  unsigned year() const { return static_cast<unsigned>(static_cast<int>(date.year())); }
  unsigned month() const { return static_cast<unsigned>(date.month()); }
  unsigned day() const { return static_cast<unsigned>(date.day()); }
};

/// Writes `value` as exactly `width` decimal digits, the last ones if it has more.
template <class Count>
void write_digits(char* out, int width, Count value) {
  auto rest = static_cast<std::uint64_t>(value);
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
}

/// The number in `text[from, from + width)`; nothing if one of the characters is not a digit.
std::optional<int> read_digits(std::string_view text, std::size_t from, std::size_t width);

/// The parts of a date as read; nothing where there was no number.
struct DateParts {
  std::optional<int> year, month, day, hour, minute, second;
};

/// The time that the parts denote; nothing if one is missing or out of range. Seconds may be up to `last_second`. Times
/// before 1970 or after 2199 are clamped to that range.
std::optional<WallTime> assemble(const DateParts& parts, int last_second = 59);

}  // namespace koobatch
