#include "koobatch/koodrive/x_date.hpp"

#include "koobatch/core/civil_time.hpp"

namespace koobatch::koodrive {

void write_x_date(WallTime t, char* out) {
  const CivilTime c(t);
  write_digits(out, 4, c.year());
  write_digits(out + 4, 2, c.month());
  write_digits(out + 6, 2, c.day());
  out[8] = 'T';
  write_digits(out + 9, 2, c.time.hours().count());
  write_digits(out + 11, 2, c.time.minutes().count());
  write_digits(out + 13, 2, c.time.seconds().count());
  out[15] = 'Z';
}

std::optional<WallTime> parse_x_date(std::string_view s) {
  if (s.size() != x_date_length || s[8] != 'T' || s[15] != 'Z') return std::nullopt;
  return assemble({read_digits(s, 0, 4), read_digits(s, 4, 2), read_digits(s, 6, 2), read_digits(s, 9, 2),
                   read_digits(s, 11, 2), read_digits(s, 13, 2)});
}

}  // namespace koobatch::koodrive
