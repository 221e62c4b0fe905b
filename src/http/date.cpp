#include "koobatch/http/date.hpp"

#include "koobatch/core/civil_time.hpp"

#include <algorithm>
#include <array>

namespace koobatch::http {
namespace {

constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> day_names = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> long_day_names = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                            "Thursday", "Friday", "Saturday"};

bool is_one_of(std::string_view name, const std::array<std::string_view, 7>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::optional<int> read_month(std::string_view name) {
  const auto* const found = std::find(month_names.begin(), month_names.end(), name);
  if (found == month_names.end()) return std::nullopt;
  return static_cast<int>(found - month_names.begin()) + 1;
}

/// `time` is "08:49:37".
std::optional<WallTime> make(std::optional<int> year, std::string_view month, std::optional<int> day,
                             std::string_view time) {
  if (time[2] != ':' || time[5] != ':') return std::nullopt;
  // A leap second is allowed (RFC 9110, 5.6.7).
  return assemble(
      {year, read_month(month), day, read_digits(time, 0, 2), read_digits(time, 3, 2), read_digits(time, 6, 2)}, 60);
}

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<WallTime> parse_preferred(std::string_view s) {
  if (s.size() != 29 || s[3] != ',' || s[4] != ' ' || s[7] != ' ' || s[11] != ' ' || s[16] != ' ' ||
      s.substr(25) != " GMT" || !is_one_of(s.substr(0, 3), day_names)) {
    return std::nullopt;
  }
  return make(read_digits(s, 12, 4), s.substr(8, 3), read_digits(s, 5, 2), s.substr(17, 8));
}

/// "Sunday, 06-Nov-94 08:49:37 GMT"
std::optional<WallTime> parse_rfc850(std::string_view s) {
  const std::size_t comma = s.find(", ");
  if (comma == std::string_view::npos || !is_one_of(s.substr(0, comma), long_day_names)) return std::nullopt;
  s.remove_prefix(comma + 2);
  if (s.size() != 22 || s[2] != '-' || s[6] != '-' || s[9] != ' ' || s.substr(18) != " GMT") return std::nullopt;
  auto year = read_digits(s, 7, 2);
  if (year) *year += *year < first_short_year % 100 ? 2000 : 1900;
  return make(year, s.substr(3, 3), read_digits(s, 0, 2), s.substr(10, 8));
}

/// "Sun Nov  6 08:49:37 1994"
std::optional<WallTime> parse_asctime(std::string_view s) {
  if (s.size() != 24 || s[3] != ' ' || s[7] != ' ' || s[10] != ' ' || s[19] != ' ' ||
      !is_one_of(s.substr(0, 3), day_names)) {
    return std::nullopt;
  }
  const auto day = s[8] == ' ' ? read_digits(s, 9, 1) : read_digits(s, 8, 2);
  return make(read_digits(s, 20, 4), s.substr(4, 3), day, s.substr(11, 8));
}

}  // namespace

std::optional<WallTime> parse_date(std::string_view text) {
  if (const auto date = parse_preferred(text)) return date;
  if (const auto date = parse_rfc850(text)) return date;
  return parse_asctime(text);
}

std::string format_date(WallTime t) {
  const CivilTime c(t);
  const std::chrono::weekday day(std::chrono::floor<std::chrono::days>(t));
  std::string out(day_names[day.c_encoding()]);
  char rest[] = ", 00 Mon 0000 00:00:00 GMT";
  write_digits(rest + 2, 2, c.day());
  month_names[c.month() - 1].copy(rest + 5, 3);
  write_digits(rest + 9, 4, c.year());
  write_digits(rest + 14, 2, c.time.hours().count());
  write_digits(rest + 17, 2, c.time.minutes().count());
  write_digits(rest + 20, 2, c.time.seconds().count());
  out.append(rest, sizeof rest - 1);
  return out;
}

}  // namespace koobatch::http
