#include "koobatch/core/clock.hpp"

#include <algorithm>
#include <array>

namespace koobatch {
namespace {

using namespace std::chrono;

struct Civil {
  year_month_day date;
  hh_mm_ss<milliseconds> time;

  explicit Civil(WallTime t) : date(floor<days>(t)), time(floor<milliseconds>(t) - floor<days>(t)) {}
  unsigned year() const { return static_cast<unsigned>(static_cast<int>(date.year())); }
  unsigned month() const { return static_cast<unsigned>(date.month()); }
  unsigned day() const { return static_cast<unsigned>(date.day()); }
};

template <class Count>
void digits(char* out, int width, Count value) {
  auto rest = static_cast<std::uint64_t>(value);
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
}

/// The number in `text[from, from + width)`, or nothing if one of the characters is no digit.
std::optional<int> number(std::string_view text, std::size_t from, std::size_t width) {
  int value = 0;
  for (const char c : text.substr(from, width)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

struct Parts {
  std::optional<int> year, month, day, hour, minute, second;
};

std::optional<WallTime> assemble(const Parts& p, int last_second = 59) {
  if (!p.year || !p.month || !p.day || !p.hour || !p.minute || !p.second) return std::nullopt;
  const year_month_day date{year(*p.year), month(static_cast<unsigned>(*p.month)), day(static_cast<unsigned>(*p.day))};
  if (!date.ok() || *p.hour > 23 || *p.minute > 59 || *p.second > last_second) return std::nullopt;
  // Nanoseconds in 64 bits span 292 years either way: what others say may overflow neither them nor a difference.
  constexpr sys_seconds first = sys_days(year(1970) / 1 / 1);
  constexpr sys_seconds last = sys_days(year(2200) / 1 / 1) - std::chrono::seconds(1);
  const sys_seconds time = sys_days(date) + hours(*p.hour) + minutes(*p.minute) + std::chrono::seconds(*p.second);
  return std::clamp(time, first, last);
}

constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> day_names = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

}  // namespace

void append_timestamp(std::string& out, WallTime t) {
  char text[] = "0000-00-00T00:00:00.000Z";
  const Civil c(t);
  digits(text, 4, c.year());
  digits(text + 5, 2, c.month());
  digits(text + 8, 2, c.day());
  digits(text + 11, 2, c.time.hours().count());
  digits(text + 14, 2, c.time.minutes().count());
  digits(text + 17, 2, c.time.seconds().count());
  digits(text + 20, 3, c.time.subseconds().count());
  out.append(text, sizeof text - 1);
}

std::string timestamp(WallTime t) {
  std::string out;
  append_timestamp(out, t);
  return out;
}

std::optional<WallTime> parse_timestamp(std::string_view s) {
  if (s.size() != 24 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19] != '.' ||
      s[23] != 'Z') {
    return std::nullopt;
  }
  const auto whole = assemble(
      {number(s, 0, 4), number(s, 5, 2), number(s, 8, 2), number(s, 11, 2), number(s, 14, 2), number(s, 17, 2)});
  const auto fraction = number(s, 20, 3);
  if (!whole || !fraction) return std::nullopt;
  return *whole + milliseconds(*fraction);
}

void write_x_date(WallTime t, char* out) {
  const Civil c(t);
  digits(out, 4, c.year());
  digits(out + 4, 2, c.month());
  digits(out + 6, 2, c.day());
  out[8] = 'T';
  digits(out + 9, 2, c.time.hours().count());
  digits(out + 11, 2, c.time.minutes().count());
  digits(out + 13, 2, c.time.seconds().count());
  out[15] = 'Z';
}

std::optional<WallTime> parse_x_date(std::string_view s) {
  if (s.size() != x_date_length || s[8] != 'T' || s[15] != 'Z') return std::nullopt;
  return assemble(
      {number(s, 0, 4), number(s, 4, 2), number(s, 6, 2), number(s, 9, 2), number(s, 11, 2), number(s, 13, 2)});
}

std::optional<WallTime> parse_http_date(std::string_view s) {
  if (s.size() != 29 || s[3] != ',' || s[4] != ' ' || s[7] != ' ' || s[11] != ' ' || s[16] != ' ' || s[19] != ':' ||
      s[22] != ':' || s.substr(25) != " GMT") {
    return std::nullopt;
  }
  if (std::find(day_names.begin(), day_names.end(), s.substr(0, 3)) == day_names.end()) return std::nullopt;
  std::optional<int> month;
  for (std::size_t i = 0; i < month_names.size(); ++i) {
    if (s.substr(8, 3) == month_names[i]) month = static_cast<int>(i) + 1;
  }
  // A leap second is allowed (RFC 9110, 5.6.7).
  return assemble({number(s, 12, 4), month, number(s, 5, 2), number(s, 17, 2), number(s, 20, 2), number(s, 23, 2)}, 60);
}

std::string http_date(WallTime t) {
  const Civil c(t);
  const weekday day(floor<days>(t));
  std::string out(day_names[day.c_encoding()]);
  char rest[] = ", 00 Mon 0000 00:00:00 GMT";
  digits(rest + 2, 2, c.day());
  month_names[c.month() - 1].copy(rest + 5, 3);
  digits(rest + 9, 4, c.year());
  digits(rest + 14, 2, c.time.hours().count());
  digits(rest + 17, 2, c.time.minutes().count());
  digits(rest + 20, 2, c.time.seconds().count());
  out.append(rest, sizeof rest - 1);
  return out;
}

}  // namespace koobatch
