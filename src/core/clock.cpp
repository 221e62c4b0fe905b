#include "koobatch/core/clock.hpp"

#include "koobatch/core/civil_time.hpp"

namespace koobatch {

void append_timestamp(std::string& out, WallTime t) {
  char text[] = "0000-00-00T00:00:00.000Z";
  const CivilTime c(t);
  write_digits(text, 4, c.year());
  write_digits(text + 5, 2, c.month());
  write_digits(text + 8, 2, c.day());
  write_digits(text + 11, 2, c.time.hours().count());
  write_digits(text + 14, 2, c.time.minutes().count());
  write_digits(text + 17, 2, c.time.seconds().count());
  write_digits(text + 20, 3, c.time.subseconds().count());
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
  const auto whole = assemble({read_digits(s, 0, 4), read_digits(s, 5, 2), read_digits(s, 8, 2), read_digits(s, 11, 2),
                               read_digits(s, 14, 2), read_digits(s, 17, 2)});
  const auto fraction = read_digits(s, 20, 3);
  if (!whole || !fraction) return std::nullopt;
  return *whole + std::chrono::milliseconds(*fraction);
}

}  // namespace koobatch
